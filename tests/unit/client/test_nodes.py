# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What nodes give to pods."""

from __future__ import annotations

from typing import Any, cast

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.http import ApiError, Client
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.nodes import Allocatable, Nodes, read_nodes, summed
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.deadline import Deadline


def node(ready: str = "True", version: str = "v1.34.4", **spec: Any) -> dict[str, Any]:
    status = {
        "allocatable": {"cpu": "3920m", "memory": "2Gi", "pods": "110"},
        "conditions": [{"type": "MemoryPressure", "status": "True"}, {"type": "Ready", "status": ready}],
        "nodeInfo": {"kubeletVersion": version},
    }
    return {"spec": spec, "status": status}


class Pages:
    """A cluster that gives its nodes in two pages."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def get(self, path: str, *, query: dict[str, Any], accept: str, deadline: Deadline) -> Any:
        self.asked.append((path, dict(query)))
        if "continue" in query:
            return {"metadata": {}, "items": [node(version="v1.33.1")]}
        return {"metadata": {"continue": "more"}, "items": [node(), node()]}


class Refuses:
    def get(self, path: str, **_how: Any) -> Any:
        raise ApiError(403, "nodes is forbidden")


def test_all_pages_count() -> None:
    pages = Pages()
    found = read_nodes(cast(Client, pages), Deadline(5))
    assert found == Nodes(3, 3, 3, ["v1.33.1", "v1.34.4"], Allocatable(11.76, 6 * 1024**3, 330))
    assert [query.get("continue") for _path, query in pages.asked] == [None, "more"]


def test_credentials_that_may_not_list_nodes_are_no_failure() -> None:
    assert read_nodes(cast(Client, Refuses()), Deadline(5)) is None


def test_nodes_that_take_no_pods_give_nothing() -> None:
    tainted = [{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}]
    preferred = [{"key": "x", "effect": "PreferNoSchedule"}]
    found = summed([node(), node(taints=preferred), node(taints=tainted), node(unschedulable=True), node("Unknown"), {}])
    assert (found.count, found.ready, found.schedulable) == (6, 4, 2)
    assert found.allocatable == Allocatable(7.84, 4 * 1024**3, 220)
