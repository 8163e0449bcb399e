# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a wait tells while it goes on."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Protocol

from .._common.channel import SILENT, Channel, shortened
from .._objects.objects import Key
from .status import CURRENT, Status
from .watched import WORKLOADS

# Between two looks: watch events come in bursts.
_LOOK_SECONDS = 0.25


class NotReady(Protocol):
    """One object that is not ready."""

    object: str
    state: str
    message: str


class Verdict(Protocol):
    """One part, and what of it is not ready."""

    name: str
    ready: bool
    seconds: float

    @property
    def not_ready(self) -> Iterable[NotReady]:
        """In the order of the plan."""


class WaitProgress:
    """Tells when the state of a part changes, and at most four times a second the totals and what is waited for longest.

    :arg channel: where it goes.
    """

    def __init__(self, channel: Channel = SILENT) -> None:
        self._channel = channel
        self._states: dict[str, str] = {}
        self._since: dict[str, float] = {}
        """Since when an object is not ready."""
        self._looked = 0.0

    def look(self, verdicts: Iterable[Verdict], known: Mapping[Key, Status], *, last: bool = False) -> None:
        """Take notice of how far it is.

        :arg known: the state of every object.
        :arg last: whether nothing comes after this.
        """
        now = time.monotonic()
        if not self._channel.is_open or (now - self._looked < _LOOK_SECONDS and not last):
            return
        self._looked = now
        workloads = {str(key): status == CURRENT for key, status in known.items() if (key.group, key.kind) in WORKLOADS}
        not_ready = [(verdict.name, entry) for verdict in verdicts for entry in verdict.not_ready]
        self._since = {entry.object: self._since.get(entry.object, now) for _part, entry in not_ready}
        # Of those that began to wait at the same time a workload says most; the plan's order is that in which parts need each other.
        not_ready.sort(key=lambda some: (self._since[some[1].object], some[1].object not in workloads))
        for verdict in verdicts:
            mine = [entry for part, entry in not_ready if part == verdict.name]
            self._tell(verdict, mine)
        waiting = None
        if not_ready:
            part, entry = not_ready[0]
            since = round(now - self._since[entry.object], 1)
            waiting = {"part": part, "object": entry.object, "why": shortened(entry.message), "since": since}
        self._channel.tell(totals={"workloads": [sum(workloads.values()), len(workloads)]}, waiting=waiting)

    def _tell(self, verdict: Verdict, not_ready: list[NotReady]) -> None:
        failed = next((entry for entry in not_ready if entry.state == "Failed"), None)
        state = "failed" if failed else "ready" if verdict.ready else "waiting"
        before = self._states.get(verdict.name)
        self._states[verdict.name] = state
        # A part that is ready when it is looked at first is no news.
        if state == before or (state == "ready" and before is None):
            return
        about = failed or next(iter(not_ready), None)
        more = f" (and {len(not_ready) - 1} more)" if len(not_ready) > 1 else ""
        message = shortened(f"{about.object}: {about.message}") + more if about else f"after {verdict.seconds:.1f} s"
        self._channel.tell(part=verdict.name, state=state, message=message)
