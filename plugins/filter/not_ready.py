# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
name: not_ready
short_description: Objects that are not ready, in one list
version_added: 0.1.0
author: The mlplatform.kubeflow authors (@mlplatform)
description:
  - Every object that M(mlplatform.kubeflow.ready) has found not ready, with the part that it is of. What has failed for good comes first.
options:
  _input:
    description: What the module has returned, or its RV(mlplatform.kubeflow.ready#module:parts). A task that was skipped gives an empty list.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Look whether all is ready
  mlplatform.kubeflow.ready:
    plan: /tmp/plan
    kubeconfig: /home/me/cluster.kubeconfig
  register: waited
  failed_when: false

- name: Name the images that are gone
  ansible.builtin.debug:
    msg: "{{ waited | mlplatform.kubeflow.not_ready | selectattr('reason', 'eq', 'ImageGone') | map(attribute='message') }}"
"""

RETURN = r"""
_value:
  description: Dictionaries with C(part), C(object), C(state), C(message) and C(reason), as M(mlplatform.kubeflow.ready) returns them.
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ..plugin_utils.outcome import ResultError, not_ready


def _filter(result: Any) -> list[dict[str, Any]]:
    try:
        return not_ready(result)
    except ResultError as error:
        raise AnsibleFilterError(f"not_ready: {error}") from error


class FilterModule:
    """Ansible's way to a filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"not_ready": _filter}
