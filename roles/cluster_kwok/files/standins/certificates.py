# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""cert-manager's controller: issuers become Ready, each Certificate gets its Secret and its conditions."""

from __future__ import annotations

import datetime
from collections.abc import Callable

from .api import APPLY, MERGE, Api, ApiError, Object
from .authority import Authority, Issued, self_signed
from .mirror import Key, Mirror
from .secret_data import Data, SecretData, encoded
from .services import Workload
from .worker import Worker

GROUP = "cert-manager.io"
SECRET_LABEL = "controller.cert-manager.io/fao"
_KINDS = {"issuers": "Issuer", "clusterissuers": "ClusterIssuer", "certificates": "Certificate"}
# Where a ClusterIssuer's Secrets are, unless cert-manager's own namespace is another one: its --cluster-resource-namespace.
_CLUSTER_NAMESPACE = "cert-manager"


def _time(moment: datetime.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def condition(kind: str, status: bool, reason: str, message: str, generation: int | None) -> Object:
    """A condition as cert-manager writes it."""
    now = _time(datetime.datetime.now(datetime.UTC))
    found: Object = {"type": kind, "status": str(status), "reason": reason, "message": message, "lastTransitionTime": now}
    if generation is not None:
        found["observedGeneration"] = generation
    return found


def is_ready(thing: Object) -> bool:
    """Ready, for this very generation."""
    generation = thing["metadata"].get("generation")
    return any(
        found.get("type") == "Ready" and found.get("status") == "True" and found.get("observedGeneration", generation) == generation
        for found in (thing.get("status") or {}).get("conditions") or []
    )


def annotations_of(certificate: Object) -> dict[str, str]:
    """Annotations of its Secret. They also tell whether the Secret still fits the Certificate."""
    spec = certificate["spec"]
    issuer = spec["issuerRef"]
    return {
        "cert-manager.io/certificate-name": certificate["metadata"]["name"],
        "cert-manager.io/common-name": spec.get("commonName", ""),
        "cert-manager.io/alt-names": ",".join(spec.get("dnsNames") or []),
        "cert-manager.io/ip-sans": ",".join(spec.get("ipAddresses") or []),
        "cert-manager.io/issuer-name": issuer["name"],
        "cert-manager.io/issuer-kind": issuer.get("kind", "Issuer"),
        "cert-manager.io/issuer-group": issuer.get("group", GROUP),
    }


def secret_for(certificate: Object, issued: Issued, authority: bytes) -> Object:
    """The Secret that a Certificate asks for."""
    template = certificate["spec"].get("secretTemplate") or {}
    metadata = {
        "name": certificate["spec"]["secretName"],
        "namespace": certificate["metadata"]["namespace"],
        "labels": {**(template.get("labels") or {}), SECRET_LABEL: "true"},
        "annotations": {**(template.get("annotations") or {}), **annotations_of(certificate)},
    }
    data = encoded({"tls.crt": issued.certificate, "tls.key": issued.key, "ca.crt": authority})
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "kubernetes.io/tls", "data": data}


def authority_in(data: Data | None, name: str) -> tuple[Authority | None, str]:
    """The authority in the Secret of an issuer of kind C(ca), or cert-manager's words about what is wrong with it.

    github.com/cert-manager/cert-manager@v1.19.4 pkg/issuer/ca/setup.go
    """
    if data is None:
        return None, f'Error getting keypair for CA issuer: secrets "{name}" not found'
    try:
        found = Authority(data.get("tls.crt", b""), data.get("tls.key", b""))
    except (ValueError, TypeError) as error:
        return None, f"Error getting keypair for CA issuer: {error}"
    return (found, "") if found.may_sign else (None, "Error getting keypair for CA issuer: certificate is not a CA")


def issue(certificate: Object, authority: Authority | None) -> tuple[Issued, bytes]:
    """What a Certificate asks for, and the C(ca.crt) that goes with it. Without an authority it vouches for itself.

    github.com/cert-manager/cert-manager@v1.19.4 pkg/controller/certificaterequests/selfsigned/selfsigned.go
    """
    spec = certificate["spec"]
    wanted = spec.get("commonName", ""), spec.get("dnsNames") or [], spec.get("ipAddresses") or []
    is_ca = bool(spec.get("isCA"))
    if authority is None:
        issued = self_signed(*wanted, is_ca=is_ca)
        return issued, issued.certificate
    return authority.issue(*wanted, is_ca=is_ca), authority.pem


class Certificates:
    def __init__(self, api: Api, secrets: SecretData) -> None:
        self._api, self._secrets = api, secrets
        self.worker = Worker("certificates", self._reconcile)
        self._controller = Workload(api, "cert-manager", self._all)
        self._mirrors: dict[str, Mirror] = {}
        self._listeners: list[Callable[[Key], None]] = []
        self._version = ""
        secrets.listen(self._secret_changed)

    def listen(self, listener: Callable[[Key], None]) -> None:
        """Call this with a Certificate (namespace and name) that changes. To be used before C(start)."""
        self._listeners.append(listener)

    def start(self) -> None:
        self.worker.start()
        self._controller.start()

    def crd_changed(self, name: str) -> None:
        """Told of every CRD; those of cert-manager start the work."""
        if name.endswith(f".{GROUP}") and name.split(".")[0] in _KINDS:
            self.worker.add(("discover", "", ""))
            for mirror in self._mirrors.values():
                mirror.nudge()

    def certificate(self, namespace: str, name: str) -> Object | None:
        mirror = self._mirrors.get("certificates")
        return mirror.get(namespace, name) if mirror else None

    def _all(self) -> None:
        for plural, mirror in self._mirrors.items():
            for key in mirror.names():
                self.worker.add((plural, *key))

    def _secret_changed(self, key: Key, _found: Object | None) -> None:
        for certificate in self._mirrors.get("certificates", ()):
            if (certificate["metadata"]["namespace"], certificate["spec"].get("secretName")) == key:
                self.worker.add(("certificates", key[0], certificate["metadata"]["name"]))
        for plural in ("issuers", "clusterissuers"):
            for issuer in self._mirrors.get(plural, ()):
                if self._authority_secret(issuer) == key:
                    self.worker.add((plural, issuer["metadata"].get("namespace", ""), issuer["metadata"]["name"]))

    @staticmethod
    def _authority_secret(issuer: Object) -> Key | None:
        """Where an issuer of kind C(ca) has its key from."""
        source = issuer["spec"].get("ca")
        return (issuer["metadata"].get("namespace") or _CLUSTER_NAMESPACE, source.get("secretName", "")) if source else None

    def _discover(self) -> None:
        """Start to follow the three kinds, in whichever version the server prefers."""
        if self._version:
            return
        self._version = self._api.request("GET", f"/apis/{GROUP}")["preferredVersion"]["groupVersion"]
        for plural in _KINDS:

            def changed(key: Key, _found: Object | None, plural: str = plural) -> None:
                self.worker.add((plural, *key))
                if plural == "certificates":
                    for listener in self._listeners:
                        listener(key)
                else:
                    # A certificate may have waited for this issuer.
                    for waiting in self._mirrors["certificates"].names():
                        self.worker.add(("certificates", *waiting))

            self._mirrors[plural] = Mirror(self._api, f"/apis/{self._version}/{plural}", changed)
        for mirror in self._mirrors.values():
            mirror.start()

    def _reconcile(self, key: tuple[str, str, str]) -> None:
        plural, namespace, name = key
        if plural == "discover":
            self._discover()
            return
        found = self._mirrors[plural].get(namespace, name)
        if found is None or not self._controller.ready or "deletionTimestamp" in found["metadata"]:
            return
        if plural == "certificates":
            self._certificate(found)
        else:
            self._issuer(plural, found)

    def _status(self, plural: str, thing: Object, status: Object, manager: str) -> None:
        metadata = thing["metadata"]
        scope = f"/namespaces/{metadata['namespace']}" if "namespace" in metadata else ""
        path = f"/apis/{self._version}{scope}/{plural}/{metadata['name']}/status"
        try:
            self._api.request("PATCH", path, {"status": status}, content_type=MERGE, manager=manager)
        except ApiError as error:
            if error.status != 404:
                raise

    def _issuer(self, plural: str, issuer: Object) -> None:
        generation = issuer["metadata"].get("generation")
        if secret := self._authority_secret(issuer):
            _found, wrong = authority_in(self._secrets.data(*secret), secret[1])
            reason = "ErrGetKeyPair" if wrong else "KeyPairVerified"
            ready = condition("Ready", not wrong, reason, wrong or "Signing CA verified", generation)
        elif "selfSigned" in issuer["spec"]:
            ready = condition("Ready", True, "IsReady", "", generation)
        else:
            # What it needs lies outside of this machine.
            message = f"An issuer of kind {', '.join(issuer['spec'])} needs a service outside of this cluster"
            ready = condition("Ready", False, "NotRehearsed", message, generation)
        said = {name: value for name, value in ready.items() if name != "lastTransitionTime"}
        conditions = (issuer.get("status") or {}).get("conditions") or []
        # What a CRD does not know is pruned.
        if not any({**said, **found} == {**found, **said} for found in conditions):
            self._status(plural, issuer, {"conditions": [ready]}, f"cert-manager-{plural}")

    def _certificate(self, certificate: Object) -> None:
        metadata, spec = certificate["metadata"], certificate["spec"]
        namespace, generation = metadata["namespace"], metadata.get("generation")
        reference = spec["issuerRef"]
        cluster = reference.get("kind") == "ClusterIssuer"
        issuer = self._mirrors["clusterissuers" if cluster else "issuers"].get("" if cluster else namespace, reference["name"])
        if issuer is None or not is_ready(issuer):
            if not (certificate.get("status") or {}).get("conditions"):
                waiting = condition("Ready", False, "DoesNotExist", "Issuing certificate as Secret does not exist", generation)
                self._status("certificates", certificate, {"conditions": [waiting]}, "cert-manager-certificates-readiness")
            return
        secret = self._secrets.metadata(namespace, spec["secretName"])
        wanted = annotations_of(certificate)
        fits = secret is not None and wanted.items() <= (secret["metadata"].get("annotations") or {}).items()
        if fits and is_ready(certificate):
            return
        status: Object = {"conditions": [condition("Ready", True, "Ready", "Certificate is up to date and has not expired", generation)]}
        if not fits:
            source = self._authority_secret(issuer)
            authority, wrong = authority_in(self._secrets.data(*source), source[1]) if source else (None, "")
            if wrong:
                # The issuer was ready and is so no more: its Secret is looked at again when it changes.
                return
            issued, authority_pem = issue(certificate, authority)
            body = secret_for(certificate, issued, authority_pem)
            path = f"/api/v1/namespaces/{namespace}/secrets/{spec['secretName']}"
            self._api.request("PATCH", path, body, content_type=APPLY, manager="cert-manager-certificates-issuing", force="true")
            renewal = issued.not_before + (issued.not_after - issued.not_before) * 2 / 3
            status |= {"notBefore": _time(issued.not_before), "notAfter": _time(issued.not_after), "renewalTime": _time(renewal)}
            status["revision"] = (certificate.get("status") or {}).get("revision", 0) + 1
        self._status("certificates", certificate, status, "cert-manager-certificates-readiness")
