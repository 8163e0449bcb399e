# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ctrl-C ends a run in order: what was done is said, and the Lease is given back."""

from __future__ import annotations

import signal
import threading
import time
from typing import Any

from .deadline import Deadline

# One Ctrl-C may come twice: from the terminal, and from Ansible, which passes it on.
_TWICE_SECONDS = 1.0


def end_on_signals(deadline: Deadline) -> None:
    """Cancel the deadline on SIGINT or SIGTERM. One that comes a second or more after it ends the process at once."""
    first: list[float] = []

    def interrupted(number: int, _frame: Any) -> None:
        if not first:
            first.append(time.monotonic())
            # In a thread: the signal may have come while this one holds the lock that cancelling takes.
            threading.Thread(target=deadline.cancel, args=(f"interrupted by {signal.Signals(number).name}",)).start()
        elif time.monotonic() - first[0] >= _TWICE_SECONDS:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupted)


def end_when_left(deadline: Deadline) -> None:
    """Cancel the deadline since who started the run is gone, like a job that was killed: nobody is there to stop it later."""
    if not deadline.expired:
        deadline.cancel("interrupted: Ansible, which started it, has ended")
