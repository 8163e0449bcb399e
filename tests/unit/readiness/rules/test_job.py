# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a Job is ready, and what brings it nearer."""

from __future__ import annotations

import pytest
from readiness.live import condition, item, judged


@pytest.mark.parametrize(
    ("live", "state", "words"),
    [
        (item(status=condition("Complete")), "Current", ""),
        (item(), "InProgress", "has not completed"),
        (item(status=condition("Failed", reason="BackoffLimitExceeded", message="m")), "Failed", "BackoffLimitExceeded: m"),
        (item(status=condition("Failed")), "Failed", "Failed"),
        (item({"suspend": True}, condition("Suspended")), "Current", ""),
        # It was let go just now.
        (item({"suspend": False}, condition("Suspended")), "InProgress", "has not completed"),
    ],
)
def test_status(live, state, words):
    status = judged("Job.batch", live)
    assert (status.state, words in status.message) == (state, True)


def test_the_reason_is_that_of_the_condition() -> None:
    assert judged("Job.batch", item(status=condition("Failed", reason="BackoffLimitExceeded"))).reason == "BackoffLimitExceeded"


def test_a_pod_that_is_started_anew_brings_it_no_nearer() -> None:
    running = judged("Job.batch", item(status={"active": 1, "ready": 1}))
    again = [
        judged("Job.batch", item(status={**status, "failed": 3})) for status in ({}, {"active": 1, "ready": 0}, {"active": 1, "ready": 1})
    ]
    assert all(status.reached <= running.reached for status in again)
    assert judged("Job.batch", item(status={"succeeded": 1})).reached > running.reached
