# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
name: verdict_lines
short_description: Verdicts as lines for people
version_added: 0.1.0
author: The mlplatform.kubeflow authors (@mlplatform)
description:
  - A line for each part of what M(mlplatform.kubeflow.ready) has returned, and below it why some of its objects are not ready, for a
    message to a chat or a ticket.
options:
  _input:
    description: What the module has returned, or its RV(mlplatform.kubeflow.ready#module:parts). A task that was skipped gives an empty list.
    type: raw
    required: true
  objects:
    description: How many objects are named for each part at most.
    type: int
    default: 3
"""

EXAMPLES = r"""
- name: Tell the others
  ansible.builtin.uri:
    url: https://chat.example.com/hooks/kubeflow
    method: POST
    body_format: json
    body:
      text: "{{ waited | mlplatform.kubeflow.verdict_lines(objects=1) | join('\n') }}"
"""

RETURN = r"""
_value:
  description: The lines.
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ..plugin_utils.outcome import ResultError, verdict_lines


def _filter(result: Any, objects: int = 3) -> list[str]:
    try:
        return verdict_lines(result, int(objects))
    except (ResultError, TypeError, ValueError) as error:
        raise AnsibleFilterError(f"verdict_lines: {error}") from error


class FilterModule:
    """Ansible's way to a filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"verdict_lines": _filter}
