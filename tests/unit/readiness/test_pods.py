# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a pod does, in words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from readiness.live_pods import EVENTS, IMAGE, PODS, Thing, at, container, event, pod, waiting

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.pods import doing

NOW = 1000.0
PULLING = event("Pulling", f'Pulling image "{IMAGE}"', 958)
NOT_FOUND = f'Failed to pull image "{IMAGE}": rpc error: code = NotFound desc = {IMAGE}: not found'
SCHEDULED = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes are available"}
MOUNT = 'MountVolume.SetUp failed for volume "istio-token" : failed to fetch token'
CRASHED = {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}
CREATING = waiting("ContainerCreating")


def with_states(*states: Thing, inits: Any = (), **more: Any) -> Thing:
    return {"phase": "Pending", "containerStatuses": list(states), "initContainerStatuses": list(inits), **more}


@pytest.mark.parametrize(
    ("live", "events", "words"),
    [
        (pod({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}), [], ""),
        (pod({"phase": "Succeeded"}), [], ""),
        (pod({"phase": "Failed", "reason": "Evicted", "message": "low on memory"}), [], "it has failed: Evicted: low on memory"),
        (pod(deletionTimestamp="now"), [], "it is being deleted"),
        (pod(node=""), [], "it has no node yet"),
        (pod({"conditions": [SCHEDULED]}, node=""), [], "Unschedulable: 0/3 nodes are available"),
        (pod(with_states(CREATING)), [], "its volumes are mounted and its containers are made"),
        (pod(with_states(CREATING)), [event("FailedMount", MOUNT, 900, "Warning")], f"FailedMount: {MOUNT}"),
        (pod(with_states(CREATING)), [PULLING], f"pulling {IMAGE} for 42 s"),
        # It is mounted now: a pull comes after that.
        (pod(with_states(CREATING)), [event("FailedMount", MOUNT, 900, "Warning"), PULLING], f"pulling {IMAGE} for 42 s"),
        (
            pod(with_states(waiting("ErrImagePull", "not found"))),
            [PULLING],
            f"cannot pull {IMAGE}: ErrImagePull: not found",
        ),
        # Kubelets before 1.32 say no more than that they wait.
        (
            pod(with_states(waiting("ImagePullBackOff", f'Back-off pulling image "{IMAGE}"'))),
            [PULLING, event("Failed", NOT_FOUND, 960, "Warning")],
            f"cannot pull {IMAGE}: ImagePullBackOff: {IMAGE}: not found",
        ),
        (
            pod(with_states(waiting("CrashLoopBackOff", "back-off 10s", lastState=CRASHED))),
            [],
            "container c: CrashLoopBackOff, back-off 10s, it ended with exit code 137 (OOMKilled)",
        ),
        (
            pod(with_states(container(state={"running": {"startedAt": at(990)}}))),
            [event("Unhealthy", "Readiness probe failed: HTTP 503", 999, "Warning", fieldPath="spec.containers{c}")],
            "container c runs for 10 s and is not ready: Readiness probe failed: HTTP 503",
        ),
        (
            pod(with_states(container(state={"running": {}}, restartCount=2, lastState=CRASHED))),
            [],
            "container c runs and is not ready, after 2 restarts (it ended with exit code 137 (OOMKilled))",
        ),
        (
            pod(
                with_states(
                    container(ready=True, state={"running": {}}), container("istio-proxy", state={"running": {"startedAt": at(940)}})
                )
            ),
            [],
            "container istio-proxy runs for 60 s and is not ready",
        ),
        # Init containers come one after the other, and the others after them.
        (
            pod(
                with_states(
                    waiting("PodInitializing"),
                    inits=[container("i", state={"running": {"startedAt": at(997)}}), waiting("PodInitializing", name="j")],
                )
            ),
            [],
            "init container i runs for 3 s and is not ready",
        ),
        (
            pod(with_states(CREATING, inits=[container("i", state={"terminated": {"exitCode": 3}})])),
            [],
            "init container i: ended with exit code 3",
        ),
        # A sidecar that has started is no reason to wait (an init container with restartPolicy Always).
        (
            pod(
                with_states(
                    waiting("PodInitializing"),
                    inits=[
                        container("istio-proxy", ready=True, started=True, state={"running": {}}),
                        waiting("CreateContainerConfigError", 'secret "s" not found', name="i"),
                    ],
                ),
                inits=[{"name": "istio-proxy", "restartPolicy": "Always"}, {"name": "i"}],
            ),
            [],
            'init container i: CreateContainerConfigError, secret "s" not found',
        ),
    ],
)
def test_words(live: Thing, events: list[Thing], words: str) -> None:
    assert doing(live, events, NOW) == words


@given(PODS, EVENTS)
def test_any_pod_has_words_or_none(live: Thing, events: list[Thing]) -> None:
    ready = {entry["type"]: entry["status"] for entry in (live.get("status") or {}).get("conditions") or ()}.get("Ready") == "True"
    phase = (live.get("status") or {}).get("phase")
    words = doing(live, events, NOW)
    if phase == "Succeeded" or (ready and phase != "Failed" and not live["metadata"].get("deletionTimestamp")):
        assert words == ""
    else:
        assert words
