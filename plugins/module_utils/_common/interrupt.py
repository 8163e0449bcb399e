# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ctrl-C ends a run in order: what was done is said, and the Lease is given back."""

from __future__ import annotations

import signal
import threading
from typing import Any

from .deadline import Deadline


def end_on_signals(deadline: Deadline) -> None:
    """Cancel the deadline on SIGINT or SIGTERM. A second one ends the process at once."""

    def interrupted(number: int, _frame: Any) -> None:
        signal.signal(number, signal.SIG_DFL)
        # In a thread: the signal may have come while this one holds the lock that cancelling takes.
        threading.Thread(target=deadline.cancel, args=(f"interrupted by {signal.Signals(number).name}",)).start()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupted)
