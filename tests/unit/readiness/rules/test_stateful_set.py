# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a StatefulSet is ready, and what brings it nearer."""

from __future__ import annotations

import pytest
from readiness.live import READY_PODS, item, judged

REVISIONS = {"currentRevision": "a", "updateRevision": "b"}
ON_DELETE = {"updateStrategy": {"type": "OnDelete"}}
PARTITION = {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}}


@pytest.mark.parametrize(
    ("live", "state", "words"),
    [
        (item(status=READY_PODS), "Current", ""),
        (item(status={"observedGeneration": 1}), "InProgress", "0 of 1 replicas ready"),
        (item(status=READY_PODS, generation=2), "InProgress", "generation 1 of 2"),
        (item(status={**READY_PODS, **REVISIONS, "updatedReplicas": 0}), "InProgress", "0 of 1 replicas updated"),
        (item(spec=ON_DELETE, status={**READY_PODS, **REVISIONS, "updatedReplicas": 0}), "Current", ""),
        (item(spec=PARTITION, status={**READY_PODS, **REVISIONS, "updatedReplicas": 0}), "Current", ""),
    ],
)
def test_status(live, state, words):
    status = judged("StatefulSet.apps", live)
    assert (status.state, words in status.message) == (state, True)


def test_it_comes_nearer_with_each_pod() -> None:
    stages = [(1, 0), (1, 1), (2, 1), (2, 2), (3, 2), (3, 3)]
    lives = [
        item(spec={"replicas": 3}, status={"observedGeneration": 1, "replicas": made, "updatedReplicas": made, "readyReplicas": ready})
        for made, ready in stages
    ]
    reached = [judged("StatefulSet.apps", live).reached for live in lives]
    assert reached == sorted(set(reached))
