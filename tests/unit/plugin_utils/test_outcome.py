# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Verdicts as data, and the outcome of a run."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.outcome import ResultError, not_ready, outcome, parts_of, verdict_lines

GONE = {"object": "Deployment n/b", "state": "Failed", "message": "gone", "reason": "ImageGone"}
WAITS = {"object": "Deployment n/a", "state": "InProgress", "message": "waits", "reason": "Stalled"}
PARTS: list[dict[str, Any]] = [
    {"name": "istio", "ready": True, "objects": 2, "not_ready": [], "stalled": False},
    {"name": "katib", "ready": False, "objects": 9, "not_ready": [WAITS, GONE], "stalled": True},
]
READY = {"ready": False, "parts": PARTS, "failed": True, "changed": False}


@pytest.mark.parametrize("given", [READY, PARTS])
def test_what_is_not_ready_in_one_list_what_has_failed_first(given: Any) -> None:
    assert not_ready(given) == [{"part": "katib", **GONE}, {"part": "katib", **WAITS}]


def test_lines() -> None:
    assert verdict_lines(READY) == [
        "istio: ready",
        "katib: 2 of 9 not ready, stalled",
        "  Deployment n/b: gone",
        "  Deployment n/a: waits",
    ]
    assert verdict_lines(READY, objects=1)[2:] == ["  Deployment n/b: gone", "  and 1 more"]
    assert verdict_lines(READY, objects=0)[2:] == ["  and 2 more"]


@pytest.mark.parametrize("given", [{}, {"skipped": True}, {"failed": True, "msg": "no cluster"}, []])
def test_a_task_that_never_ran_has_no_verdicts(given: Any) -> None:
    assert parts_of(given) == not_ready(given) == verdict_lines(given) == []


@pytest.mark.parametrize("given", ["text", 7, None, [{"name": "x"}], ["x"]])
def test_anything_else_is_refused(given: Any) -> None:
    with pytest.raises(ResultError, match=r"is meant|are meant"):
        parts_of(given)


BASE = {"release": "26.03", "cluster": "https://host", "parts": ["istio", "katib"]}
SKIPPED = {"skipped": True, "changed": False}


@pytest.mark.parametrize(
    ("results", "verdict", "ready", "changed"),
    [
        ({}, "not_applied", [False, False], False),
        ({"applied": SKIPPED, "ready": SKIPPED}, "not_applied", [False, False], False),
        ({"applied": {"changed": True}}, "applied", [False, False], True),
        ({"applied": {"changed": True, "failed": True}}, "not_applied", [False, False], True),
        ({"applied": {"changed": True, "failures": [1]}}, "not_applied", [False, False], True),
        ({"applied": {"changed": True}, "ready": READY}, "not_ready", [True, False], True),
        (
            {"applied": {"changed": False}, "ready": {"failed": True, "msg": "the cluster cannot be watched"}},
            "not_ready",
            [False, False],
            False,
        ),
        ({"applied": {"changed": False}, "ready": {**READY, "ready": True}}, "ready", [True, False], False),
        ({"applied": {"changed": False}, "ready": READY, "diagnosed": {"changed": True}}, "not_ready", [True, False], True),
    ],
)
def test_outcome(results: dict[str, Any], verdict: str, ready: list[bool], changed: bool) -> None:
    found = outcome({**BASE, **results})
    assert (found["release"], found["cluster"], found["verdict"], found["changed"]) == ("26.03", "https://host", verdict, changed)
    assert [(part["name"], part["ready"]) for part in found["parts"]] == list(zip(BASE["parts"], ready, strict=True))


def test_what_is_in_no_plan_is_handed_on_and_what_was_pruned_counts_as_a_change() -> None:
    pruned = {"lines": ["katib: 2 objects"], "changed": True}
    found = outcome({**BASE, "pruned": pruned})
    assert found["not_in_plan"] == ["katib: 2 objects"]
    assert found["changed"] is True


def test_findings_are_told_without_their_evidence() -> None:
    finding = {"rule": "image_gone", "cause": "c", "remedy": "r", "evidence": ["long"], "objects": ["o"]}
    assert outcome({**BASE, "diagnosed": {"findings": [finding]}})["findings"] == [{"rule": "image_gone", "cause": "c", "remedy": "r"}]
