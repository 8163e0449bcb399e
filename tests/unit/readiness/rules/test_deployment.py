# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a Deployment is ready, and what brings it nearer."""

from __future__ import annotations

import pytest
from readiness.live import READY_PODS, condition, item, judged

LATE = {
    **condition("Progressing", "False", reason="ProgressDeadlineExceeded", message="has timed out"),
    "observedGeneration": 1,
    "replicas": 1,
}


@pytest.mark.parametrize(
    ("live", "state", "words"),
    [
        (None, "NotFound", "is not there"),
        (item(status=READY_PODS), "Current", ""),
        (item(spec={"replicas": 0}, status={"observedGeneration": 1}), "Current", ""),
        (item(status=READY_PODS, generation=2), "InProgress", "generation 1 of 2"),
        (item(), "InProgress", "generation none of 1"),
        (item(spec={"replicas": 2}, status=READY_PODS), "InProgress", "1 of 2 replicas made"),
        (item(status={**READY_PODS, "availableReplicas": 0}), "InProgress", "0 of 1 replicas available"),
        (item(status={**READY_PODS, "replicas": 2}), "InProgress", "1 old replicas"),
        (item(status=LATE), "InProgress", "has timed out"),
        (item(status=READY_PODS, deletionTimestamp="now"), "InProgress", "being deleted"),
    ],
)
def test_status(live, state, words):
    status = judged("Deployment.apps", live)
    assert (status.state, words in status.message) == (state, True)


def counts(made: int, updated: int, ready: int, available: int, observed: int = 1) -> dict[str, int]:
    return {
        "observedGeneration": observed,
        "replicas": made,
        "updatedReplicas": updated,
        "readyReplicas": ready,
        "availableReplicas": available,
    }


def test_a_rolling_update_comes_nearer_with_each_pod() -> None:
    """As a Deployment of three does it, one pod more than wanted at a time."""
    stages = [
        counts(3, 3, 3, 3, observed=0),
        counts(3, 0, 3, 3),
        counts(4, 1, 3, 3),
        counts(4, 2, 3, 3),
        counts(4, 3, 3, 3),
        counts(3, 3, 3, 3),
    ]
    reached = [judged("Deployment.apps", item(spec={"replicas": 3}, status=stage)).reached for stage in stages]
    assert reached == sorted(set(reached))


def test_that_its_time_has_run_out_brings_it_no_nearer() -> None:
    waiting = {**counts(1, 1, 0, 0), "unavailableReplicas": 1}
    late = {**waiting, **condition("Progressing", "False", reason="ProgressDeadlineExceeded", message="has timed out progressing")}
    before, after = (judged("Deployment.apps", item(status=status)) for status in (waiting, late))
    assert before.message != after.message
    assert before.reached == after.reached
