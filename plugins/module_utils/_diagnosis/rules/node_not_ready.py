# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A node whose kubelet does not report, or says that it is not ready."""

from __future__ import annotations

from collections.abc import Iterator

from ..._objects.objects import Key
from ..evidence import Evidence
from ..rule import Match, rule
from ..signals import short, told


def see(evidence: Evidence) -> Iterator[Match]:
    for key, node in evidence.of("", "Node"):
        for found in (node.get("status") or {}).get("conditions") or ():
            if found["type"] == "Ready" and found["status"] != "True":
                yield Match(key, (short(told(key, found)),), pods_on(evidence, key.name), words={"node": key.name})


def pods_on(evidence: Evidence, node: str) -> tuple[Key, ...]:
    """The workloads whose pods are on a node and not as they should be."""
    pods = (key for key, pod in evidence.unwell_pods if (pod.get("spec") or {}).get("nodeName") == node)
    return tuple(dict.fromkeys(map(evidence.owner, pods)))


rule(
    __name__,
    see,
    cause="Nodes are not ready: {node}.",
    remedy="Look at the kubelet of each: kubectl describe node {node}; on the machine: journalctl -u kubelet. Pods go on by themselves "
    "when it is ready again.",
    shown="condition Ready of a Node is False or Unknown",
)
