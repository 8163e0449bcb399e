# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a wait has found, part by part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .timeline import Line

# On an empty cluster everything is missing: nobody reads a thousand lines, and AWX stores them.
_MOST_LINES = 20


@dataclass
class NotReady:
    """One object that is not ready. C(reason): one word for programs, where there is one."""

    object: str
    state: str
    message: str
    reason: str = ""


@dataclass
class Verdict:
    """One part; C(seconds) from the start of the wait until its last object was ready, or until the end of the wait."""

    name: str
    ready: bool = False
    objects: int = 0
    seconds: float = 0.0
    not_ready: list[NotReady] = field(default_factory=list)
    restarted: list[str] = field(default_factory=list)
    """Workloads whose containers were started anew meanwhile, and how often."""
    stalled: bool = False
    """Whether it is not ready and has stood still for longer than it may."""


@dataclass
class Ended:
    """How a wait has ended. C(reason): why before everything was ready; empty when all is, or when it was to be looked once only."""

    verdicts: list[Verdict]
    reason: str = ""
    timeline: list[Line] = field(default_factory=list)

    @property
    def ready(self) -> bool:
        return all(verdict.ready for verdict in self.verdicts)


def table(verdicts: Sequence[Verdict]) -> str:
    """The verdicts for people: a line per part, and below it what is not ready and why, what has failed for good first."""
    width = max((len(verdict.name) for verdict in verdicts), default=0)
    lines = []
    for verdict in verdicts:
        count = len(verdict.not_ready)
        state = f"ready after {verdict.seconds:.1f} s" if verdict.ready else f"{count} of {verdict.objects} not ready"
        stalled = ", stalled" if verdict.stalled else ""
        restarted = f" (restarted meanwhile: {', '.join(verdict.restarted)})" if verdict.restarted else ""
        lines.append(f"{verdict.name:<{width}}  {state}{stalled}{restarted}")
        worst = sorted(verdict.not_ready, key=lambda entry: entry.state != "Failed")
        lines.extend(
            f"{'':<{width}}    {entry.object}: {'failed for good: ' if entry.state == 'Failed' else ''}{entry.message}"
            for entry in worst[:_MOST_LINES]
        )
        if count > _MOST_LINES:
            lines.append(f"{'':<{width}}    and {count - _MOST_LINES} more")
    return "\n".join(lines)
