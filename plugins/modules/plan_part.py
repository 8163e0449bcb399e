# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: plan_part
short_description: Add a part of Kubeflow to the plan
version_added: 0.1.0
author:
  - The mlplatform.kubeflow authors (@mlplatform)
description:
  - What a part's role does, in one task of it. It reads the role's settings from the host's variables, and runs on the controller.
    M(mlplatform.kubeflow.release) has run before, and its result is in variable C(__kubeflow_chosen).
  - Settings become what the role's argument spec says, as M(mlplatform.kubeflow.release) describes it.
  - The role's C(templates/changes.yml.j2) then says what they change of what upstream gives. In it an expression writes data, so that
    a text like C(007), C(yes) or C({{ x }}) arrives as it is, and is not templated again.
  - Refuses what is wrong, a line for each. Values that are not what is meant, settings that do not go together,
    and a setting that has nothing to change in the chosen release, with the releases that it is for.
extends_documentation_fragment:
  - mlplatform.kubeflow._attributes
  - mlplatform.kubeflow._attributes.local
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
options:
  name:
    description: Name of the part, which is that of the role.
    type: str
    required: true
seealso:
  - module: mlplatform.kubeflow.release
  - module: mlplatform.kubeflow.render
"""

EXAMPLES = r"""
- name: Plan katib
  mlplatform.kubeflow.plan_part:
    name: katib
  register: __katib_plan
  when: "'katib' in __kubeflow_selection.parts"
"""

RETURN = r"""
part:
  description: The part as option O(mlplatform.kubeflow.render#module:parts) takes it.
  returned: success
  type: dict
  contains:
    name:
      description: Name of the part.
      type: str
    paths:
      description: Folders below upstream's manifests.
      type: list
      elements: str
    namespace:
      description: Namespace that is set on every namespaced object, where the release says one.
      type: str
    changes:
      description: What the settings change.
      type: list
      elements: dict
settings:
  description: All settings of the part, as its argument spec types them.
  returned: success
  type: dict
"""
