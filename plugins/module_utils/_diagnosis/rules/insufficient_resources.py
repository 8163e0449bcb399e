# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Nodes that have no room for more pods."""

from __future__ import annotations

from ..rule import rule
from ..signals import event

_SHORT = r"(?P<what>Insufficient [\w./-]*\w|Too many pods)"

rule(
    __name__,
    event(_SHORT, reason="FailedScheduling"),
    cause="No node has room for more pods: {what}.",
    remedy="Larger or more nodes; or less: kubeflow_resources: 0.5 (or none) for what pods ask for, fewer parts with kubeflow_parts. "
    "Pods that wait are placed by themselves as soon as there is room.",
    shown="0/1 nodes are available: 1 Insufficient cpu, Insufficient memory, Too many pods",
    after=60,
)
