# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""istiod: the mesh's root certificate, as ConfigMap istio-ca-root-cert, in every namespace."""

from __future__ import annotations

from .api import APPLY, Api, Object
from .authority import Authority
from .mirror import Key, Mirror
from .services import Services
from .worker import Worker

NAME = "istio-ca-root-cert"
MANAGER = "pilot-discovery"
ISTIOD = ("istio-system", "istiod")
# istiod leaves these out.
IGNORED = {"kube-system", "kube-public", "kube-node-lease", "local-path-storage"}


def root_certificate(namespace: str, pem: str) -> Object:
    """The ConfigMap."""
    metadata = {"name": NAME, "namespace": namespace, "labels": {"istio.io/config": "true"}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"root-cert.pem": pem}}


class Namespaces:
    def __init__(self, api: Api, authority: Authority, services: Services) -> None:
        self._api, self._pem, self._services = api, authority.pem.decode(), services
        self._worker = Worker("namespaces", self._reconcile)
        self._namespaces = Mirror(api, "/api/v1/namespaces", lambda key, _found: self._worker.add(key[1]), metadata_only=True)
        self._maps = Mirror(api, "/api/v1/configmaps", lambda key, _found: self._worker.add(key[0]), fieldSelector=f"metadata.name={NAME}")
        services.listen(self._service_turned)

    def start(self) -> None:
        self._worker.start()
        self._maps.start()
        self._namespaces.start()

    def _service_turned(self, service: Key) -> None:
        if service == ISTIOD:
            for _other, name in self._namespaces.names():
                self._worker.add(name)

    def _reconcile(self, name: str) -> None:
        namespace = self._namespaces.get("", name)
        if namespace is None or "deletionTimestamp" in namespace["metadata"] or name in IGNORED:
            return
        found = self._maps.get(name, NAME)
        if not self._services.ready(*ISTIOD) or (found and (found.get("data") or {}).get("root-cert.pem") == self._pem):
            return
        body = root_certificate(name, self._pem)
        self._api.request("PATCH", f"/api/v1/namespaces/{name}/configmaps/{NAME}", body, content_type=APPLY, manager=MANAGER, force="true")
