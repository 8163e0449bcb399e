# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Nodes without Istio's CNI plug-in where their configuration names it."""

from __future__ import annotations

from ..._objects.objects import Key
from ..looks import to
from ..rule import rule
from ..signals import event

rule(
    __name__,
    event(r'failed to find plugin "istio-cni"|istio-cni', reason="FailedCreatePodSandBox"),
    cause="Nodes name Istio's CNI plug-in in their network configuration and do not find it.",
    remedy="Look at DaemonSet kube-system/istio-cni-node. k3s, RKE2, MicroK8s and GKE keep CNI plug-ins elsewhere than in /opt/cni/bin "
    "and /etc/cni/net.d: its hostPaths have to be theirs. Then delete the pods that wait.",
    shown='failed to find plugin "istio-cni" in path',
    after=120,
    points_to=to(Key("apps", "DaemonSet", "kube-system", "istio-cni-node")),
)
