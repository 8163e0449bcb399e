# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Small clusters as evidence: what is made here is as it should be, unless a test says otherwise."""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import Any

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.made import Made
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._diagnosis.evidence import Event, Evidence, Log, Refusal
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.objects import Key

Thing = dict[str, Any]
NOW = 1_800_000_000.0
LONG_AGO = 3000.0
MADE = (
    Made("ConfigMap", "istio-ca-root-cert", "istio-system/istiod"),
    Made("Secret", "webhook-server-tls", "kubeflow/cache-deployer-deployment", "kubeflow"),
)
READ = frozenset(
    (group, kind, "")
    for group, kind in (
        ("", "ConfigMap"),
        ("", "Secret"),
        ("", "ServiceAccount"),
        ("", "PersistentVolumeClaim"),
        ("", "Service"),
        ("", "Namespace"),
        ("storage.k8s.io", "StorageClass"),
    )
)


def text_of(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class World:
    """A cluster that is told about piece by piece."""

    def __init__(self, **more: Any) -> None:
        self.objects: dict[Key, Thing] = {}
        self.events: list[Event] = []
        self.logs: list[Log] = []
        self.refusals: list[Refusal] = []
        self.more = more

    def evidence(self) -> Evidence:
        homes = frozenset({"kubeflow", "istio-system", "auth", "cert-manager", "knative-serving", "team"})
        resources = frozenset({"pods", "serviceaccounts", "serviceaccounts/token"})
        made = Evidence(NOW, "v1.21.14", 0.0, resources, self.objects, READ, homes=homes, made=MADE)
        told = {"events": tuple(self.events), "logs": tuple(self.logs), "refusals": tuple(self.refusals)}
        return replace(made, **{**told, **self.more})

    def add(self, group: str, kind: str, namespace: str, name: str, *, age: float = LONG_AGO, **content: Any) -> Key:
        key = Key(group, kind, namespace, name)
        metadata = {"name": name, "creationTimestamp": text_of(NOW - age), "generation": 1, **content.pop("metadata", {})}
        if namespace:
            metadata["namespace"] = namespace
        self.objects[key] = {"metadata": metadata, **content}
        return key

    def workload(
        self, name: str, namespace: str = "kubeflow", *, kind: str = "Deployment", ready: bool = False, age: float = LONG_AGO, **spec: Any
    ) -> Key:
        """A Deployment or its like, without its pods."""
        labels = {"app": name}
        template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "image": "example.com/main:1"}], **spec}}
        count = 1 if ready else 0
        status = {
            "observedGeneration": 1,
            "replicas": 1,
            "updatedReplicas": 1,
            "readyReplicas": count,
            "availableReplicas": count,
            "desiredNumberScheduled": 1,
        }
        return self.add(
            "apps",
            kind,
            namespace,
            name,
            age=age,
            spec={"replicas": 1, "selector": {"matchLabels": labels}, "template": template},
            status=status,
        )

    def pod(self, workload: Key, *, age: float = LONG_AGO, container: Thing | None = None, **content: Any) -> Key:
        """A pod of a workload. By default it is on a node and waits for its volumes.

        :arg container: the status of its only container. C(spec) and C(status) are laid over what they are by default.
        """
        spec = {"nodeName": "node-1", **self.objects[workload]["spec"]["template"]["spec"], **content.pop("spec", {})}
        first = {"name": "main", "image": "example.com/main:1", "ready": False, "restartCount": 0}
        waiting = {"state": {"waiting": {"reason": "ContainerCreating"}}}
        conditions = [{"type": "Ready", "status": "False"}, {"type": "PodScheduled", "status": "True"}]
        status = {"phase": "Pending", "conditions": conditions, "containerStatuses": [{**first, **(container or waiting)}]}
        above = {"apiVersion": f"{workload.group}/v1", "kind": workload.kind, "name": workload.name, "controller": True}
        given = {
            "metadata": {"ownerReferences": [above], "labels": {"app": workload.name}, **content.pop("metadata", {})},
            "spec": spec,
            "status": {**status, **content.pop("status", {})},
        }
        return self.add("", "Pod", workload.namespace, f"{workload.name}-x", age=age, **given)

    def running(self, workload: Key) -> Key:
        """A pod that is as it should be."""
        state = {"running": {"startedAt": text_of(NOW - LONG_AGO)}}
        conditions = [{"type": "Ready", "status": "True"}]
        return self.pod(
            workload, container={"ready": True, "state": state}, status={"phase": "Running", "conditions": conditions, "podIP": "10.0.0.1"}
        )

    def crashing(self, workload: Key, text: str = "", *, code: int = 1, restarts: int = 8, name: str = "main", **ended: Any) -> Key:
        """A pod whose container ends again and again, with what it wrote last."""
        last = {"exitCode": code, "reason": "Error", **ended}
        status = {
            "name": name,
            "restartCount": restarts,
            "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container"}},
            "lastState": {"terminated": last},
        }
        pod = self.pod(workload, container=status, status={"phase": "Running", "podIP": "10.0.0.1"})
        if text:
            self.logs.append(Log(pod, name, f"starting\n{text}\n"))
        return pod

    def unpulled(self, workload: Key, message: str, *, image: str = "docker.io/istio/pilot:1.9.6", age: float = LONG_AGO) -> Key:
        """A pod whose image cannot be had."""
        status = {"image": image, "state": {"waiting": {"reason": "ErrImagePull", "message": message}}}
        return self.pod(workload, age=age, container=status)

    def event(self, about: Key, reason: str, message: str, *, since: float = LONG_AGO, warning: bool = True) -> Event:
        found = Event(about, reason, message, warning, 3, NOW - since, NOW - min(since, 10), f"event-{len(self.events)}")
        self.events.append(found)
        return found

    def service(self, name: str, namespace: str, *, app: str = "", answering: bool = False) -> Key:
        ready = {"addresses": ["10.0.0.1"], "conditions": {"ready": answering}}
        labels = {"labels": {"kubernetes.io/service-name": name}}
        self.add("discovery.k8s.io", "EndpointSlice", namespace, f"{name}-s", metadata=labels, endpoints=[ready])
        return self.add("", "Service", namespace, name, spec={"selector": {"app": app or name}})

    def claim(self, name: str, *, phase: str = "Pending", storage_class: str | None = None) -> Key:
        spec = {"storageClassName": storage_class} if storage_class else {}
        return self.add("", "PersistentVolumeClaim", "kubeflow", name, spec=spec, status={"phase": phase})

    def refuse(self, about: Key, message: str, part: str = "pipelines") -> None:
        self.refusals.append(Refusal(part, about, message))

    def node(self, name: str = "node-1", *, type_: str = "Ready", status: str = "True", reason: str = "", message: str = "") -> Key:
        condition = {"type": type_, "status": status, "reason": reason, "message": message, "lastTransitionTime": text_of(NOW - LONG_AGO)}
        return self.add("", "Node", "", name, status={"conditions": [condition]})
