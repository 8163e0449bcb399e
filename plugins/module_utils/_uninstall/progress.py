# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an uninstall tells while it goes on."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from .._client.http import ApiError
from .._common.channel import SILENT, Channel, shortened
from .doomed import Doomed, Step
from .ending import seconds_to_end
from .look import Live

_LOOK_SECONDS = 0.25


class UninstallProgress:
    """Tells when a step begins and ends, and at most four times a second the totals and what is waited for longest.

    :arg channel: where it goes.
    """

    def __init__(self, channel: Channel = SILENT) -> None:
        self._channel = channel
        self._total, self._gone, self._in_step = 0, 0, 0
        self._step = ""
        self._began = self._looked = self._held = 0.0
        self._since: dict[str, float] = {}

    def total(self, objects: int) -> None:
        """How many objects are to go."""
        self._total = objects

    def holder(self, holder: str) -> None:
        """Another run holds the Lease, and is waited for."""
        now = time.monotonic()
        self._held = self._held or now
        why = shortened(f"{holder} holds it, and may have ended without giving it back")
        self._channel.tell(waiting={"part": "", "object": "the run's Lease", "why": why, "since": round(now - self._held, 1)})

    def begin(self, steps: Iterable[Step], objects: int) -> None:
        """Steps begin side by side, with so many objects."""
        self._step, self._in_step, self._began = " and ".join(map(str, steps)), objects, time.monotonic()
        self._since.clear()
        self._channel.tell(part=self._step, state="going", message=f"{objects} objects")

    def end(self, objects: int, left: int) -> None:
        """The step has ended; C(objects) are gone with it, C(left) are not."""
        self._gone += objects
        words = f"after {time.monotonic() - self._began:.1f} s"
        if left:
            self._channel.tell(part=self._step, state="stuck", message=f"{left} of {self._in_step} objects are still there {words}")
        else:
            self._channel.tell(part=self._step, state="gone", message=f"{self._in_step} objects {words}")

    def look(
        self, left: int, by_uid: Mapping[str, Doomed | Live], held: Mapping[str, Mapping[str, Any]], refused: Mapping[str, ApiError]
    ) -> None:
        """Take notice of how far it is.

        :arg left: how many of the step are not gone.
        :arg held: metadata of those that are being deleted, by uid.
        :arg refused: those whose deletion was refused.
        """
        now = time.monotonic()
        if not self._channel.is_open or now - self._looked < _LOOK_SECONDS:
            return
        self._looked = now
        self._since = {uid: self._since.get(uid, now) for uid in (*refused, *held)}
        waiting = None
        # Of those that are waited for as long, a pod says more than its workload or its namespace.
        longest = min(self._since, key=lambda uid: (self._since[uid], not seconds_to_end(held.get(uid, {})), by_uid[uid].key), default=None)
        if longest is not None:
            why = refused[longest].message if longest in refused else _held_by(held[longest])
            since = round(now - self._since[longest], 1)
            waiting = {"part": "", "object": str(by_uid[longest].key), "why": shortened(why), "since": since}
        self._channel.tell(totals={"removed": [self._gone + self._in_step - left, self._total]}, waiting=waiting)


def _held_by(metadata: Mapping[str, Any]) -> str:
    if seconds := seconds_to_end(metadata):
        return f"its containers are ending, for which it has {seconds} s"
    finalizers = ", ".join(metadata.get("finalizers") or ())
    return f"held by finalizers {finalizers}" if finalizers else "its end"
