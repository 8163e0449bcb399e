# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The plan that a module works on, once for modules that need one and once for those that can do without: ansible-test reads literals only."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  plan:
    description: Folder of the plan, from M(mlplatform.kubeflow.render).
    type: path
    required: true
  release:
    description: Release that the plan has to be of. By default any.
    type: str
  digest:
    description:
      - Which of the plans that were rendered into O(plan), by what M(mlplatform.kubeflow.render) returned.
        A run that hands it on works on its own plan, whatever another run renders there meanwhile.
      - Empty means the newest. A plan that nothing has used for a day is removed when the next is rendered.
    type: str
    default: ""
"""

    # For a module that can do without.
    OPTIONAL = r"""
options:
  plan:
    description: Folder of the plan, from M(mlplatform.kubeflow.render).
    type: path
  release:
    description: Release that the plan has to be of. By default any.
    type: str
  digest:
    description:
      - Which of the plans that were rendered into O(plan), by what M(mlplatform.kubeflow.render) returned.
        A run that hands it on works on its own plan, whatever another run renders there meanwhile.
      - Empty means the newest. A plan that nothing has used for a day is removed when the next is rendered.
    type: str
    default: ""
"""
