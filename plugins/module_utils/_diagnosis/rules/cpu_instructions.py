# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Programs that use instructions which the processor does not have."""

from __future__ import annotations

from ..rule import rule
from ..signals import ended, log

rule(
    __name__,
    ended(code=132),
    log(r"Illegal instruction|CPU does not support x86-64-v2"),
    cause="The nodes' processor lacks instructions that programs use (AVX, or x86-64-v2).",
    remedy="A virtual machine: give it the host's processor (CPU model host or host-passthrough) instead of a generic one. Or other "
    "nodes by kubeflow_workloads (node_selector). ansible-playbook mlplatform.kubeflow.nodes --check tells it of each machine.",
    shown="exit code 132; Illegal instruction; CPU does not support x86-64-v2",
)
