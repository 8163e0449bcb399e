# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What every module of the collection says of itself in the same words."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
"""

    # Belongs to both action groups, since it talks to the cluster.
    CLUSTER = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/mlplatform.kubeflow.cluster) in C(module_defaults) to say once which cluster is meant.
    support: full
    membership:
      - mlplatform.kubeflow.cluster
      - mlplatform.kubeflow.kubeflow
"""

    # Works on files only.
    LOCAL = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/mlplatform.kubeflow.kubeflow) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - mlplatform.kubeflow.kubeflow
"""
