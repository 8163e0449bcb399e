# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a Namespace is ready."""

from __future__ import annotations

import pytest
from readiness.live import item, judged


@pytest.mark.parametrize(
    ("live", "state", "words"),
    [
        (item(status={"phase": "Active"}), "Current", ""),
        (item(status={"phase": "Terminating"}), "InProgress", "Terminating"),
    ],
)
def test_status(live, state, words):
    status = judged("Namespace", live)
    assert (status.state, words in status.message) == (state, True)
