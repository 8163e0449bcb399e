# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a ReplicaSet is ready."""

from __future__ import annotations

import pytest
from readiness.live import READY_PODS, Item, condition, item, judged

TWO = {"replicas": 2}


@pytest.mark.parametrize(
    ("live", "state", "words"),
    [
        (item(status=READY_PODS), "Current", ""),
        (item(TWO, READY_PODS), "InProgress", "1 of 2 replicas available"),
        (item({"replicas": 0}, READY_PODS), "InProgress", "1 pods too many"),
        (item({"replicas": 0}, {"observedGeneration": 1}), "Current", ""),
        (item(status=READY_PODS, generation=2), "InProgress", "generation 1 of 2"),
        (
            item(TWO, {**READY_PODS, **condition("ReplicaFailure", message="exceeded quota")}),
            "InProgress",
            "1 of 2 replicas made: exceeded quota",
        ),
    ],
)
def test_status(live: Item, state: str, words: str) -> None:
    status = judged("ReplicaSet.apps", live)
    assert (status.state, words in status.message) == (state, True)
