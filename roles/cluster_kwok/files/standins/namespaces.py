# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""istiod: the mesh's root certificate, as ConfigMap istio-ca-root-cert, in every namespace, and what it has revoked.

istio.io/istio pilot/pkg/serviceregistry/kube/controller/namespacecontroller.go, in 1.9.6 and 1.28.0.
"""

from __future__ import annotations

from collections.abc import Callable

from .api import MERGE, Api, ApiError, Object
from .mirror import Key, Mirror
from .own_certificates import OwnCertificates
from .programs import version_of_image
from .worker import Worker

ROOT, REVOKED = "istio-ca-root-cert", "istio-ca-crl"
MANAGER = "pilot-discovery"
ISTIOD = ("istio-system", "istiod")
# Of the two versions that are known, this is the older.
_OLD = (1, 9)
# istiod leaves these out, and the old one the namespace of the cluster itself too.
_IGNORED = {"kube-public", "kube-node-lease", "local-path-storage"}
_SYSTEM = "kube-system"
_LABELS = {"istio.io/config": "true"}


def maps_for(namespace: str, root: str, version: tuple[int, int]) -> dict[str, dict[str, str]]:
    """Data by name of ConfigMap. An authority that istiod made itself has revoked nothing."""
    if namespace in _IGNORED or (version <= _OLD and namespace == _SYSTEM):
        return {}
    return {ROOT: {"root-cert.pem": root}} | ({REVOKED: {"ca-crl.pem": ""}} if version > _OLD else {})


class Namespaces:
    """C(image) tells what istiod is run from."""

    def __init__(self, api: Api, programs: OwnCertificates, image: Callable[[], str]) -> None:
        self._api, self._programs, self._image = api, programs, image
        self.worker = Worker("namespaces", self._reconcile)
        self._namespaces = Mirror(api, "/api/v1/namespaces", lambda key, _found: self.worker.add(key[1]), metadata_only=True)
        self._maps = {
            name: Mirror(api, "/api/v1/configmaps", lambda key, _found: self.worker.add(key[0]), fieldSelector=f"metadata.name={name}")
            for name in (ROOT, REVOKED)
        }
        programs.listen(self._program_turned)

    def start(self) -> None:
        self.worker.start()
        for mirror in self._maps.values():
            mirror.start()
        self._namespaces.start()

    def _program_turned(self, service: Key) -> None:
        if service == ISTIOD:
            for _other, name in self._namespaces.names():
                self.worker.add(name)

    def _reconcile(self, name: str) -> None:
        namespace = self._namespaces.get("", name)
        root = self._programs.bundle(ISTIOD).decode()
        if namespace is None or "deletionTimestamp" in namespace["metadata"] or not root:
            return
        for map_name, data in maps_for(name, root, version_of_image(self._image())).items():
            found = self._maps[map_name].get(name, map_name)
            if found is None:
                self._create(name, map_name, data)
            elif (found.get("data") or {}) != {**(found.get("data") or {}), **data}:
                path = f"/api/v1/namespaces/{name}/configmaps/{map_name}"
                self._api.request("PATCH", path, {"data": data}, content_type=MERGE, manager=MANAGER)

    def _create(self, namespace: str, name: str, data: dict[str, str]) -> None:
        metadata: Object = {"name": name, "namespace": namespace, "labels": _LABELS}
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
        try:
            self._api.request("POST", f"/api/v1/namespaces/{namespace}/configmaps", body, manager=MANAGER)
        except ApiError as error:
            # The mirror was behind: it will tell.
            if error.status != 409:
                raise
