# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pods that are ending: how long that is no standstill, and what is said of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.discovery import Resource
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.http import ApiError
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._inventory.installed import Installed
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.objects import Key
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._uninstall.deleting import Remaining
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._uninstall.ending import Ending
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._uninstall.look import Live
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._uninstall.stuck import Evidence

PODS = Resource("", "v1", "Pod", "pods", True)


def going(seconds: int | None) -> dict[str, Any]:
    return {"deletionTimestamp": "2026-01-01T00:00:00Z", "deletionGracePeriodSeconds": seconds}


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 600)), st.floats(0, 1e6), st.floats(0, 700))
def test_a_pod_has_the_seconds_that_it_was_given_from_when_it_was_first_seen(
    given_seconds: dict[str, int], began: float, later: float
) -> None:
    ending = Ending()
    left = {uid: {**going(seconds), "namespace": "lab"} for uid, seconds in given_seconds.items()}
    assert ending.has_time(left, began) == any(given_seconds.values())
    assert ending.has_time(left, began + later) == any(began + later < began + seconds for seconds in given_seconds.values())
    # Another one has its own time.
    assert ending.has_time({**left, "another": going(1)}, began + later)


def test_a_namespace_may_take_as_long_as_the_pods_that_were_in_it() -> None:
    ending, space = Ending(), {"uid": {"name": "lab"}}
    assert ending.has_time({**space, "pod": {**going(30), "namespace": "lab"}}, 0.0)
    assert ending.has_time(space, 29.0) and not ending.has_time(space, 30.0)
    assert not ending.has_time({}, 29.0) and not ending.has_time({"uid": {"name": "other"}, "it": {"name": "x", "namespace": "lab"}}, 29.0)


@pytest.mark.parametrize("metadata", [{}, going(None), going(0), {"deletionGracePeriodSeconds": 30}])
def test_what_is_no_pod_or_is_not_deleted_has_no_time(metadata: dict[str, Any]) -> None:
    assert not Ending().has_time({"uid": metadata}, 0.0)


class Answers:
    """A cluster with a pod that is ending, and perhaps its node."""

    def __init__(self, node: dict[str, Any] | None) -> None:
        self.node = node

    def get(self, path: str, **_how: Any) -> dict[str, Any]:
        if path == "/api/v1/nodes/far":
            if self.node is None:
                raise ApiError(404, 'nodes "far" not found')
            return self.node
        assert path == "/api/v1/namespaces/lab/pods/mine"
        return {"metadata": {"name": "mine", **going(30)}, "spec": {"nodeName": "far"}}


def node(status: str, message: str) -> dict[str, Any]:
    return {
        "status": {"conditions": [{"type": "DiskPressure", "status": "False"}, {"type": "Ready", "status": status, "message": message}]}
    }


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (node("True", "kubelet is posting ready status"), "its containers have not ended on node far"),
        (node("Unknown", "Kubelet stopped posting node status."), "on node far, which is not ready: Kubelet stopped posting node status."),
        ({}, "on node far, which is not ready: its kubelet has said nothing"),
        (None, 'on node far, which cannot be read: nodes "far" not found'),
    ],
)
def test_a_pod_that_does_not_end_is_explained_by_its_node(found: dict[str, Any] | None, said: str) -> None:
    live = Live(Key("", "Pod", "lab", "mine"), PODS, {"name": "mine", "namespace": "lab", "uid": "1"})
    stuck = Evidence(Answers(found), Installed.__new__(Installed)).of(Remaining(live, live.metadata))  # type: ignore[arg-type]
    assert (
        stuck.why
        == f"being deleted with time until 2026-01-01T00:00:00Z; {'its containers have not ended ' if said.startswith('on') else ''}{said}"
    )
    assert stuck.remedy.endswith("kubectl delete node far lets its pods go.")
