# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which objects the control plane makes by itself, so that they come and go whatever else happens on a cluster."""

from __future__ import annotations

_KINDS = {"Event", "Lease", "EndpointSlice", "Endpoints", "ComponentStatus", "FlowSchema", "PriorityLevelConfiguration", "CSINode"}
# Kubernetes 1.21 makes a Secret for each ServiceAccount.
_NAMES = ("kube-root-ca.crt", "default-token")


def made_by_itself(kind: str, name: str) -> bool:
    return kind in _KINDS or name.startswith(_NAMES)
