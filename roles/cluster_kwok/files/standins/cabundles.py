# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whoever fills caBundle: cert-manager's cainjector where it is asked to, else the programs that do it themselves.

Anybody else's stays empty without cert-manager's annotation, as it would on any cluster.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence

from .api import JSON_PATCH, Api, Object
from .certificates import Certificates
from .configurations import Configurations, guard
from .mirror import Key, Mirror
from .own_certificates import OwnCertificates
from .programs import DIRECT_INJECTION, PROGRAMS
from .secret_data import SecretData
from .services import Workload
from .worker import Worker

CAINJECTOR = "cert-manager-cainjector"
FROM_CERTIFICATE = "cert-manager.io/inject-ca-from"
FROM_SECRET = "cert-manager.io/inject-ca-from-secret"

_CRD = "crd"
_CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_CONVERSION = "/spec/conversion/webhook/clientConfig"


def client_configs(thing: Object) -> dict[str, Object]:
    """JSON pointer → clientConfig, of a webhook configuration or a CRD."""
    if "webhooks" in thing:
        return {f"/webhooks/{index}/clientConfig": webhook["clientConfig"] for index, webhook in enumerate(thing["webhooks"])}
    conversion = (thing.get("spec") or {}).get("conversion") or {}
    config = (conversion.get("webhook") or {}).get("clientConfig")
    return {_CONVERSION: config} if config and conversion.get("strategy") == "Webhook" else {}


def _called(config: Object) -> Key | None:
    service = config.get("service")
    return (service["namespace"], service["name"]) if service else None


def _named(text: str) -> Key:
    """C(namespace/name), as annotations have it."""
    namespace, _other, name = text.partition("/")
    return namespace, name


def services_of(thing: Object) -> set[Key]:
    """The services that it calls."""
    return {service for config in client_configs(thing).values() if (service := _called(config))}


def patch_for(thing: Object, pointers: list[str], bundle: str) -> list[Object]:
    """A JSON patch that puts C(bundle) where it is missing, and fails when the list has changed meanwhile."""
    configs = client_configs(thing)
    patch: list[Object] = []
    for pointer in pointers:
        if configs[pointer].get("caBundle") == bundle:
            continue
        if pointer != _CONVERSION:
            patch.append(guard(thing, int(pointer.split("/")[2])))
        patch.append({"op": "add", "path": f"{pointer}/caBundle", "value": bundle})
    return patch


def converts(found: Object | None) -> bool:
    """Whether a CRD converts by webhook, from who manages its fields: v1beta1 has another name for them."""
    managed = (entry.get("fieldsV1") or {} for entry in ((found or {}).get("metadata") or {}).get("managedFields") or [])
    conversions = [(fields.get("f:spec") or {}).get("f:conversion") or {} for fields in managed]
    return any("f:webhook" in conversion or "f:webhookClientConfig" in conversion for conversion in conversions)


class CaBundles:
    """C(injects): whether it is cainjector, too, or that runs itself."""

    def __init__(
        self,
        api: Api,
        secrets: SecretData,
        programs: OwnCertificates,
        configurations: Configurations,
        certificates: Certificates,
        on_crd: Sequence[Callable[[str], None]],
        *,
        injects: bool = True,
    ) -> None:
        self._injects = injects
        self._api, self._secrets, self._programs, self._certificates = api, secrets, programs, certificates
        self._configurations, self._on_crd = configurations, on_crd
        self.worker = Worker("cabundles", self._reconcile)
        self._cainjector = Workload(api, CAINJECTOR, self._all)
        # CRDs are large: only their metadata is followed, and those that convert by webhook are read when they change.
        self._crds = Mirror(api, _CRDS, self._crd_changed, metadata_only=True)
        self._converting: dict[str, Object] = {}
        configurations.listen(lambda kind, name: self.worker.add((kind, name)))
        programs.listen(self._program_turned)
        certificates.listen(self._certificate_changed)
        secrets.listen(self._secret_changed)

    def start(self) -> None:
        self.worker.start()
        self._cainjector.start()
        self._crds.start()

    def _crd_changed(self, key: Key, found: Object | None) -> None:
        for listener in self._on_crd:
            listener(key[1])
        if converts(found):
            self.worker.add((_CRD, key[1]))

    def _things(self) -> list[tuple[str, Object]]:
        return list(self._configurations) + [(_CRD, thing) for thing in list(self._converting.values())]

    def _all(self) -> None:
        for kind, thing in self._things():
            self.worker.add((kind, thing["metadata"]["name"]))

    def _program_turned(self, service: Key) -> None:
        for kind, thing in self._things():
            if service in services_of(thing):
                self.worker.add((kind, thing["metadata"]["name"]))

    def _certificate_changed(self, certificate: Key) -> None:
        for kind, thing in self._things():
            if _named((thing["metadata"].get("annotations") or {}).get(FROM_CERTIFICATE, "")) == certificate:
                self.worker.add((kind, thing["metadata"]["name"]))

    def _secret_changed(self, key: Key, _found: Object | None) -> None:
        """cainjector looks at those that annotations name, by themselves or by their Certificate."""
        for kind, thing in self._things():
            annotations = thing["metadata"].get("annotations") or {}
            if key in (self._source(annotations), _named(annotations.get(FROM_SECRET, ""))):
                self.worker.add((kind, thing["metadata"]["name"]))

    def _read(self, kind: str, name: str) -> Object | None:
        if kind != _CRD:
            return self._configurations.get(kind, name)
        known, seen = self._converting.get(name), self._crds.get("", name)
        if seen is None:
            self._converting.pop(name, None)
            return None
        if known is None or known["metadata"]["resourceVersion"] != seen["metadata"]["resourceVersion"]:
            known = self._api.find(f"{_CRDS}/{name}")
            if known is not None:
                self._converting[name] = known
        return known

    def _reconcile(self, key: tuple[str, str]) -> None:
        kind, name = key
        thing = self._read(kind, name)
        if thing is None or "deletionTimestamp" in thing["metadata"]:
            return
        annotations = thing["metadata"].get("annotations") or {}
        configs = client_configs(thing)
        if FROM_CERTIFICATE in annotations or FROM_SECRET in annotations:
            if self._injects and self._cainjector.ready and (bundle := self._injected(annotations)):
                self._fill(kind, thing, list(configs), bundle, CAINJECTOR)
            return
        for service in services_of(thing):
            program = PROGRAMS.get(service[1])
            if program is None or not (program.conversions if kind == _CRD else program.configurations):
                continue
            if bundle := self._programs.bundle(service):
                self._fill(
                    kind, thing, [pointer for pointer, config in configs.items() if _called(config) == service], bundle, program.manager
                )

    def _source(self, annotations: dict[str, str]) -> Key | None:
        """The Secret that cainjector takes the authority from."""
        if FROM_CERTIFICATE in annotations:
            certificate = self._certificates.certificate(*_named(annotations[FROM_CERTIFICATE]))
            return (certificate["metadata"]["namespace"], certificate["spec"]["secretName"]) if certificate else None
        key = _named(annotations.get(FROM_SECRET, ""))
        secret = self._secrets.metadata(*key)
        allowed = ((secret or {}).get("metadata") or {}).get("annotations") or {}
        return key if allowed.get(DIRECT_INJECTION) == "true" else None

    def _injected(self, annotations: dict[str, str]) -> bytes:
        """The authority that cainjector finds, empty when there is none."""
        source = self._source(annotations)
        return (self._secrets.data(*source) or {}).get("ca.crt", b"") if source else b""

    def _fill(self, kind: str, thing: Object, pointers: list[str], bundle: bytes, manager: str) -> None:
        if patch := patch_for(thing, pointers, base64.b64encode(bundle).decode()):
            if kind == _CRD:
                self._api.request("PATCH", f"{_CRDS}/{thing['metadata']['name']}", patch, content_type=JSON_PATCH, manager=manager)
            else:
                self._configurations.patch(kind, thing, patch, manager)
