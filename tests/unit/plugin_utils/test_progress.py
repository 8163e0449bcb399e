# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lines of progress, and when they are shown."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.progress import Progress, duration

Told = dict[str, Any]


def progress(*, host: str = "", terminal: bool = True) -> Progress:
    return Progress("Apply the plan", host, terminal, 100.0)


def state(part: str, name: str, message: str = "") -> Told:
    return {"part": part, "state": name, "message": message}


def totals(done: int, of_all: int, waiting: Told | None = None) -> Told:
    return {"totals": {"objects": [done, of_all]}, "waiting": waiting}


WEBHOOK = {"part": "", "object": "webhook a", "why": "no ready endpoint", "since": 42.4}


def test_a_part_that_changes_twice_within_a_breath_has_one_line_under_the_name_of_the_task() -> None:
    shown = progress()
    shown.hear(state("istio", "applying"), 100.1)
    shown.hear(state("istio", "applied", "3 created"), 100.5)
    assert shown.due(100.9) == []
    assert shown.due(101.2) == ["\nApply the plan", "istio: applied: 3 created"]
    assert shown.due(101.3) == []


def test_parts_of_which_there_is_nothing_more_to_say_share_a_line() -> None:
    shown = progress()
    for part in ("istio", "dex", "katib"):
        shown.hear(state(part, "applying"), 100.0)
    shown.hear(state("dex", "failed", "2 of 3 objects not as the plan wants them"), 100.0)
    assert shown.due(101.5)[1:] == ["istio, katib: applying", "dex: failed: 2 of 3 objects not as the plan wants them"]


def test_who_has_nothing_to_do_says_nothing() -> None:
    shown = progress()
    assert shown.due(104.9) == []
    assert shown.end() == []


def test_what_takes_long_says_that_it_works_before_anything_is_known_of_it() -> None:
    shown = progress()
    assert shown.due(105.0) == ["\nApply the plan"]
    assert shown.due(115.0) == []


def test_every_line_begins_with_the_host_where_there_are_several() -> None:
    shown = progress(host="one")
    shown.hear(state("istio", "ready", "after 2.0 s"), 100.0)
    assert shown.due(101.0) == ["\n[one] Apply the plan", "[one] istio: ready after 2.0 s"]


def test_totals_say_what_is_waited_for_longest_and_for_how_long() -> None:
    shown = progress()
    shown.hear(totals(5, 12, WEBHOOK), 100.0)
    assert shown.due(105.0)[1:] == ["5 of 12 objects applied; waiting for 42 s for webhook a: no ready endpoint"]
    shown.hear({"totals": {"workloads": [1, 2]}, "waiting": {**WEBHOOK, "part": "istio"}}, 106.0)
    assert shown.due(110.0) == ["1 of 2 workloads ready; waiting for 42 s for istio: webhook a: no ready endpoint"]
    shown.hear(totals(12, 12), 112.0)
    assert shown.due(115.0) == []


def test_a_message_that_names_its_subject_does_not_name_it_twice() -> None:
    shown = progress()
    shown.hear(totals(5, 12, {**WEBHOOK, "why": "webhook a, which a Deployment makes, is not there"}), 100.0)
    assert shown.due(105.0)[1:] == ["5 of 12 objects applied; waiting for 42 s for webhook a, which a Deployment makes, is not there"]


def test_another_runs_lease_is_waited_for_before_there_are_totals() -> None:
    shown = progress()
    shown.hear({"waiting": {"part": "", "object": "the run's Lease", "why": "me@there/1 holds it", "since": 3.0}}, 100.0)
    assert shown.due(105.0)[1:] == ["waiting for 3 s for the run's Lease: me@there/1 holds it"]


def test_states_come_before_the_totals_that_they_explain() -> None:
    shown = progress()
    shown.hear(totals(5, 12, WEBHOOK), 104.8)
    shown.hear(state("istio", "applied", "5 created"), 104.9)
    assert [line.partition(" ")[0] for line in shown.due(105.0)[1:]] == ["istio:", "5"]


def test_what_came_last_is_shown_when_the_module_has_ended() -> None:
    shown = progress()
    shown.hear(state("istio", "applied", "3 created"), 100.0)
    assert shown.end() == ["\nApply the plan", "istio: applied: 3 created"]
    assert shown.end() == []


@pytest.mark.parametrize(("terminal", "expected"), [(True, 120), (False, 19 + 10)])
def test_totals_are_rarer_in_a_log_and_rarer_still_after_five_minutes(terminal: bool, expected: int) -> None:
    shown = progress(terminal=terminal)
    shown.hear(totals(5, 12, WEBHOOK), 100.0)
    lines = [line for tick in range(10 * 60 * 4 + 1) for line in shown.due(100.0 + tick / 4) if "5 of 12" in line]
    assert len(lines) == expected


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["applying", "applied", "failed"]), st.floats(0, 3)), max_size=30))
def test_the_last_state_of_every_part_is_shown_and_no_state_twice_in_a_row(told: list[tuple[str, str, float]]) -> None:
    shown, now, lines = progress(), 100.0, []
    for part, name, pause in told:
        now += pause
        lines += shown.due(now)
        shown.hear(state(part, name), now)
    lines += shown.end()
    last = {part: name for part, name, _pause in told}
    seen: dict[str, str] = {}
    for line in (line for line in lines if not line.startswith("\n")):
        parts, _, name = line.partition(": ")
        for part in parts.split(", "):
            seen[part] = name
    assert seen == last
    assert sum(line.startswith("\n") for line in lines) == bool(told)


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "0 s"), (59.9, "59 s"), (60, "1 min 0 s"), (3599, "59 min 59 s"), (3725, "1 h 2 min")]
)
def test_durations_are_for_people(seconds: float, words: str) -> None:
    assert duration(seconds) == words
