# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
name: survey
short_description: The survey of an AWX job template
version_added: 0.1.0
author: The mlplatform.kubeflow authors (@mlplatform)
description:
  - Makes the survey spec of a job template that installs Kubeflow, in the form that the API of AWX takes and gives back.
  - No question is required, so that schedules and workflows need no answers. Releases are choices, parts a list to choose from.
options:
  _input:
    description: Names of parts by release, in the order in which releases are offered.
    type: dict
    required: true
  options:
    description: Options of the argument spec of role C(kubeflow), by name.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: The survey
  ansible.builtin.debug:
    msg: "{{ {'26.03': ['istio', 'katib'], 'v1.4.0': ['istio']} | mlplatform.kubeflow.survey(options=spec.release.options) }}"
"""

RETURN = r"""
_value:
  description: The survey, with C(name), C(description), and C(spec), which is a list of questions.
  type: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ..plugin_utils.survey import survey


def _filter(releases: Any, options: Any) -> dict[str, Any]:
    if not isinstance(releases, Mapping) or not isinstance(options, Mapping):
        raise AnsibleFilterError("survey: parts by release and options by name are meant")
    try:
        return survey(releases, options)
    except KeyError as error:
        raise AnsibleFilterError(f"survey: the options lack {error}") from error


class FilterModule:
    """Ansible's way to a filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"survey": _filter}
