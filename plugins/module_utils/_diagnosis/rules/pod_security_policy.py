# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""PodSecurityPolicies, up to Kubernetes 1.24, of which none lets a pod through."""

from __future__ import annotations

from ..rule import rule
from ..signals import event

rule(
    __name__,
    event(r"unable to validate against any pod security policy", reason="FailedCreate"),
    cause="No PodSecurityPolicy that the pods' accounts may use lets them through.",
    remedy="Bind the ServiceAccounts of the namespace to a policy that allows NET_ADMIN and NET_RAW (Istio's istio-init), by a "
    "RoleBinding to a role with verb use.",
    shown="unable to validate against any pod security policy",
)
