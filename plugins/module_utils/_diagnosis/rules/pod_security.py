# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Namespaces that allow less than their pods need."""

from __future__ import annotations

from ..rule import rule
from ..signals import event

rule(
    __name__,
    event(r'violates PodSecurity "(?P<level>[^"]+)"', reason="FailedCreate"),
    cause="Pod Security {level} of the namespace refuses pods.",
    remedy="kubeflow_namespace_pod_security: baseline (or privileged) for Kubeflow's own namespaces, profiles_pod_security for those of "
    "users. An Istio without its CNI plug-in needs privileged: its istio-init changes the network.",
    shown='violates PodSecurity "restricted:latest"',
)
