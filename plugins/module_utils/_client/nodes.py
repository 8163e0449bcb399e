# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the nodes of a cluster give to pods."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .._common.deadline import Deadline
from .._objects.quantity import parse_quantity
from .http import ApiError, Client
from .pages import pages

KEEPS_OUT = ("NoSchedule", "NoExecute")
"""Effects of taints that keep pods off a node."""


@dataclass(frozen=True)
class Allocatable:
    """CPU in cores, memory in bytes, and how many pods."""

    cpu: float
    memory: int
    pods: int


@dataclass(frozen=True)
class Nodes:
    """All nodes; C(schedulable) is how many take pods that tolerate nothing, C(allocatable) the sum over those, C(versions) of their kubelets."""

    count: int
    ready: int
    schedulable: int
    versions: list[str]
    allocatable: Allocatable


def read_nodes(client: Client, deadline: Deadline) -> Nodes | None:
    """The nodes together; None when the cluster does not say, or not to these credentials."""
    try:
        return summed(pages(client, "/api/v1/nodes", deadline))
    except ApiError:
        return None


def summed(nodes: Iterable[Mapping[str, Any]]) -> Nodes:
    """Nodes together. What a node that is not ready, is cordoned or keeps pods out by a taint would give does not count."""
    found = list(nodes)
    ready = [node for node in found if is_ready(node)]
    taking = [node for node in ready if _takes_pods(node)]
    versions = {str(version) for node in found if (version := ((node.get("status") or {}).get("nodeInfo") or {}).get("kubeletVersion"))}
    allocatable = Allocatable(float(_sum(taking, "cpu")), int(_sum(taking, "memory")), int(_sum(taking, "pods")))
    return Nodes(len(found), len(ready), len(taking), sorted(versions), allocatable)


def is_ready(node: Mapping[str, Any]) -> bool:
    """Whether its kubelet says so, and kube-controller-manager has not taken that back."""
    conditions = (node.get("status") or {}).get("conditions") or ()
    return any(condition.get("type") == "Ready" and condition.get("status") == "True" for condition in conditions)


def _takes_pods(node: Mapping[str, Any]) -> bool:
    spec = node.get("spec") or {}
    return not spec.get("unschedulable") and not any(taint.get("effect") in KEEPS_OUT for taint in spec.get("taints") or ())


def _sum(nodes: Iterable[Mapping[str, Any]], resource: str) -> Decimal:
    given = ((node.get("status") or {}).get("allocatable") or {} for node in nodes)
    return sum((parse_quantity(some.get(resource, 0)) or Decimal(0) for some in given), Decimal(0))
