# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Requests on their way: by priority, many at a time, some again later; answers come back one by one."""

from __future__ import annotations

import heapq
import itertools
import queue
import threading
import time
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

from .._client.http import ApiError

Subject = TypeVar("Subject", bound=Hashable)


class Requests(Generic[Subject]):
    """All methods but C(wake) are for one thread, which owns what the answers change.

    :arg send: what a worker does with a subject; an exception of it is an answer too.
    """

    def __init__(self, send: Callable[[Subject], Any], workers: int) -> None:
        self._send, self._workers = send, workers
        self._sequence = itertools.count()
        self._due: queue.PriorityQueue[tuple[int, int, Subject | None]] = queue.PriorityQueue()
        self._later: list[tuple[float, int, int, Subject]] = []
        self._answers: queue.Queue[tuple[Subject, Any] | None] = queue.Queue()
        self._woken = threading.Event()
        self.in_flight: set[Subject] = set()
        """Sent or about to be, now or after a pause, and not answered."""

    def start(self) -> None:
        for _number in range(self._workers):
            threading.Thread(target=self._work, daemon=True).start()

    def stop(self) -> None:
        for _number in range(self._workers):
            self._due.put((-1, next(self._sequence), None))

    def put(self, subject: Subject, priority: int, *, pause: float = 0.0) -> None:
        """Send it, lower priorities first; C(pause) in seconds from now."""
        self.in_flight.add(subject)
        if pause > 0:
            heapq.heappush(self._later, (time.monotonic() + pause, next(self._sequence), priority, subject))
        else:
            self._due.put((priority, next(self._sequence), subject))

    def drop_paused(self) -> None:
        """Forget what is to be sent after a pause."""
        self.in_flight -= {subject for _when, _number, _priority, subject in self._later}
        self._later.clear()

    def next(self, seconds: float) -> tuple[Subject, Any] | None:
        """An answer with its subject; None when there is none within so many seconds, or when somebody woke this thread."""
        until = time.monotonic() + seconds
        if self._later:
            until = min(until, self._later[0][0])
        try:
            found = self._answers.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            found = None
        while self._later and self._later[0][0] <= time.monotonic():
            _when, number, priority, subject = heapq.heappop(self._later)
            self._due.put((priority, number, subject))
        if found:
            self.in_flight.discard(found[0])
        return found

    def wake(self) -> None:
        """From any thread: let C(next) return, and C(woken) say so."""
        if not self._woken.is_set():
            self._woken.set()
            self._answers.put(None)

    @property
    def woken(self) -> bool:
        """Whether somebody has called C(wake), and all answers that are there by now are taken."""
        return self._woken.is_set() and self._answers.empty()

    def sleep_again(self) -> None:
        self._woken.clear()

    def _work(self) -> None:
        while True:
            subject = self._due.get()[2]
            if subject is None:
                return
            try:
                answer: Any = self._send(subject)
            except ApiError as error:
                answer = error
            except Exception as error:  # a defect must end the run by name, not leave the other thread waiting
                answer = ApiError(400, f"{type(error).__name__}: {error}")
            self._answers.put((subject, answer))
