# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What counts as progress of a wait, and how long a part stands still."""

from __future__ import annotations

from collections.abc import Mapping

from .._objects.objects import Key
from .status import CURRENT, Status


class Progress:
    """When the objects of each part last came nearer to ready than they had ever been in this wait.

    Words do not count, nor does what comes back after it was lost: pods that crash and are started anew would keep a wait alive
    for ever. That another part has become ready counts for every part: it may be what the others have waited for.

    :arg now: when the wait began, in seconds of any clock that only goes on.
    """

    def __init__(self, now: float) -> None:
        self._best: dict[Key, tuple[int, ...]] = {}
        self._moved: dict[str, float] = {}
        self._ready: dict[str, float] = {}
        self._began = now

    def look(self, parts: Mapping[str, Mapping[Key, Status]], now: float) -> None:
        """Take notice of what is seen at C(now). What is seen of an object first is where it starts from."""
        for part, statuses in parts.items():
            if part not in self._moved:
                self._moved[part] = now
            for key, status in statuses.items():
                best = self._best.get(key)
                if best is None or status.reached > best:
                    self._best[key] = status.reached
                    if best is not None:
                        self._moved[part] = now
            if part not in self._ready and all(status == CURRENT for status in statuses.values()):
                self._ready[part] = now

    def still(self, part: str, now: float) -> float:
        """For how many seconds a part has stood still."""
        others = (time for other, time in self._ready.items() if other != part)
        return now - max(self._began, self._moved.get(part, self._began), *others)
