# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a DaemonSet is ready, and what brings it nearer."""

from __future__ import annotations

import pytest
from readiness.live import item, judged

READY = {
    "observedGeneration": 1,
    "desiredNumberScheduled": 2,
    "currentNumberScheduled": 2,
    "updatedNumberScheduled": 2,
    "numberReady": 2,
    "numberAvailable": 2,
}


@pytest.mark.parametrize(
    ("live", "state", "words"),
    [
        (item(status=READY), "Current", ""),
        (item(status={"observedGeneration": 1}), "InProgress", "not scheduled"),
        (item(), "InProgress", "generation none of 1"),
        (item(status={**READY, "numberAvailable": 1}), "InProgress", "1 of 2 pods available"),
        (item(status={**READY, "updatedNumberScheduled": 0}), "InProgress", "0 of 2 pods updated"),
    ],
)
def test_status(live, state, words):
    status = judged("DaemonSet.apps", live)
    assert (status.state, words in status.message) == (state, True)


def test_it_comes_nearer_with_each_pod() -> None:
    stages = [(1, 0), (2, 0), (2, 1), (2, 2)]
    reached = [
        judged("DaemonSet.apps", item(status={**READY, "currentNumberScheduled": scheduled, "numberAvailable": available})).reached
        for scheduled, available in stages
    ]
    assert reached == sorted(set(reached))
