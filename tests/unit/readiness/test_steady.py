# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Programs without a probe, which are ready only when they stay up."""

from __future__ import annotations

from typing import Any

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.steady import Steady

Pod = dict[str, Any]
# 2026-11-27T00:00:00Z
NOON = 1795737600.0


def pod(restarts: int = 0, *, probe: bool = False, started: str = "2026-11-27T00:00:00Z") -> Pod:
    container = {"name": "c", **({"readinessProbe": {"httpGet": {"port": 80}}} if probe else {})}
    status = {"name": "c", "restartCount": restarts, "state": {"running": {"startedAt": started}}}
    return {"metadata": {"uid": "u"}, "spec": {"containers": [container]}, "status": {"containerStatuses": [status]}}


def test_it_is_trusted_after_a_few_seconds_and_at_once_when_it_has_been_up_before() -> None:
    steady, one = Steady(), pod()
    steady.look([one], 0)
    assert steady.why_not([one], 0, NOON) == "container c has no readinessProbe and is up for 0 s only"
    assert steady.why_not([one], 4, NOON) == ""
    assert steady.why_not([one], 0, NOON + 4) == ""


def test_a_clock_that_differs_from_the_clusters_costs_seconds_at_most() -> None:
    steady, one = Steady(), pod()
    steady.look([one], 0)
    assert steady.why_not([one], 1, NOON - 3600)
    assert steady.why_not([one], 4, NOON - 3600) == ""


def test_one_with_a_probe_is_the_kubelets_to_judge() -> None:
    steady, one = Steady(), pod(probe=True)
    steady.look([one], 0)
    assert steady.why_not([one], 0, NOON) == ""


def test_after_a_restart_it_takes_longer_and_is_told() -> None:
    steady = Steady()
    steady.look([pod(2)], 0)
    again = pod(3, started="2026-11-27T00:00:10Z")
    steady.look([again], 10)
    assert steady.why_not([again], 15, NOON + 15) == "container c has no readinessProbe and is up for 5 s only, after 1 restarts"
    assert steady.why_not([again], 24, NOON + 24) == ""
    assert steady.restarts([again]) == 1


def test_what_crashes_again_and_again_is_never_trusted() -> None:
    steady = Steady()
    for number in range(20):
        one = pod(number, started=f"2026-11-27T00:00:{number * 2:02}Z")
        steady.look([one], number * 2.0)
        assert steady.why_not([one], number * 2.0 + 1, NOON + number * 2 + 1)
