# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The verdicts for people."""

from __future__ import annotations

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.verdicts import NotReady, Verdict, table


def test_the_table_names_what_is_not_ready_below_its_part() -> None:
    verdicts = [
        Verdict("istio", ready=True, objects=3, seconds=4.25),
        Verdict("katib", objects=30, seconds=9, not_ready=[NotReady("Deployment kubeflow/katib-ui", "InProgress", "0 of 1 replicas made")]),
    ]
    assert table(verdicts).splitlines() == [
        "istio  ready after 4.2 s",
        "katib  1 of 30 not ready",
        "         Deployment kubeflow/katib-ui: 0 of 1 replicas made",
    ]
    assert table([]) == ""
