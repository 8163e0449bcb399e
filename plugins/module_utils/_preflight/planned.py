# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a plan will be on this cluster: labels of its namespaces, its pods with their sidecars, and those of them that run already."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from .._client.nodes import KEEPS_OUT, is_ready
from .._objects.demand import Pods, pods_of
from .._objects.objects import Key, key_of
from .._objects.quantity import parse_quantity
from .check import Question
from .look import Item

# What istiod takes where its ConfigMap is not in the plan: manifests/charts/istio-control/istio-discovery/values.yaml of Istio.
_SIDECAR = (Decimal("0.1"), Decimal(128 * 1024**2))
_ENDED = ("Succeeded", "Failed")


def namespaces_of(question: Question) -> set[str]:
    """Those that objects of the plan are in, and those that it makes."""
    keys = [key_of(item) for item in question.objects()]
    return {key.namespace for key in keys if key.namespace} | {key.name for key in keys if key.kind == "Namespace" and not key.group}


def labels_of_namespaces(question: Question) -> dict[str, dict[str, str]]:
    """The labels that the plan's namespaces will have: what is there, and what the plan gives them."""
    found: dict[str, dict[str, str]] = {name: {} for name in namespaces_of(question)}
    live = question.look.namespaces
    for name, labels in found.items():
        labels.update({"kubernetes.io/metadata.name": name, **live.get(name, {})})
    for item in question.objects():
        key = key_of(item)
        if (key.group, key.kind) == ("", "Namespace"):
            found[key.name].update({label: value or "" for label, value in (item["metadata"].get("labels") or {}).items()})
    return found


def planned_pods(question: Question, nodes: int) -> list[Pods]:
    """All pods of the plan, with what Istio's sidecars request on top."""
    labels = labels_of_namespaces(question)
    cpu, memory = _sidecar(question.objects())
    return [
        replace(pods, cpu=pods.cpu + cpu, memory=pods.memory + memory) if gets_sidecar(pods, labels) else pods
        for pods in pods_of(question.objects(), nodes)
        if pods.count
    ]


def gets_sidecar(pods: Pods, labels: Mapping[str, Mapping[str, str]]) -> bool:
    """Whether Istio's injector adds its proxy to pods: by their namespace, unless they say no."""
    if labels.get(pods.owner.namespace, {}).get("istio-injection") != "enabled":
        return False
    metadata = pods.template.get("metadata") or {}
    said = {**(metadata.get("annotations") or {}), **(metadata.get("labels") or {})}
    return said.get("sidecar.istio.io/inject") != "false" and not (pods.template.get("spec") or {}).get("hostNetwork")


def _sidecar(objects: Iterable[dict[str, Any]]) -> tuple[Decimal, Decimal]:
    for item in objects:
        if item["kind"] == "ConfigMap" and item["metadata"]["name"] == "istio-sidecar-injector":
            try:
                asked = json.loads(item["data"]["values"])["global"]["proxy"]["resources"]["requests"]
                return parse_quantity(asked["cpu"]) or Decimal(0), parse_quantity(asked["memory"]) or Decimal(0)
            except (KeyError, TypeError, ValueError):
                return Decimal(0), Decimal(0)
    return _SIDECAR


def strangers_pods(question: Question) -> Iterator[Item]:
    """Pods that are there and are of no workload of the plan. Those that have ended take no room."""
    wanted: dict[str, list[set[tuple[str, str]]]] = defaultdict(list)
    for pods in pods_of(question.objects(), 1):
        wanted[pods.owner.namespace].append(set(((pods.template.get("metadata") or {}).get("labels") or {}).items()))
    for pod in question.look.of("pods"):
        labels = set((pod["metadata"].get("labels") or {}).items())
        ours = any(some and some <= labels for some in wanted[pod["metadata"]["namespace"]])
        if not ours and (pod.get("status") or {}).get("phase") not in _ENDED:
            yield pod


def takes(node: Item, spec: Mapping[str, Any]) -> bool:
    """Whether a node is open to a pod: ready, not cordoned, with no taint that the pod does not tolerate, and of the pod's C(nodeSelector)."""
    status, mine = node.get("status") or {}, node.get("spec") or {}
    if not is_ready(node) or mine.get("unschedulable") or not status.get("allocatable"):
        return False
    labels = node["metadata"].get("labels") or {}
    if any(labels.get(name) != value for name, value in (spec.get("nodeSelector") or {}).items()):
        return False
    taints = [taint for taint in mine.get("taints") or () if taint.get("effect") in KEEPS_OUT]
    return all(any(_tolerates(toleration, taint) for toleration in spec.get("tolerations") or ()) for taint in taints)


def _tolerates(toleration: Mapping[str, Any], taint: Mapping[str, Any]) -> bool:
    if toleration.get("effect") not in (None, "", taint.get("effect")):
        return False
    if toleration.get("operator") == "Exists":
        return toleration.get("key") in (None, "", taint.get("key"))
    return bool(toleration.get("key") == taint.get("key") and (toleration.get("value") or "") == (taint.get("value") or ""))


def keys_of(question: Question) -> set[Key]:
    return {key_of(item) for item in question.objects()}
