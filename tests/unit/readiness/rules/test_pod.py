# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a pod of the plan is ready."""

from __future__ import annotations

import pytest
from readiness.live import Item, condition, judged
from readiness.live_pods import container, pod, waiting


@pytest.mark.parametrize(
    ("live", "state", "words"),
    [
        (pod({"phase": "Running", **condition("Ready")}), "Current", ""),
        (pod({"phase": "Succeeded"}), "Current", ""),
        (pod({"phase": "Failed", "reason": "Evicted"}), "Failed", "Evicted"),
        (pod({"phase": "Pending"}, node=""), "InProgress", "no node yet"),
        (pod({"phase": "Pending", "containerStatuses": [waiting("CrashLoopBackOff")]}), "InProgress", "CrashLoopBackOff"),
        (pod({"phase": "Running", "containerStatuses": [container(state={"running": {}})]}), "InProgress", "is not ready"),
    ],
)
def test_status(live: Item, state: str, words: str) -> None:
    status = judged("Pod", live)
    assert (status.state, words in status.message) == (state, True)
