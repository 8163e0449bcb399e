# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A node that is short of disk, memory or process numbers, and so takes no pods and evicts some."""

from __future__ import annotations

from collections.abc import Iterator

from ..evidence import Evidence
from ..rule import Match, rule
from ..signals import short, told
from .node_not_ready import pods_on

_PRESSURES = ("DiskPressure", "MemoryPressure", "PIDPressure", "NetworkUnavailable")


def see(evidence: Evidence) -> Iterator[Match]:
    for key, node in evidence.of("", "Node"):
        for found in (node.get("status") or {}).get("conditions") or ():
            if found["type"] in _PRESSURES and found["status"] == "True":
                words = {"node": key.name, "what": found["type"]}
                yield Match(key, (short(told(key, found)),), pods_on(evidence, key.name), words=words, group=found["type"])


rule(
    __name__,
    see,
    cause="{node}: {what}.",
    remedy="Free what the condition names (DiskPressure: remove unused images with crictl rmi --prune, or give the node a larger disk; "
    "MemoryPressure: fewer parts by kubeflow_parts, or more memory), then the node takes pods again by itself.",
    shown="condition DiskPressure, MemoryPressure, PIDPressure or NetworkUnavailable of a Node is True",
)
