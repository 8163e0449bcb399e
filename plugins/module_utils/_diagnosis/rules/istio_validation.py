# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pods that started before Istio's CNI agent was on their node, or whose node it does not serve."""

from __future__ import annotations

from ..._objects.objects import Key
from ..looks import to
from ..rule import rule
from ..signals import ended

rule(
    __name__,
    ended(container="istio-validation", restarts=1),
    cause="Istio's redirect rules are not in pods (istio-validation fails): they started before its CNI agent, or it does not work on "
    "their node.",
    remedy="Delete the pods once, which kubeflow_repair: true does. Where it comes again, the paths of DaemonSet "
    "kube-system/istio-cni-node are not the node's: k3s, RKE2, MicroK8s and GKE keep CNI plug-ins elsewhere than in /opt/cni/bin and "
    "/etc/cni/net.d.",
    shown="container istio-validation in Init:CrashLoopBackOff",
    after=120,
    points_to=to(Key("apps", "DaemonSet", "kube-system", "istio-cni-node")),
)
