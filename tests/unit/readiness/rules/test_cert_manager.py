# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When cert-manager's objects are ready."""

from __future__ import annotations

import pytest
from readiness.live import condition, item, judged


@pytest.mark.parametrize("kind", ["Certificate", "Issuer", "ClusterIssuer"])
@pytest.mark.parametrize(
    ("live", "state", "words"),
    [
        (item(status=condition("Ready")), "Current", ""),
        (item(), "InProgress", "no condition Ready"),
        (item(status=condition("Ready", "False", reason="Pending", message="m")), "InProgress", "Ready is False: Pending: m"),
        (item(status=condition("Ready", observedGeneration=1), generation=2), "InProgress", "generation 1 of 2"),
    ],
)
def test_status(kind, live, state, words):
    status = judged(f"{kind}.cert-manager.io", live)
    assert (status.state, words in status.message) == (state, True)


def test_another_kind_of_the_same_name_has_no_rule_so_existing_is_enough() -> None:
    assert judged("Certificate.networking.internal.knative.dev", item()).state == "Current"
