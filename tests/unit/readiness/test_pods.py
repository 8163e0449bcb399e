"""What is wrong with pods, as their status tells."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.pods import troubles

Thing = dict[str, Any]


def container(**state: Thing) -> Thing:
    return {"containerStatuses": [{"name": "c", **state}]}


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ({}, []),
        (container(state={"running": {}}), []),
        (container(state={"waiting": {"reason": "ContainerCreating"}}), []),
        (container(state={"waiting": {"reason": "PodInitializing"}}), []),
        (
            container(state={"waiting": {"reason": "ImagePullBackOff", "message": 'Back-off pulling image "a:1"'}}),
            ['container c: ImagePullBackOff, Back-off pulling image "a:1"'],
        ),
        (
            container(
                state={"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s"}},
                lastState={"terminated": {"exitCode": 2, "message": "no such file"}},
            ),
            ["container c: CrashLoopBackOff, back-off 10s, it ended with exit code 2 no such file"],
        ),
        (container(state={"running": {}}, lastState={"terminated": {"exitCode": 1}}), ["container c: ended with exit code 1"]),
        (container(state={"terminated": {"exitCode": 0}}), []),
        (
            {"initContainerStatuses": [{"name": "i", "state": {"terminated": {"exitCode": 3}}}]},
            ["container i: ended with exit code 3"],
        ),
        (
            {"conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes"}]},
            ["Unschedulable: 0/3 nodes"],
        ),
    ],
)
def test_only_what_is_wrong_has_a_line(status: Thing, words: list[str]) -> None:
    assert list(troubles({"status": status})) == words
