# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pods that a node has put out for want of disk or memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..._objects.objects import Key
from ..evidence import Evidence
from ..rule import Match, rule
from ..signals import short


def see(evidence: Evidence) -> Iterator[Match]:
    for key, pod in evidence.unwell_pods:
        status, owner = pod.get("status") or {}, evidence.owner(key)
        if status.get("reason") == "Evicted" and owner in evidence.unwell:
            words = {"node": (pod.get("spec") or {}).get("nodeName") or ""}
            yield Match(owner, (short(f"{key} was evicted: {status.get('message', '')}"),), age=evidence.age(pod), words=words)


def its_node(evidence: Evidence, match: Match) -> Iterable[Key]:
    return [Key("", "Node", "", name) for name in match.words.get("node", "").split(", ") if name]


rule(
    __name__,
    see,
    cause="Nodes have put pods out for want of disk or memory: {node}.",
    remedy="Free or add what the evidence names. New pods are made by themselves; those that were put out can be deleted: kubectl "
    "delete pods -A --field-selector status.phase=Failed",
    shown="The node was low on resource: ephemeral-storage",
    points_to=its_node,
)
