# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which services have a ready endpoint, and which Deployments are Ready: whether a controller would be there to act."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from .api import Api, Object
from .mirror import Key, Mirror

log = logging.getLogger(__name__)


def ready_in(endpoint_slice: Object) -> bool:
    """Whether a slice holds a ready endpoint. A missing condition means ready, as the API says."""
    return any((endpoint.get("conditions") or {}).get("ready", True) is not False for endpoint in endpoint_slice.get("endpoints") or [])


def pods_in(endpoint_slice: Object) -> dict[str, Key]:
    """The pods behind a slice, by address."""
    found: dict[str, Key] = {}
    for endpoint in endpoint_slice.get("endpoints") or []:
        target = endpoint.get("targetRef") or {}
        if target.get("kind") == "Pod":
            found |= dict.fromkeys(endpoint.get("addresses") or [], (target.get("namespace", ""), target["name"]))
    return found


class Services:
    """Ready services, from EndpointSlices. Listeners hear of a service when its readiness turns."""

    def __init__(self, api: Api) -> None:
        self._slices: dict[Key, tuple[Key, bool, dict[str, Key]]] = {}
        self._ready: dict[Key, int] = {}
        self._lock = threading.Lock()
        self._listeners: list[Callable[[Key], None]] = []
        path = "/apis/discovery.k8s.io/{}/endpointslices"
        # v1 came with Kubernetes 1.21.
        self._mirror = Mirror(api, path.format("v1"), self._changed, older=path.format("v1beta1"))
        self.listed = self._mirror.listed

    def listen(self, listener: Callable[[Key], None]) -> None:
        self._listeners.append(listener)

    def start(self) -> Services:
        self._mirror.start()
        return self

    def ready(self, namespace: str, name: str) -> bool:
        return self._ready.get((namespace, name), 0) > 0

    def pod_at(self, namespace: str, name: str, address: str) -> Key | None:
        """The pod of a service that has this address: one in its node's network shares it with others."""
        with self._lock:
            return next(
                (pods[address] for service, _ready, pods in self._slices.values() if service == (namespace, name) and address in pods), None
            )

    def _changed(self, key: Key, found: Object | None) -> None:
        with self._lock:
            service, was, _pods = self._slices.pop(key, (("", ""), False, {}))
            now = False
            if found is not None:
                service = key[0], (found["metadata"].get("labels") or {}).get("kubernetes.io/service-name", "")
                now = ready_in(found)
                self._slices[key] = service, now, pods_in(found)
            before = self._ready.get(service, 0)
            after = self._ready[service] = before + now - was
        if (before > 0) != (after > 0):
            log.info("service %s/%s is %s", *service, "ready" if after else "not ready")
            for listener in self._listeners:
                listener(service)


class Workload:
    """The Deployments of one name, in whichever namespace."""

    def __init__(self, api: Api, name: str, on_change: Callable[[], None] = lambda: None) -> None:
        self._on_change = on_change
        self._was: set[str] = set()
        self._mirror = Mirror(api, "/apis/apps/v1/deployments", self._changed, fieldSelector=f"metadata.name={name}")

    def start(self) -> Workload:
        self._mirror.start()
        return self

    @property
    def ready(self) -> bool:
        return bool(self.ready_namespaces())

    def found(self) -> list[Object]:
        """All of them."""
        return list(self._mirror)

    def ready_namespaces(self) -> set[str]:
        """Where it is ready."""
        return {item["metadata"]["namespace"] for item in self._mirror if (item.get("status") or {}).get("readyReplicas", 0) > 0}

    def image(self) -> str:
        """The image of its first container, empty when there is no such Deployment."""
        return next((str(found["spec"]["template"]["spec"]["containers"][0]["image"]) for found in self._mirror), "")

    def environment(self) -> dict[str, str]:
        """The plain environment variables of its first container."""
        for found in self._mirror:
            container = found["spec"]["template"]["spec"]["containers"][0]
            return {entry["name"]: entry["value"] for entry in container.get("env") or [] if "value" in entry}
        return {}

    def _changed(self, _key: Key, _found: Object | None) -> None:
        now = self.ready_namespaces()
        if now != self._was:
            self._was = now
            self._on_change()
