# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A queue of keys to be put right, each once however often it was named, again with back-off when it failed."""

from __future__ import annotations

import heapq
import http.client
import logging
import threading
import time
from collections.abc import Callable, Hashable
from typing import Any

from .api import ApiError

log = logging.getLogger(__name__)


# How often one that is held looks whether it still is.
_HELD_SECONDS = 1.0


class Worker:
    """Calls C(reconcile(key)) in one thread. The function looks at the present state, never at what had changed.

    While C(held()) says so, nothing is done.
    """

    def __init__(self, name: str, reconcile: Callable[[Any], None]) -> None:
        self.name = name
        self.held: Callable[[], bool] = lambda: False
        self._reconcile = reconcile
        self._due: dict[Hashable, float] = {}
        self._heap: list[tuple[float, int, Hashable]] = []
        self._failures: dict[Hashable, int] = {}
        self._order = 0
        self._change = threading.Condition()

    def start(self) -> Worker:
        threading.Thread(target=self._run, name=self.name, daemon=True).start()
        return self

    def add(self, key: Hashable, after: float = 0.0) -> None:
        due = time.monotonic() + after
        with self._change:
            if key in self._due and self._due[key] <= due:
                return
            self._due[key] = due
            self._order += 1
            heapq.heappush(self._heap, (due, self._order, key))
            self._change.notify()

    def _next(self) -> Hashable:
        with self._change:
            while True:
                if not self._heap:
                    self._change.wait()
                    continue
                due, _other, key = self._heap[0]
                if self._due.get(key) != due:
                    heapq.heappop(self._heap)
                    continue
                left = due - time.monotonic()
                if left > 0:
                    self._change.wait(left)
                    continue
                heapq.heappop(self._heap)
                del self._due[key]
                return key

    def _run(self) -> None:
        while True:
            key = self._next()
            if self.held():
                self.add(key, _HELD_SECONDS)
                continue
            try:
                self._reconcile(key)
                self._failures.pop(key, None)
            except (ApiError, OSError, http.client.HTTPException) as error:
                count = self._failures[key] = self._failures.get(key, 0) + 1
                log.info("%s: %s: %s", self.name, key, error)
                self.add(key, min(2.0, 0.1 * 2 ** min(count, 6)))
            except Exception:
                # One object that nobody thought of must not end the work on the others.
                count = self._failures[key] = self._failures.get(key, 0) + 1
                log.exception("%s: %s", self.name, key)
                self.add(key, min(60.0, 2.0**count))
