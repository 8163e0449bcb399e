# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When what happened, in seconds since the run began; and what took so long."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .given import count, mapping, mappings, number, text
from .model import Course, Gate, Phase, Pull, Span, Wait, Workload

Result = Mapping[str, Any]
# Shorter waits explain nothing.
_WORTH_SECONDS = 0.5
_MOST_WAITS = 12
# Parts that are ready at the first look of a wait were ready before it.
_FIRST_LOOK_SECONDS = 0.1


def phases_of(results: Mapping[str, Result], zero: float, end: float) -> list[Phase]:
    """The phases that say when they began and ended, in order; before the first of them the parts were chosen.

    :arg results: by the name of the phase.
    """
    found = []
    for name, result in results.items():
        began, ended = number(result.get("began")), number(result.get("ended"))
        if began is not None and ended is not None:
            found.append(Phase(name, _since(began, zero, end), _since(ended, zero, end)))
    return [Phase("release", 0.0, found[0].began), *found] if found and found[0].began > 0 else found


def workloads_of(ready: Result, zero: float) -> list[Workload]:
    """The workloads of module C(ready)'s C(timeline)."""
    found = []
    for entry in mappings(ready.get("timeline")):
        made, scheduled, pulled, done = (_moment(entry.get(name), zero) for name in ("made", "scheduled", "pulled", "ready"))
        pulls = []
        for pull in mappings(entry.get("pulling")):
            began = _moment(pull.get("began"), zero)
            if began is not None:
                pulls.append(Pull(text(pull.get("image")), began, _moment(pull.get("ended"), zero)))
        found.append(Workload(text(entry.get("part")), text(entry.get("object")), made, scheduled, pulled, done, pulls))
    return found


def courses_of(
    rendered: Result, applied: Result, ready: Result, workloads: Sequence[Workload], zero: float, end: float
) -> dict[str, Course]:
    """The course of each part by its name."""
    builds = {text(part.get("name")): number(part.get("seconds")) for part in mappings(rendered.get("parts"))}
    applies = {text(part.get("name")): part for part in mappings(applied.get("parts"))}
    verdicts = {text(part.get("name")): part for part in mappings(ready.get("parts"))}
    built = _moment(rendered.get("ended"), zero)
    apply_began = _moment(applied.get("began"), zero)
    first_look = min((seconds for part in verdicts.values() if (seconds := number(part.get("seconds"))) is not None), default=0.0)
    found = {}
    for name in [
        *builds,
        *(name for name in applies if name not in builds),
        *(name for name in verdicts if name not in {**builds, **applies}),
    ]:
        own = [workload for workload in workloads if workload.part == name]
        span, gates = _applying(applies.get(name, {}), apply_began, end)
        found[name] = Course(
            render_seconds=builds.get(name),
            rendered=built if name in builds else None,
            applied=span,
            gates=gates,
            pulling=_merged((pull.began, end if pull.ended is None else pull.ended) for workload in own for pull in workload.pulling),
            ready=_became_ready(verdicts.get(name, {}), ready, own, span, first_look, zero),
        )
    return found


def _applying(part: Result, began: float | None, end: float) -> tuple[Span | None, list[Gate]]:
    started, seconds = number(part.get("started")), number(part.get("seconds"))
    if began is None or started is None or seconds is None:
        return None, []
    gates = [
        Gate(text(waited.get("gate")), _clip(began + opened, end), count(waited.get("objects")) or 0)
        for waited in mappings(part.get("waited"))
        if (opened := number(waited.get("seconds"))) is not None
    ]
    # A part that was as the plan wants it gets no request.
    sent = started or seconds
    return (Span(_clip(began + started, end), _clip(began + started + seconds, end)) if sent else None), gates


def _became_ready(
    verdict: Result, ready: Result, workloads: Sequence[Workload], applied: Span | None, first_look: float, zero: float
) -> float | None:
    """Module C(ready) looks when everything is applied, and by then a part may long be ready: then its workloads say since when."""
    began, seconds = _moment(ready.get("began"), zero), number(verdict.get("seconds"))
    if verdict.get("ready") is not True or began is None or seconds is None:
        return None
    moments = [workload.ready for workload in workloads]
    # Where nothing runs, nothing is to become ready once it is applied.
    if seconds <= first_look + _FIRST_LOOK_SECONDS and None not in moments and (moments or applied):
        last = max((moment for moment in moments if moment is not None), default=0.0)
        return round(min(max(last, applied.ended if applied else 0.0, 0.0), began + seconds), 2)
    return round(began + seconds, 2)


def _merged(spans: Iterable[tuple[float, float]]) -> list[Span]:
    """Spans that overlap as one. What was before the run is left out."""
    found: list[Span] = []
    for began, ended in sorted((max(began, 0.0), ended) for began, ended in spans if ended > 0):
        if found and began <= found[-1].ended:
            found[-1] = Span(found[-1].began, max(found[-1].ended, ended))
        else:
            found.append(Span(began, ended))
    return found


def waits_of(applied: Result, workloads: Sequence[Workload], end: float) -> list[Wait]:
    """What held the run up, the longest first: gates that objects waited for, images that pods waited for."""
    gates: dict[str, list[tuple[str, float, int]]] = {}
    for part in mappings(applied.get("parts")):
        for waited in mappings(part.get("waited")):
            seconds = number(waited.get("seconds"))
            if seconds is not None:
                gates.setdefault(text(waited.get("gate")), []).append((text(part.get("name")), seconds, count(waited.get("objects")) or 0))
    found = [
        Wait(
            "gate", gate, [part for part, _seconds, _objects in held], "", sum(entry[2] for entry in held), max(entry[1] for entry in held)
        )
        for gate, held in gates.items()
    ]
    for workload in workloads:
        for pull in workload.pulling:
            ended = end if pull.ended is None else pull.ended
            if ended > 0:
                found.append(Wait("image", pull.image, [workload.part], workload.object, 1, round(ended - max(pull.began, 0.0), 2)))
    longest: dict[tuple[str, str], Wait] = {}
    for wait in sorted(found, key=lambda wait: -wait.seconds):
        # Many pods pull the same image.
        longest.setdefault((wait.kind, wait.name), wait)
    return [wait for wait in longest.values() if wait.seconds >= _WORTH_SECONDS][:_MOST_WAITS]


def earliest(results: Iterable[Mapping[str, Any]], now: float) -> float:
    """When a run began: the first moment that any of its results tells."""
    moments = [moment for result in results for name in ("began", "ended") if (moment := number(result.get(name))) is not None]
    return min([*moments, now])


def _moment(value: Any, zero: float) -> float | None:
    found = number(value)
    return None if found is None else round(found - zero, 2)


def _since(moment: float, zero: float, end: float) -> float:
    return _clip(moment - zero, end)


def _clip(seconds: float, end: float) -> float:
    """Inside of the run: clocks of the controller and of the cluster differ."""
    return round(min(max(seconds, 0.0), end), 2)


def started_by(result: Any) -> bool:
    """Whether a registered result is one: a task that was skipped has none."""
    found = mapping(result)
    return bool(found) and not found.get("skipped")
