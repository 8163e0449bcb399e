# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a PersistentVolumeClaim is ready."""

from __future__ import annotations

import pytest
from readiness.live import item, judged


@pytest.mark.parametrize(
    ("live", "state", "words"),
    [
        (item(status={"phase": "Bound"}), "Current", ""),
        (item(), "InProgress", "no volume is bound"),
        (item(status={"phase": "Lost"}), "Failed", "lost"),
    ],
)
def test_status(live, state, words):
    status = judged("PersistentVolumeClaim", live)
    assert (status.state, words in status.message) == (state, True)
