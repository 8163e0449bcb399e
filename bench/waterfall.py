# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One install from beginning to end: the phases, and inside them the parts and the gates that they waited for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Task = Mapping[str, Any]
# What a phase's own task is; everything before the first of them is choosing.
PHASES = {"render": "render", "preflight": "preflight", "apply": "apply", "ready": "ready"}


@dataclass(frozen=True)
class Bar:
    """Seconds since the start of the run."""

    label: str
    start: float
    end: float


@dataclass(frozen=True)
class PartBar(Bar):
    """From a part's first request to its last answer; C(ready) when all of it is; C(gate) is what held it longest, until C(opened)."""

    ready: float
    gate: str
    opened: float


def _module(task: Task) -> str:
    return str(task["action"]).rpartition(".")[2]


def phases(timeline: Sequence[Task]) -> list[Bar]:
    """The phases of a run, in order: a phase ends with its own module, and begins where the one before ended."""
    found, begin = [], 0.0
    first = next(task["start"] for task in timeline if _module(task) in ("binary", "source", "render"))
    found.append(Bar("release", begin, first))
    begin = first
    for module, label in PHASES.items():
        own = next((task for task in timeline if _module(task) == module), None)
        if own:
            found.append(Bar(label, begin, own["end"]))
            begin = own["end"]
    found.append(Bar("report", begin, max(task["end"] for task in timeline)))
    return found


def parts(timeline: Iterable[Task]) -> list[PartBar]:
    """The parts, in the order in which they were begun."""
    tasks = {_module(task): task for task in timeline}
    apply, ready = tasks["apply"], tasks["ready"]
    # What the module does first, reading the cluster, is in its own time but in no part's.
    zero = apply["end"] - apply["result"]["seconds"]
    ends = {part["name"]: ready["start"] + part["seconds"] for part in ready["result"]["parts"]}
    bars = []
    for part in apply["result"]["parts"]:
        longest = max(part["waited"], key=lambda waited: waited["seconds"], default=None)
        start = zero + part["started"]
        bars.append(
            PartBar(
                part["name"],
                start,
                start + part["seconds"],
                ends[part["name"]],
                longest["gate"] if longest else "",
                zero + longest["seconds"] if longest else start,
            )
        )
    return sorted(bars, key=lambda bar: (bar.start, bar.end))


def draw(timeline: Sequence[Task], title: str, path: Path) -> None:
    """The waterfall as a picture."""
    from matplotlib import pyplot

    from .plot import save

    top, below = phases(timeline), parts(timeline)
    figure, panel = pyplot.subplots(figsize=(10, 0.2 * (len(top) + len(below)) + 1))
    for row, bar in enumerate(top):
        panel.barh(row, bar.end - bar.start, left=bar.start, color="tab:gray", height=0.7)
        panel.text(bar.end, row, f" {bar.end - bar.start:.1f} s", va="center", fontsize=7)
    for row, part in enumerate(below, len(top)):
        panel.barh(row, part.ready - part.start, left=part.start, color="tab:green", alpha=0.25, height=0.7)
        panel.barh(row, part.end - part.start, left=part.start, color="tab:blue", height=0.7)
        if part.gate:
            panel.plot([part.opened], [row], "|", color="black", markersize=7)
            panel.text(max(part.ready, part.end), row, f" {part.gate}", va="center", fontsize=6)
    panel.set_yticks(range(len(top) + len(below)), [bar.label for bar in (*top, *below)], fontsize=7)
    panel.invert_yaxis()
    panel.set_xlabel("seconds since the start; blue: applying, green: until ready, |: the gate on the right opened")
    panel.set_title(title)
    save(figure, path)
