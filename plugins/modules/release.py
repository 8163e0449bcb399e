# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: release
short_description: Choose a release of Kubeflow, its parts, and the settings that all parts share
version_added: 0.1.0
author:
  - The mlplatform.kubeflow authors (@mlplatform)
description:
  - The first phase of a run, for the tasks of role P(mlplatform.kubeflow.kubeflow#role) only. It reads that role's settings from the host's
    variables, and runs on the controller.
  - Settings become what the role's argument spec says, whatever form they came in. Text is read as the type that is meant, lists from lines, commas,
    JSON or YAML, mappings from YAML, JSON or C(key=value) pairs. Empty text and C(null) mean that a setting is not given.
  - Refuses what is wrong, a line for each. Names of settings that are misspelt, values that are not what is meant (a number where text is meant
    has lost what it was written as), releases and parts that there are not, and choices that cannot be made.
  - Says which settings have no effect, since their part is not chosen.
extends_documentation_fragment:
  - mlplatform.kubeflow._attributes
  - mlplatform.kubeflow._attributes.local
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
options:
  phases:
    description: Names of all phases, in order.
    type: list
    elements: str
    required: true
  run_tags:
    description: Tags that the run is limited to. Names of parts take the place of C(kubeflow_parts), names of phases limit the phases.
    type: list
    elements: str
    default: []
  skip_tags:
    description: Parts and phases to leave out.
    type: list
    elements: str
    default: []
  choose_parts:
    description:
      - Whether parts of the release are chosen. With V(false) the run is about what is installed, of whatever release, and names of parts are taken as
        they are.
    type: bool
    default: true
seealso:
  - module: mlplatform.kubeflow.plan_part
"""

EXAMPLES = r"""
- name: Choose a release and its parts
  mlplatform.kubeflow.release:
    run_tags: "{{ ansible_run_tags }}"
    skip_tags: "{{ ansible_skip_tags }}"
    phases: [release, render, preflight, apply, ready, report]
  register: __kubeflow_chosen
"""

RETURN = r"""
release:
  description: What the release's file in C(roles/kubeflow/vars/releases) says.
  returned: success
  type: dict
selection:
  description: What runs.
  returned: success
  type: dict
  contains:
    parts:
      description: Chosen parts, in order.
      type: list
      elements: str
    requested:
      description: Those that were asked for.
      type: list
      elements: str
    added:
      description: The others, with the parts that require them.
      type: dict
    recommends:
      description: Parts that were not chosen, with the parts that are of little use without them.
      type: dict
    provided:
      description: Parts that the cluster has from elsewhere.
      type: list
      elements: str
    partial:
      description: Whether a part of the release's default is missing.
      type: bool
    named:
      description: The parts that were asked for by name. None when that is no choice.
      type: list
      elements: str
    whole:
      description: Whether the parts are all that is wanted. A run that is limited by tags of parts is about some of them.
      type: bool
    phases:
      description: Phases that run, in order.
      type: list
      elements: str
settings:
  description: All settings of role P(mlplatform.kubeflow.kubeflow#role), as its argument spec types them.
  returned: success
  type: dict
known:
  description: By release, the tag or digest of an image by its workload, for option O(mlplatform.kubeflow.diagnose#module:releases).
  returned: success
  type: dict
requires:
  description: By part, the parts that it requires in any release.
  returned: success
  type: dict
began:
  description: When the run began, in seconds since the epoch.
  returned: success
  type: float
lines:
  description: What people should know of the choice, a line each.
  returned: success
  type: list
  elements: str
"""
