# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an apply tells while it goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Set

from .._common.channel import SILENT, Channel, shortened
from .background import Background
from .gates import Gate
from .result import PartOutcome

# Between two looks: answers come by the hundred a second, and nobody reads that fast.
_LOOK_SECONDS = 0.25
# What is over by itself within this is not asked about.
_BRIEF_SECONDS = 2.0


class ApplyProgress:
    """Tells when the state of a part changes, and at most four times a second the totals and what is waited for longest.

    :arg channel: where it goes.
    """

    def __init__(self, channel: Channel = SILENT) -> None:
        self._channel = channel
        self._sizes: dict[str, int] = {}
        self._states: dict[str, str] = {}
        self._behind: Background[Gate, str] = Background(lambda _gate: "")
        self._since: dict[Gate, float] = {}
        """When the last object was applied that is to open it."""
        self._looked = 0.0
        self._held = 0.0

    def begin(self, sizes: Mapping[str, int], ask: Callable[[Gate], str]) -> None:
        """Once, before it is looked.

        :arg sizes: how many objects each part has.
        :arg ask: asks the cluster what is behind a closed gate, as the end of a message. Called from a thread of its own.
        """
        self._sizes, self._behind = dict(sizes), Background(ask)

    def holder(self, holder: str) -> None:
        """Another run holds the Lease, and is waited for."""
        now = time.monotonic()
        self._held = self._held or now
        why = shortened(f"{holder} holds it, and may have ended without giving it back")
        self._channel.tell(waiting={"part": "", "object": "the run's Lease", "why": why, "since": round(now - self._held, 1)})

    def look(
        self,
        parts: Iterable[PartOutcome],
        begun: Set[str],
        closed: Mapping[Gate, str],
        is_waited_for: Callable[[Gate], bool],
        *,
        last: bool = False,
    ) -> None:
        """Take notice of how far it is.

        :arg begun: the parts of which something was sent.
        :arg closed: closed gates, and why.
        :arg is_waited_for: whether all is applied that is to open a gate, so that the cluster is what is waited for.
        :arg last: whether nothing comes after this.
        """
        now = time.monotonic()
        if not self._channel.is_open or (now - self._looked < _LOOK_SECONDS and not last):
            return
        self._looked = now
        done = 0
        for part in parts:
            done += part.created + part.changed + part.unchanged
            if part.name in begun and (state := self._state(part)) != self._states.get(part.name):
                self._states[part.name] = state
                self._channel.tell(part=part.name, state=state, message=_words(part, state, self._sizes[part.name]))
        # Sent again, a gate's time would begin anew: those that are open, or whose opener is not applied, have none.
        self._since = {gate: self._since.get(gate, now) for gate in closed if is_waited_for(gate)}
        longest = min(self._since, key=lambda gate: self._since[gate], default=None)
        waiting = None
        if longest is not None:
            since = now - self._since[longest]
            why = closed[longest]
            if since > _BRIEF_SECONDS:
                why += self._behind.about(longest, now) or ""
            waiting = {"part": "", "object": str(longest), "why": shortened(why), "since": round(since, 1)}
        if begun:
            self._channel.tell(totals={"objects": [done, sum(self._sizes.values())]}, waiting=waiting)

    def _state(self, part: PartOutcome) -> str:
        if part.failed:
            return "failed"
        return "applied" if part.created + part.changed + part.unchanged == self._sizes[part.name] else "applying"


def _words(part: PartOutcome, state: str, size: int) -> str:
    if state == "applied":
        counts = {"created": part.created, "changed": part.changed, "unchanged": part.unchanged}
        return ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    return f"{part.failed} of {size} objects not as the plan wants them" if state == "failed" else ""
