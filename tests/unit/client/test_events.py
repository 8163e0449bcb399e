# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which warning belongs to what."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.events import last_events
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.http import ApiError, Client
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.objects import Key


class Server(Client):
    def __init__(self, *events: dict[str, Any]) -> None:
        self.events = list(events)

    def get(self, path: str, **_: Any) -> Any:
        if "broken" in path:
            raise ApiError(403, "forbidden")
        return {"items": self.events}


def event(kind: str, name: str, message: str = "m", **times: Any) -> dict[str, Any]:
    return {
        "metadata": {"creationTimestamp": None},
        "involvedObject": {"kind": kind, "name": name},
        "type": "Warning",
        "reason": "R",
        "message": message,
        **times,
    }


@pytest.mark.parametrize(
    ("kind", "name", "mine"),
    [
        ("Deployment", "ml-pipeline", True),
        ("ReplicaSet", "ml-pipeline-7d9b5c4f8d", True),
        ("Pod", "ml-pipeline-7d9b5c4f8d-x2x4z", True),
        ("Deployment", "ml-pipeline-ui", False),
        ("ReplicaSet", "ml-pipeline-ui-7d9b5c4f8d", False),
        ("Pod", "ml-pipeline-ui-7d9b5c4f8d-x2x4z", False),
        ("Service", "ml-pipeline", False),
        ("Pod", "ml-pipeline2-7d9b5c4f8d-x2x4z", False),
    ],
)
def test_what_was_made_of_a_deployment(kind: str, name: str, mine: bool) -> None:
    key = Key("apps", "Deployment", "n", "ml-pipeline")
    assert (key in last_events(Server(event(kind, name)), [key])) is mine


@pytest.mark.parametrize(
    ("key", "pod"),
    [
        (Key("apps", "StatefulSet", "n", "a"), "a-0"),
        (Key("apps", "DaemonSet", "n", "a"), "a-x2x4z"),
        (Key("batch", "Job", "n", "a"), "a-x2x4z"),
    ],
)
def test_pods_of_other_workloads(key: Key, pod: str) -> None:
    assert last_events(Server(event("Pod", pod)), [key]) == {key: "last warning: R: m"}
    assert last_events(Server(event("Pod", f"a-other-{pod}")), [key]) == {}


def test_the_newest_counts() -> None:
    key = Key("", "PersistentVolumeClaim", "n", "a")
    events = [
        event("PersistentVolumeClaim", "a", "second", lastTimestamp="2026-01-01T00:00:02Z"),
        event(
            "PersistentVolumeClaim", "a", "third", eventTime="2026-01-01T00:00:00.5Z", series={"lastObservedTime": "2026-01-01T00:00:03.5Z"}
        ),
        event("PersistentVolumeClaim", "a", "first", eventTime="2026-01-01T00:00:01.000000Z"),
    ]
    assert last_events(Server(*events), [key]) == {key: "last warning: R: third"}


def test_events_that_cannot_be_read_are_no_failure() -> None:
    assert last_events(Server(), [Key("apps", "Deployment", "broken", "a"), Key("", "Namespace", "", "n")]) == {}


def test_a_claim_without_a_class_says_so_in_a_normal_event() -> None:
    key = Key("", "PersistentVolumeClaim", "n", "a")
    told = event("PersistentVolumeClaim", "a", "no storage class is set", type="Normal", reason="FailedBinding", lastTimestamp="2")
    ordinary = event("PersistentVolumeClaim", "a", "fine", type="Normal", reason="Scheduled", lastTimestamp="3")
    older = event("PersistentVolumeClaim", "a", lastTimestamp="1")
    assert last_events(Server(told, ordinary, older), [key]) == {key: "last event: FailedBinding: no storage class is set"}
