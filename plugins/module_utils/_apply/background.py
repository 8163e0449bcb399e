# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A question that is asked again and again, and whose answer nobody waits for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Subject = TypeVar("Subject")
Answer = TypeVar("Answer")


class Background(Generic[Subject, Answer]):
    """Asks in a thread of its own, one question at a time.

    :arg ask: the question. It must end by itself.
    :arg pause: seconds from the beginning of one question to that of the next.
    """

    def __init__(self, ask: Callable[[Subject], Answer], pause: float = 5.0) -> None:
        self._ask, self._pause = ask, pause
        self._thread: threading.Thread | None = None
        self._next = 0.0
        self.answered: tuple[Subject, Answer] | None = None
        """What was asked about last, and the answer."""

    def put(self, subject: Subject, now: float, *, at_once: bool = False) -> None:
        """Ask, unless a question is under way, or the pause is not over.

        :arg at_once: do not wait until the pause is over.
        """
        if (self._thread and self._thread.is_alive()) or (now < self._next and not at_once):
            return
        self._next = now + self._pause
        self._thread = threading.Thread(target=self._run, args=(subject,), name="background", daemon=True)
        self._thread.start()

    def about(self, subject: Subject, now: float) -> Answer | None:
        """The newest answer about a subject, None while there is none; one that is new is asked about at once."""
        answered = self.answered
        known = answered is not None and answered[0] == subject
        self.put(subject, now, at_once=not known)
        return answered[1] if answered is not None and known else None

    def _run(self, subject: Subject) -> None:
        self.answered = (subject, self._ask(subject))
