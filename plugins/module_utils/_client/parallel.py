# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Several requests at a time, which end with the deadline even when the API server does not answer."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

from .._common.deadline import Deadline
from .http import ApiError

_WORKERS = 16
# Requests end with the deadline themselves, and what they say then is more than that it is over.
_LAST_WORDS_SECONDS = 1.0

T = TypeVar("T")


def in_parallel(calls: Sequence[Callable[[], T]], deadline: Deadline, *, workers: int = _WORKERS) -> list[T]:
    """Do all calls, by default 16 at a time.

    A request under way cannot be taken back, so one that still hangs when the deadline is cancelled is left to its thread, which
    ends by itself, and whose answer nobody reads.

    :returns: their results, in order.
    :raises ApiError: with the deadline's reason, when it is cancelled before all are done, or over and they do not end.
    :raises: what the first call that failed has raised; calls that have not begun then are not done.
    """
    waiting: queue.SimpleQueue[tuple[int, Callable[[], T]]] = queue.SimpleQueue()
    for entry in enumerate(calls):
        waiting.put(entry)
    done: queue.SimpleQueue[tuple[int, T] | Exception | None] = queue.SimpleQueue()
    given_up = threading.Event()

    def work() -> None:
        while not given_up.is_set():
            try:
                number, call = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                done.put((number, call()))
            except Exception as error:
                done.put(error)

    results: dict[int, T] = {}
    with deadline.when_cancelled(lambda: done.put(None)):
        for _worker in range(min(workers, len(calls))):
            threading.Thread(target=work, name="request", daemon=True).start()
        try:
            while len(results) < len(calls):
                answer = _next(done, deadline)
                if answer is None:
                    raise ApiError(0, deadline.reason)
                if isinstance(answer, Exception):
                    raise answer
                results[answer[0]] = answer[1]
        finally:
            given_up.set()
    return [results[number] for number in range(len(calls))]


def _next(done: queue.SimpleQueue[tuple[int, T] | Exception | None], deadline: Deadline) -> tuple[int, T] | Exception | None:
    """What comes next; None when the deadline has ended it."""
    try:
        return done.get(timeout=min(deadline.remaining + _LAST_WORDS_SECONDS, threading.TIMEOUT_MAX))
    except queue.Empty:
        return None
