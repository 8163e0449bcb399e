# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The events of a wait in a file, since a cluster forgets them after an hour.

JSON lines, one for each event as the API server gave it last (core/v1 Event, without C(metadata.managedFields)), the oldest first. A last
line of kind C(Omitted) tells how many were left out.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from pathlib import Path

from .._common.files import private_folder, write_private
from .events import Event, is_telling, last_seen

_MOST = 2000
_LONG = 4000
# A run that is killed loses no more than so.
_EACH_SECONDS = 5.0


class Journal:
    """Keeps warnings, and what tells what something waits for; each once, as it was last."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._events: dict[str, Event] = {}
        self._omitted = 0
        self._changed, self._written = True, float("-inf")

    def take(self, events: Iterable[Event]) -> None:
        """:raises OSError: when the file cannot be written."""
        for event in events:
            if is_telling(event):
                self._events[str(event["metadata"].get("uid"))] = event
                self._changed = True
        while len(self._events) > _MOST:
            # What is normal before what is a warning, the oldest first.
            least = min(self._events, key=lambda uid: (self._events[uid].get("type") == "Warning", last_seen(self._events[uid])))
            del self._events[least]
            self._omitted += 1
        if self._changed and time.monotonic() - self._written >= _EACH_SECONDS:
            self.write()

    def write(self) -> None:
        """:raises OSError: when the file cannot be written."""
        lines = [json.dumps(_without_noise(event)) for event in sorted(self._events.values(), key=last_seen)]
        if self._omitted:
            lines.append(json.dumps({"kind": "Omitted", "count": self._omitted}))
        private_folder(self._path.parent)
        write_private(self._path, "".join(f"{line}\n" for line in lines))
        self._changed, self._written = False, time.monotonic()


def _without_noise(event: Event) -> Event:
    metadata = {name: value for name, value in event["metadata"].items() if name != "managedFields"}
    message = str(event.get("message") or "")
    # An item of a list has neither.
    kind = {"apiVersion": "v1", "kind": "Event"}
    return {**kind, **event, "metadata": metadata, "message": message if len(message) <= _LONG else f"{message[:_LONG]} …"}
