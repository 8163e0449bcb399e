# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Objects as they are live, and what the tests of all rules check of a status."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.judge import status_of
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.rule import Seen
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.status import Status

Item = dict[str, Any]
READY_PODS = {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1, "readyReplicas": 1}


def item(spec: Any = None, status: Any = None, generation: int = 1, **metadata: Any) -> Item:
    return {"metadata": {"name": "x", "generation": generation, **metadata}, "spec": spec or {}, "status": status or {}}


def condition(type_: str, status: str = "True", **more: Any) -> Item:
    return {"conditions": [{"type": type_, "status": status, **more}]}


def judged(kind: str, live: Item | None, services: Set[tuple[str, str]] = frozenset()) -> Status:
    """The status of an object of C(kind.group). It has a message unless it is Current."""
    name, _dot, group = kind.partition(".")
    status = status_of(group, name, live, Seen(frozenset(services)))
    assert bool(status.message) == (status.state != "Current")
    return status
