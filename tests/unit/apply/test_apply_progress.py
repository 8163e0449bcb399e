# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an apply tells of what it does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply import progress as subject
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.background import Background
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.gates import Gate, NamespaceGate
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.progress import ApplyProgress
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.result import PartOutcome
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.channel import Channel

A, B = NamespaceGate("a", ()), NamespaceGate("b", ())
CLOSED: dict[Gate, str] = {A: "Namespace a is not there", B: "Namespace b is not there"}


class Told(Channel):
    """Remembers."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []

    @property
    def is_open(self) -> bool:
        return True

    def tell(self, **line: Any) -> None:
        self.lines.append(line)


class Clock:
    """A clock that is put on by hand."""

    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(subject, "time", made)
    return made


def begun(told: Told, ask: Callable[[Gate], str] = lambda _gate: "") -> ApplyProgress:
    progress = ApplyProgress(told)
    progress.begin({"istio": 3, "katib": 2}, ask)
    return progress


def states(told: Told) -> list[tuple[str, str, str]]:
    return [(line["part"], line["state"], line["message"]) for line in told.lines if "part" in line]


def test_a_part_is_told_when_it_begins_and_when_all_of_it_is_applied(clock: Clock) -> None:
    told = Told()
    progress = begun(told)
    progress.look([PartOutcome("istio", created=1), PartOutcome("katib", unchanged=2)], {"istio"}, {}, lambda _gate: False)
    clock.now += 1
    progress.look([PartOutcome("istio", created=2), PartOutcome("katib", unchanged=2)], {"istio"}, {}, lambda _gate: False)
    clock.now += 1
    progress.look([PartOutcome("istio", created=2, unchanged=1), PartOutcome("katib", unchanged=2)], {"istio"}, {}, lambda _gate: False)
    # Of katib nothing was sent, so there is nothing to tell.
    assert states(told) == [("istio", "applying", ""), ("istio", "applied", "2 created, 1 unchanged")]
    assert [line["totals"]["objects"] for line in told.lines if "totals" in line] == [[3, 5], [4, 5], [5, 5]]


def test_a_part_with_a_failure_is_told_as_failed(clock: Clock) -> None:
    told = Told()
    begun(told).look([PartOutcome("istio", created=1, failed=2)], {"istio"}, {}, lambda _gate: False)
    assert states(told) == [("istio", "failed", "2 of 3 objects not as the plan wants them")]


def test_a_run_that_sends_nothing_tells_nothing(clock: Clock) -> None:
    told = Told()
    begun(told).look([PartOutcome("istio", unchanged=3), PartOutcome("katib", unchanged=2)], set(), {}, lambda _gate: True, last=True)
    assert told.lines == []


def test_answers_in_quick_succession_cost_one_look_but_the_last_is_told(clock: Clock) -> None:
    told = Told()
    progress = begun(told)
    for created in (1, 2, 3):
        progress.look([PartOutcome("istio", created=created)], {"istio"}, {}, lambda _gate: False, last=created == 3)
    assert [line["totals"]["objects"][0] for line in told.lines if "totals" in line] == [1, 3]


def test_the_time_of_a_gate_counts_from_when_the_cluster_is_what_is_waited_for(clock: Clock) -> None:
    told = Told()
    progress = begun(told, lambda gate: f"; asked about {gate}")
    parts = [PartOutcome("istio", created=1)]
    progress.look(parts, {"istio"}, CLOSED, lambda _gate: False)
    assert told.lines[-1]["waiting"] is None
    clock.now += 10
    progress.look(parts, {"istio"}, CLOSED, lambda gate: gate == B)
    clock.now += 2
    progress.look(parts, {"istio"}, CLOSED, lambda _gate: True)
    assert told.lines[-1]["waiting"] == {"part": "", "object": "Namespace b", "why": "Namespace b is not there", "since": 2.0}


def test_what_waits_for_more_than_a_moment_is_asked_about_and_not_waited_for(clock: Clock) -> None:
    told, asked, answer = Told(), threading.Event(), threading.Event()

    def ask(gate: Gate) -> str:
        asked.set()
        assert answer.wait(10)
        return f"; behind {gate}"

    progress = begun(told, ask)
    parts = [PartOutcome("istio", created=1)]
    for _look in range(3):
        progress.look(parts, {"istio"}, {A: CLOSED[A]}, lambda _gate: True)
        clock.now += 2
    assert told.lines[-1]["waiting"]["why"] == "Namespace a is not there"
    assert asked.wait(10)
    answer.set()
    for thread in threading.enumerate():
        if thread.name == "background":
            thread.join(10)
    progress.look(parts, {"istio"}, {A: CLOSED[A]}, lambda _gate: True)
    assert told.lines[-1]["waiting"]["why"] == "Namespace a is not there; behind Namespace a"


def test_the_same_is_asked_again_only_after_a_pause() -> None:
    asked: list[str] = []

    def ask(subject: str) -> str:
        asked.append(subject)
        return str(len(asked))

    background = Background(ask)

    def about(subject: str, now: float) -> str:
        background.about(subject, now)
        for thread in threading.enumerate():
            if thread.name == "background":
                thread.join(10)
        return background.about(subject, now)

    assert [about("a", 1.0), about("a", 5.0), about("a", 7.0), about("b", 7.5)] == ["1", "1", "2", "3"]
    assert asked == ["a", "a", "b"]
