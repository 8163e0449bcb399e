# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When what became of each workload, by the cluster's own times."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from .._common.times import seconds_of
from .conditions import conditions
from .events import Events, pulls_of
from .rule import Item
from .status import CURRENT, Status
from .watched import WORKLOADS, Expected, View


@dataclass(frozen=True)
class Pulling:
    """The pull of one image; C(ended) is None while it goes on, or where nobody has told."""

    image: str
    began: float
    ended: float | None


@dataclass(frozen=True)
class Line:
    """One workload; times in seconds since the epoch, None where it has not come to that, or nobody has told."""

    part: str
    object: str
    made: float | None
    scheduled: float | None = None
    pulled: float | None = None
    ready: float | None = None
    pulling: list[Pulling] = field(default_factory=list)


def timeline(judged: Iterable[tuple[Expected, Status]], view: View, events: Events) -> list[Line]:
    """A line for each workload of the plan that is there."""
    return [
        _line(expected, item, status, view.newest_pods_of(item), events)
        for expected, status in judged
        if (expected.key.group, expected.key.kind) in WORKLOADS and (item := view.of(expected))
    ]


def _line(expected: Expected, item: Item, status: Status, pods: list[Item], events: Events) -> Line:
    pulls: dict[str, Pulling] = {}
    pulled: list[float | None] = []
    for pod in pods:
        for pull in pulls_of(events.about(pod["metadata"]["uid"])).values():
            pulled.append(pull.ended)
            if pull.began is None:
                continue
            known = pulls.get(pull.image)
            # Of several pods on several nodes, from the first to the last.
            began = min(pull.began, known.began) if known else pull.began
            ended = _last([known.ended, pull.ended] if known else [pull.ended])
            pulls[pull.image] = Pulling(pull.image, began, ended)
    if expected.key.kind == "Job":
        ready = seconds_of((item.get("status") or {}).get("completionTime"))
    else:
        ready = _last([_when(pod, "Ready") for pod in pods]) if status == CURRENT else None
    return Line(
        expected.part,
        str(expected.key),
        seconds_of(item["metadata"].get("creationTimestamp")),
        _last([_when(pod, "PodScheduled") for pod in pods]),
        _last(pulled),
        ready,
        sorted(pulls.values(), key=lambda pulling: pulling.began),
    )


def _when(pod: Item, type_: str) -> float | None:
    condition = conditions(pod).get(type_) or {}
    return seconds_of(condition.get("lastTransitionTime")) if condition.get("status") == "True" else None


def _last(times: list[float | None]) -> float | None:
    """The last of them, once all are known."""
    known = [time for time in times if time is not None]
    return max(known) if known and len(known) == len(times) else None
