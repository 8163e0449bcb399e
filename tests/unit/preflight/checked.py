# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Small clusters and plans for checks: what is made here is as it should be, unless a test says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.http import ApiError, Client
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.deadline import Deadline
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.check import Answer, Made, Question
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.checks import CHECKS
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.look import Look
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render.plan import Part, Plan

Thing = dict[str, Any]
NOW = 1_800_000_000.0
GROUPS = {
    "apps": ("v1",),
    "admissionregistration.k8s.io": ("v1",),
    "apiextensions.k8s.io": ("v1",),
    "rbac.authorization.k8s.io": ("v1",),
    "storage.k8s.io": ("v1",),
}
OURS = {"applyset.kubernetes.io/part-of": "applyset-one-v1"}


class Server(Client):
    """Answers by path, with or without a method before it; what is not known is not there. C(asked) are all requests."""

    def __init__(self, answers: Mapping[str, Any], host: str = "https://host") -> None:
        self.host, self._answers = host, answers
        self.asked: list[tuple[str, str, Any]] = []

    def request(self, method: str, path: str, *, body: Any = None, **_: Any) -> Any:
        self.asked.append((method, path, body))
        answer = self._answers.get(f"{method} {path}", self._answers.get(path, ApiError(404, f"{path} not found")))
        if callable(answer):
            answer = answer(body)
        if isinstance(answer, ApiError):
            raise answer
        return answer


def refused(message: str = "forbidden: not to you", status: int = 403) -> ApiError:
    return ApiError(status, message)


def thing(kind: str, name: str, namespace: str = "", *, api: str = "v1", labels: Thing | None = None, **content: Any) -> Thing:
    metadata: Thing = {"name": name, **content.pop("metadata", {})}
    if namespace:
        metadata["namespace"] = namespace
    if labels:
        metadata["labels"] = labels
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **content}


def workload(name: str, namespace: str = "kubeflow", *, kind: str = "Deployment", image: str = "", **more: Any) -> Thing:
    """One pod that asks for C(cpu) and C(memory)."""
    requests = {resource: more.pop(resource) for resource in ("cpu", "memory") if resource in more}
    container = {
        "name": "main",
        "image": image or f"example.com/{name}:1",
        "resources": {"requests": requests, **more.pop("resources", {})},
    }
    annotations = more.pop("pod_annotations", {})
    spec = {"containers": [container], **more.pop("spec", {})}
    template = {"metadata": {"labels": {"app": name}, "annotations": annotations}, "spec": spec}
    return thing(kind, name, namespace, api="apps/v1", spec={"replicas": more.pop("replicas", 1), "template": template}, **more)


def node(name: str = "one", *, cpu: str = "8", memory: str = "16Gi", pods: str = "110", ready: bool = True, **more: Any) -> Thing:
    conditions = [{"type": "Ready", "status": "True" if ready else "False", "message": "as it is"}, *more.pop("conditions", ())]
    info = {
        "architecture": "amd64",
        "kubeletVersion": "v1.34.4",
        "osImage": "Ubuntu 24.04",
        "kernelVersion": "6.8",
        "containerRuntimeVersion": "containerd://2.0",
        **more.pop("info", {}),
    }
    status = {"conditions": conditions, "allocatable": {"cpu": cpu, "memory": memory, "pods": pods}, "nodeInfo": info}
    return thing("Node", name, labels=more.pop("labels", None), spec=more.pop("spec", {}), status=status, **more)


def pod(name: str, namespace: str, *, on: str = "one", image: str = "a", phase: str = "Running", **requests: str) -> Thing:
    spec = {"nodeName": on, "containers": [{"name": "main", "image": image, "resources": {"requests": requests}}]}
    return thing("Pod", name, namespace, labels={"of": name}, spec=spec, status={"phase": phase})


def endpoints(namespace: str, service: str) -> Thing:
    slice_of = thing("EndpointSlice", f"{service}-x", namespace, labels={"kubernetes.io/service-name": service})
    return {**slice_of, "endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": True}}]}


def namespaces(*names: str, **labels: str) -> tuple[Thing, ...]:
    return tuple(thing("Namespace", name, labels=labels) for name in names)


def question(*objects: Thing, answers: Mapping[str, Any] | None = None, found: Mapping[str, Any] | None = None, **more: Any) -> Question:
    """C(found) by resource as C(Look) has it; C(gaps), C(groups), C(core), C(ahead) go there too."""
    told = {name: more.pop(name) for name in ("gaps", "groups", "core", "ahead") if name in more}
    look = Look(
        now=NOW,
        found={name: tuple(items) for name, items in (found or {}).items()},
        **{"groups": GROUPS, "core": frozenset({"pods", "serviceaccounts", "serviceaccounts/token"}), "ahead": 0.0, **told},
    )
    client = Server(answers or {}, more.pop("host", "https://host"))
    plan = Plan("26.03", (Part("a", objects),))
    return Question(client, plan, Deadline(5), more.pop("kubernetes", "v1.34.4"), look=look, **more)


def ask(name: str, *objects: Thing, **more: Any) -> Answer | None:
    return CHECKS[name].run(question(*objects, **more))


def found(name: str, *objects: Thing, **more: Any) -> Answer:
    """An answer that is there."""
    answer = ask(name, *objects, **more)
    assert answer is not None
    return answer


__all__ = ["GROUPS", "NOW", "OURS", "ApiError", "Made", "Server", "ask", "endpoints", "found", "namespaces", "node", "pod", "question"]
__all__ += ["refused", "thing", "workload"]
