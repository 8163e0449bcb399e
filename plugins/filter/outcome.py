# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
name: outcome
short_description: What a run came to, from the results of its phases
version_added: 0.1.0
author: The mlplatform.kubeflow authors (@mlplatform)
description:
  - One small dictionary for what comes after a run, like the next node of an AWX workflow. Role C(kubeflow) hands it to
    M(ansible.builtin.set_stats) at the end of a run, as C(kubeflow_outcome).
options:
  _input:
    description:
      - A dictionary with C(release), C(cluster) (URL of the API server), C(parts) (names of the chosen parts), and what
        M(mlplatform.kubeflow.apply), M(mlplatform.kubeflow.prune) and M(mlplatform.kubeflow.ready) and the diagnosis have returned as
        C(applied), C(pruned), C(ready) and C(diagnosed).
      - Each may be missing, or of a task that was skipped or has failed.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Hand the outcome on
  ansible.builtin.set_stats:
    data:
      kubeflow_outcome: "{{ {'release': '26.03', 'applied': applied, 'ready': waited} | mlplatform.kubeflow.outcome }}"
"""

RETURN = r"""
_value:
  description: The outcome.
  type: dict
  contains:
    release:
      description: Release of Kubeflow.
      type: str
    cluster:
      description: URL of the API server.
      type: str
    verdict:
      description:
        - V(ready), V(not_ready); V(not_applied) when some objects were not applied, or nothing was; V(applied) when nobody has waited.
      type: str
    parts:
      description: The chosen parts, each with C(name) and C(ready).
      type: list
      elements: dict
    findings:
      description: Causes of what is wrong, each with C(rule), C(cause) and C(remedy).
      type: list
      elements: dict
    not_in_plan:
      description: What is or was on the cluster and in no plan any more, a line for each part.
      type: list
      elements: str
    changed:
      description: Whether the cluster was changed.
      type: bool
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ..plugin_utils.outcome import ResultError, outcome


def _filter(results: Any) -> dict[str, Any]:
    if not isinstance(results, Mapping):
        raise AnsibleFilterError(f"outcome: a dictionary with the results of phases is meant, and it is a {type(results).__name__}")
    try:
        return outcome(results)
    except ResultError as error:
        raise AnsibleFilterError(f"outcome: {error}") from error


class FilterModule:
    """Ansible's way to a filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"outcome": _filter}
