# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When an APIService is ready."""

from __future__ import annotations

import pytest
from readiness.live import condition, item, judged


@pytest.mark.parametrize(
    ("live", "state", "words"),
    [
        (item(status=condition("Available")), "Current", ""),
        (item(), "InProgress", "no condition Available"),
        (item(status=condition("Available", "False", reason="Missing")), "InProgress", "Available is False: Missing"),
    ],
)
def test_status(live, state, words):
    status = judged("APIService.apiregistration.k8s.io", live)
    assert (status.state, words in status.message) == (state, True)
