# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The timeline as shapes: where bars begin and how long they are, in percent of the run, so that a picture is as wide as its page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .model import Part, Report, Workload
from .words import duration

# Seconds between two lines of the scale.
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
_MOST_LINES = 5
# What is shorter is drawn so wide all the same, to be seen.
_LEAST_PERCENT = 0.4
_WORTH_SECONDS = 1.0


@dataclass(frozen=True)
class Bar:
    """C(kind) is its class in the style sheet; C(lane) 0 is what the run did, 1 what the cluster's pods did."""

    kind: str
    lane: int
    x: float
    width: float


@dataclass(frozen=True)
class Tick:
    x: float
    label: str


@dataclass(frozen=True)
class Row:
    """One line of the picture. C(words) says the same; C(why) is what it waited for.

    C(end): where it was ready, None if it never was. C(lost): it is not ready at the end of the run.
    """

    bars: list[Bar]
    end: float | None
    lost: bool
    words: str
    why: list[str]


def scale(seconds: float) -> list[Tick]:
    """Lines at round moments, a handful."""
    step = next((step for step in _STEPS if seconds / step <= _MOST_LINES), 3600 * 24)
    return [Tick(_percent(moment, seconds), duration(moment)) for moment in range(0, int(seconds) + 1, step)]


def has_timeline(report: Report) -> bool:
    """Whether there is anything to draw."""
    return bool(report.timeline.phases or report.timeline.workloads)


def phase_bars(report: Report) -> list[Bar]:
    """The phases, alternating in their shade."""
    seconds = report.timeline.seconds
    return [_bar(f"phase{number % 2}", 0, phase.began, phase.ended, seconds) for number, phase in enumerate(report.timeline.phases)]


def part_row(part: Part, report: Report) -> Row:
    """A part's line."""
    seconds, course = report.timeline.seconds, part.course
    apply_began = next((phase.began for phase in report.timeline.phases if phase.phase == "apply"), None)
    bars, words, why = [], [], []
    opened = max((gate.opened for gate in course.gates), default=None)
    if course.rendered is not None:
        words.append(f"rendered at {duration(course.rendered)}")
    if course.applied:
        sent = course.applied.began
        if opened is not None and apply_began is not None and opened - apply_began >= _WORTH_SECONDS:
            bars.append(_bar("held", 0, apply_began, opened, seconds))
            sent = max(sent, min(opened, course.applied.ended))
        bars.append(_bar("applying", 0, sent, course.applied.ended, seconds))
        words.append(f"applied from {duration(course.applied.began)} to {duration(course.applied.ended)}")
    own = [workload for workload in report.timeline.workloads if workload.part == part.name]
    began = min((workload.made for workload in own if workload.made is not None), default=None)
    if began is not None and began >= 0:
        bars.append(_bar("starting", 1, began, seconds if course.ready is None else course.ready, seconds))
    for span in course.pulling:
        bars.append(_bar("pulling", 1, span.began, span.ended, seconds))
        words.append(f"pulled images from {duration(span.began)} to {duration(span.ended)}")
    if apply_began is not None:
        for gate in course.gates[:1]:
            if gate.opened - apply_began >= _WORTH_SECONDS:
                why.append(f"{_objects(gate.objects)}waited {duration(gate.opened - apply_began)} for {gate.gate}")
    longest = _longest_pull(own, seconds)
    if longest and longest[0] >= _WORTH_SECONDS:
        still = any(pull.ended is None and pull.image == longest[1] for workload in own for pull in workload.pulling)
        why.append(f"{'still pulls' if still else 'pulled'} {longest[1]}, {duration(longest[0])}")
    ready = course.ready
    if part.state == "ready":
        words.append("was ready before" if ready is None or ready <= 0 else f"ready at {duration(ready)}")
    elif part.state == "not_ready":
        words.append("not ready at the end")
    return Row(bars, None if ready is None else _percent(ready, seconds), part.state == "not_ready", _sentence([*words, *why]), why)


def workload_row(workload: Workload, seconds: float) -> Row:
    """A workload's line."""
    bars = []
    if workload.made is not None and workload.made >= 0:
        scheduled = seconds if workload.scheduled is None else workload.scheduled
        if scheduled - workload.made >= _WORTH_SECONDS:
            bars.append(_bar("held", 1, workload.made, scheduled, seconds))
        if workload.scheduled is not None:
            bars.append(_bar("starting", 1, scheduled, seconds if workload.ready is None else workload.ready, seconds))
    bars += [
        _bar("pulling", 1, pull.began, seconds if pull.ended is None else pull.ended, seconds)
        for pull in workload.pulling
        if pull.ended is None or pull.ended > 0
    ]
    ready = workload.ready
    return Row(bars, None if ready is None else _percent(max(ready, 0.0), seconds), ready is None, "", [])


def _longest_pull(workloads: list[Workload], seconds: float) -> tuple[float, str] | None:
    pulls: Iterator[tuple[float, str]] = (
        ((seconds if pull.ended is None else pull.ended) - max(pull.began, 0.0), pull.image)
        for workload in workloads
        for pull in workload.pulling
    )
    return max(pulls, default=None)


def _objects(number: int) -> str:
    return f"{number} object{'' if number == 1 else 's'} " if number else ""


def _sentence(words: list[str]) -> str:
    told = "; ".join(words)
    return f"{told[0].upper()}{told[1:]}." if told else "Nothing is known of its course."


def _percent(moment: float, seconds: float) -> float:
    return round(min(max(100 * moment / seconds, 0.0), 100.0), 2) if seconds > 0 else 0.0


def _bar(kind: str, lane: int, began: float, ended: float, seconds: float) -> Bar:
    x = min(_percent(began, seconds), 100 - _LEAST_PERCENT)
    return Bar(kind, lane, x, round(max(_percent(ended, seconds) - x, _LEAST_PERCENT), 2))
