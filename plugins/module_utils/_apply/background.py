# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A question that is asked again and again, and whose answer nobody waits for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Subject = TypeVar("Subject")
# Between the end of one question and the next.
_PAUSE_SECONDS = 5.0


class Background(Generic[Subject]):
    """Asks in a thread of its own, one question at a time.

    :arg ask: the question. It must end by itself.
    """

    def __init__(self, ask: Callable[[Subject], str]) -> None:
        self._ask = ask
        self._answered: tuple[Subject, str] | None = None
        self._thread: threading.Thread | None = None
        self._next = 0.0

    def about(self, subject: Subject, now: float) -> str:
        """The newest answer about a subject, empty when there is none yet."""
        answered = self._answered
        known = answered is not None and answered[0] == subject
        if not (self._thread and self._thread.is_alive()) and (now >= self._next or not known):
            self._next = now + _PAUSE_SECONDS
            self._thread = threading.Thread(target=self._run, args=(subject,), name="background", daemon=True)
            self._thread.start()
        return answered[1] if answered is not None and known else ""

    def _run(self, subject: Subject) -> None:
        self._answered = (subject, self._ask(subject))
