# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rules of readiness, a file for each kind or family of kinds.

Ansible's AnsiballZ sends with a module only the files that import statements name, and does not look into folders: so each file
has its line here. A unit test says which one is missing.
"""

# Imported for what importing does: a rule registers itself.
from ..rule import RULES
from . import (  # noqa: F401
    custom_resource_definition,
    daemon_set,
    deployment,
    job,
    namespace,
    persistent_volume_claim,
    pod,
    profile,
    replica_set,
    stateful_set,
    table,
    webhook_configuration,
)

__all__ = ["RULES"]
