# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whoever fills caBundle: cert-manager's cainjector where it is asked to, else the controllers that do it themselves."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence

from .api import APPLY, JSON_PATCH, Api, Object
from .authority import Authority
from .certificates import Certificates
from .configurations import Configurations, guard
from .mirror import Key, Mirror
from .services import Services, Workload
from .worker import Worker

CAINJECTOR = "cert-manager-cainjector"
FROM_CERTIFICATE = "cert-manager.io/inject-ca-from"
FROM_SECRET = "cert-manager.io/inject-ca-from-secret"
DIRECT_INJECTION = "cert-manager.io/allow-direct-injection"

# Services whose own controller writes its authority into its configurations, and the field manager it does it with.
# Anybody else's stays empty without cert-manager's annotation, as it would on any cluster.
SELF_MANAGED = {
    "istiod": "pilot-discovery",
    "webhook": "webhook",
    "eventing-webhook": "webhook",
    "istio-webhook": "webhook",
    "net-istio-webhook": "webhook",
    "jobset-webhook-service": "manager",
    "katib-controller": "katib-controller",
    "kubeflow-trainer-controller-manager": "manager",
    "lws-webhook-service": "manager",
    "spark-operator-webhook-svc": "spark-operator",
    "training-operator": "manager",
}

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


def services_of(thing: Object) -> set[Key]:
    """The services that it calls."""
    found = (config.get("service") for config in client_configs(thing).values())
    return {(service["namespace"], service["name"]) for service in found if service}


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


def is_empty(bundle: str | None) -> bool:
    """Whether a caBundle is absent or one of the placeholders that manifests carry."""
    return not base64.b64decode(bundle or "").strip()


class CaBundles:
    def __init__(
        self,
        api: Api,
        authority: Authority,
        services: Services,
        configurations: Configurations,
        certificates: Certificates,
        on_crd: Sequence[Callable[[str], None]],
    ) -> None:
        self._api, self._services, self._certificates, self._on_crd = api, services, certificates, on_crd
        self._configurations = configurations
        self._authority = authority
        self._bundle = base64.b64encode(authority.pem).decode()
        self._worker = Worker("cabundles", self._reconcile)
        self._cainjector = Workload(api, CAINJECTOR, self._all)
        # CRDs are large: only their metadata is followed, and those that convert by webhook are read when they change.
        self._crds = Mirror(api, _CRDS, self._crd_changed, metadata_only=True)
        self._converting: dict[str, Object] = {}
        configurations.listen(lambda kind, name: self._worker.add((kind, name)))
        services.listen(self._service_turned)
        certificates.secrets.listen(lambda _key, _found: self._all())

    def start(self) -> None:
        self._worker.start()
        self._cainjector.start()
        self._crds.start()

    def _crd_changed(self, key: Key, found: Object | None) -> None:
        for listener in self._on_crd:
            listener(key[1])
        if converts(found):
            self._worker.add((_CRD, key[1]))

    def _things(self) -> list[tuple[str, Object]]:
        return list(self._configurations) + [(_CRD, thing) for thing in list(self._converting.values())]

    def _all(self) -> None:
        for kind, thing in self._things():
            self._worker.add((kind, thing["metadata"]["name"]))

    def _service_turned(self, service: Key) -> None:
        for kind, thing in self._things():
            if service in services_of(thing):
                self._worker.add((kind, thing["metadata"]["name"]))

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
            if self._source_ready(annotations, thing):
                self._fill(kind, thing, list(configs), CAINJECTOR)
            return
        for namespace, service in services_of(thing):
            manager = SELF_MANAGED.get(service)
            if manager and self._services.ready(namespace, service):
                mine = [
                    pointer
                    for pointer, config in configs.items()
                    if (config.get("service") or {}).get("name") == service and is_empty(config.get("caBundle"))
                ]
                self._fill(kind, thing, mine, manager)

    def _source_ready(self, annotations: dict[str, str], thing: Object) -> bool:
        """Whether cainjector runs and finds what the annotation names."""
        if not self._cainjector.ready:
            return False
        if FROM_CERTIFICATE in annotations:
            namespace, _other, name = annotations[FROM_CERTIFICATE].partition("/")
            certificate = self._certificates.certificate(namespace, name)
            return bool(certificate and self._certificates.secrets.get(namespace, certificate["spec"]["secretName"]))
        # Only cert-manager's own webhook is known to keep such a Secret; it makes it when it starts.
        namespace, _other, name = annotations[FROM_SECRET].partition("/")
        ready = [service for service in services_of(thing) if service[0] == namespace and self._services.ready(*service)]
        if not ready:
            return False
        path = f"/api/v1/namespaces/{namespace}/secrets/{name}"
        if self._api.find(path) is None:
            metadata = {"name": name, "namespace": namespace, "annotations": {DIRECT_INJECTION: "true"}}
            body = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": {"ca.crt": self._bundle}}
            self._api.request("PATCH", path, body, content_type=APPLY, manager=ready[0][1], force="true")
        return True

    def _fill(self, kind: str, thing: Object, pointers: list[str], manager: str) -> None:
        if patch := patch_for(thing, pointers, self._bundle):
            if kind == _CRD:
                self._api.request("PATCH", f"{_CRDS}/{thing['metadata']['name']}", patch, content_type=JSON_PATCH, manager=manager)
            else:
                self._configurations.patch(kind, thing, patch, manager)
