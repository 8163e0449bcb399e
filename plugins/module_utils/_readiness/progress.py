# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What counts as progress of a wait, and when there was some last."""

from __future__ import annotations

from collections.abc import Mapping

from .._objects.objects import Key
from .status import Status


class Progress:
    """When an object last came nearer to ready than it had ever been in this wait.

    Words do not count, nor does what comes back after it was lost: pods that crash and are started anew would keep a wait alive
    for ever.

    :arg now: when the wait began, in seconds of any clock that only goes on.
    """

    def __init__(self, now: float) -> None:
        self.last = now
        self._best: dict[Key, tuple[int, ...]] = {}

    def look(self, statuses: Mapping[Key, Status], now: float) -> None:
        """Take notice of what is seen at C(now). What is seen of an object first is where it starts from."""
        for key, status in statuses.items():
            best = self._best.get(key)
            if best is None or status.reached > best:
                self._best[key] = status.reached
                if best is not None:
                    self.last = now
