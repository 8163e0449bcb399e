# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checks of preflight, a file each.

Ansible's AnsiballZ sends with a module only the files that import statements name, and does not look into folders: so each file
has its line here. A unit test says which one is missing.
"""

from ..check import CHECKS
from . import (  # noqa: F401
    api_services,
    being_deleted,
    clocks,
    cluster_dns,
    gateway_service,
    gone_images,
    installed,
    kubernetes_version,
    named_objects,
    node_architecture,
    node_conditions,
    node_system,
    other_installers,
    owners,
    pod_network,
    pod_security,
    policies,
    provided_parts,
    quotas,
    rights,
    room,
    served_apis,
    storage_class,
    stored_versions,
    token_issuer,
    token_request,
    verified_tls,
    webhooks,
)

__all__ = ["CHECKS"]
