# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Faults of the cluster itself: nodes that are small or not ready, no default StorageClass, a quota. What goes is put right again."""

from __future__ import annotations

from .api import MERGE, STRATEGIC, Api, ApiError, Object
from .faults import Fault, Faults
from .mirror import Key, Mirror
from .storage import CLASS, IS_DEFAULT
from .worker import Worker

QUOTA = "rehearsed"
# kwok leaves alone the conditions of a node with this annotation, as its stages say.
UNREADY = "kwok.mlplatform.kubeflow/not-ready"
_RESOURCES = {"cpu": "cpu", "memory": "memory", "room": "pods"}
_WHY = "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized"


def allocatable_of(node: Object, fault: Fault | None) -> Object:
    """What a node has for pods: its capacity, or as little as a fault leaves of it."""
    left = dict(node["status"].get("capacity") or {})
    if fault:
        left |= {resource: value for name, resource in _RESOURCES.items() if (value := getattr(fault, name))}
    return left


def is_unready(node: Object) -> bool:
    return any(found["type"] == "Ready" and found["status"] != "True" for found in node["status"].get("conditions") or [])


class Broken:
    """C(faults) says what is to be."""

    def __init__(self, api: Api, faults: Faults) -> None:
        self._api, self._faults = api, faults
        self._worker = Worker("broken", self._reconcile)
        self._nodes = Mirror(api, "/api/v1/nodes", lambda key, _found: self._worker.add(("node", key)))
        self._namespaces = Mirror(api, "/api/v1/namespaces", lambda key, _found: self._worker.add(("quota", key)), metadata_only=True)
        self._known: set[Key] = set()
        faults.listen(self._changed)

    def start(self) -> None:
        self._worker.start()
        self._worker.add(("class", ("", CLASS)))
        self._nodes.start()
        self._namespaces.start()

    def _changed(self) -> None:
        self._worker.add(("class", ("", CLASS)))
        for key in list(self._known):
            self._worker.add(("node", key))
        for fault in self._faults.of("quota"):
            self._worker.add(("quota", ("", fault.namespace)))
        self._worker.add(("no quota", ("", "")))

    def _reconcile(self, what: tuple[str, Key]) -> None:
        kind, key = what
        match kind:
            case "node":
                self._known.add(key)
                self._node(key)
            case "class":
                self._class()
            case "quota":
                self._quota(key[1])
            case _:
                self._no_quotas()

    def _node(self, key: Key) -> None:
        node = self._nodes.get(*key)
        if node is None or not (node.get("status") or {}).get("conditions"):
            return
        path = f"/api/v1/nodes/{key[1]}"
        wanted = allocatable_of(node, self._faults.on_node("node_small", key[1]))
        if wanted and wanted != node["status"].get("allocatable"):
            self._api.request("PATCH", f"{path}/status", {"status": {"allocatable": wanted}}, content_type=MERGE, manager="kubelet")
        held, hold = UNREADY in (node["metadata"].get("annotations") or {}), bool(self._faults.on_node("node_not_ready", key[1]))
        if held != hold:
            change = {"metadata": {"annotations": {UNREADY: "rehearsed" if hold else None}}}
            self._api.request("PATCH", path, change, content_type=MERGE, manager="standins")
        if hold and not is_unready(node):
            condition = {"type": "Ready", "status": "False", "reason": "KubeletNotReady", "message": _WHY}
            body = {"status": {"conditions": [condition]}}
            self._api.request("PATCH", f"{path}/status", body, content_type=STRATEGIC, manager="kubelet")

    def _class(self) -> None:
        path = f"/apis/storage.k8s.io/v1/storageclasses/{CLASS}"
        found = self._api.find(path)
        if found is None:
            return
        wanted = self._faults.default_class()
        # Somebody who has taken the annotation away has another default.
        if (found["metadata"].get("annotations") or {}).get(IS_DEFAULT, wanted) != wanted:
            self._api.request("PATCH", path, {"metadata": {"annotations": {IS_DEFAULT: wanted}}}, content_type=MERGE, manager="standins")

    def _quota(self, namespace: str) -> None:
        fault = next((fault for fault in self._faults.of("quota") if fault.namespace == namespace), None)
        if fault is None or not self._namespaces.get("", namespace):
            return
        path = f"/api/v1/namespaces/{namespace}/resourcequotas"
        body: Object = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": QUOTA}, "spec": {"hard": dict(fault.hard)}}
        found = self._api.find(f"{path}/{QUOTA}")
        if found is None:
            self._api.request("POST", path, body, manager="standins")
        elif found["spec"].get("hard") != body["spec"]["hard"]:
            self._api.request("PUT", f"{path}/{QUOTA}", body, manager="standins")

    def _no_quotas(self) -> None:
        """Those of faults that are over."""
        wanted = {fault.namespace for fault in self._faults.of("quota")}
        query = {"fieldSelector": f"metadata.name={QUOTA}"}
        for item in self._api.request("GET", "/api/v1/resourcequotas", **query).get("items") or []:
            if item["metadata"]["namespace"] not in wanted:
                try:
                    self._api.request("DELETE", f"/api/v1/namespaces/{item['metadata']['namespace']}/resourcequotas/{QUOTA}")
                except ApiError as error:
                    if error.status != 404:
                        raise
