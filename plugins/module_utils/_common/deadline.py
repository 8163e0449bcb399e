# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A deadline on the monotonic clock."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator


class Deadline:
    """C(seconds) from now. Waiting on it ends early when it is cancelled.

    :arg option: name of the option that set it, for the reason.
    """

    def __init__(self, seconds: float, option: str = "") -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds
        self._cancelled = threading.Event()
        self._told: list[Callable[[], None]] = []
        self.reason = f"the time of {seconds:g} s is over" + (f", the {option}" if option else "")
        """Why it is over, once it is."""

    @property
    def remaining(self) -> float:
        """Seconds left, never negative."""
        return 0.0 if self._cancelled.is_set() else max(0.0, self._end - time.monotonic())

    @property
    def expired(self) -> bool:
        return self.remaining <= 0

    @property
    def cancelled(self) -> bool:
        """Whether it is over before its time."""
        return self._cancelled.is_set()

    def cancel(self, reason: str = "") -> None:
        """Expire now."""
        self.reason = reason or self.reason
        self._cancelled.set()
        for tell in list(self._told):
            tell()

    @contextlib.contextmanager
    def when_cancelled(self, tell: Callable[[], None]) -> Iterator[None]:
        """Within it, C(tell) is called when the deadline is cancelled, from the thread that does so; at once when it is already."""
        self._told.append(tell)
        try:
            # Once too often, rather than never, when it is cancelled just now.
            if self._cancelled.is_set():
                tell()
            yield
        finally:
            self._told.remove(tell)

    def wait(self, seconds: float) -> bool:
        """Wait, at most until the deadline. True while there is time left."""
        self._cancelled.wait(min(seconds, self.remaining))
        return not self.expired
