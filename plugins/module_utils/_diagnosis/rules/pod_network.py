# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pods for which the node's network plug-in makes no network."""

from __future__ import annotations

from ..rule import rule
from ..signals import event

rule(
    __name__,
    event(r"network|CNI|cni|plugin", reason="FailedCreatePodSandBox"),
    cause="The network plug-in (CNI) of nodes makes no network for pods.",
    remedy="Look at the pods of the cluster's network in kube-system (or calico-system, cilium …), and at what the evidence says of it.",
    shown="FailedCreatePodSandBox … failed to setup network for sandbox",
    after=120,
    general=True,
)
