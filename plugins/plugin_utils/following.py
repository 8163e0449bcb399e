# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A module followed while it works: its channel is read, and it is made to end when the run is to end."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from .progress import Progress

_TICK_SECONDS = 0.25
# For a module that was told to end: it cuts its requests off, and gives back its Lease. Then it is killed.
_END_SECONDS = 15.0
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Following:
    """Within it a module may tell how far it is, through the named pipe C(path).

    :arg folder: where to make it.
    :arg show: shows a line; called from another thread.
    :arg parent: process id of ansible-playbook; None when that is this process.
    :raises OSError: when no pipe can be made there.

    A SIGINT or SIGTERM to this process goes on to the module, and so does the end of ansible-playbook, whatever it died of. This process
    lives until the module has ended: C(reason) then says why, empty when it was not told to, and C(leave) ends it, too.
    """

    def __init__(self, folder: str, progress: Progress, show: Callable[[str], None], parent: int | None) -> None:
        self._progress, self._show, self._parent = progress, show, parent
        self._folder = Path(tempfile.mkdtemp(prefix="progress-", dir=folder))
        try:
            self.path = str(self._folder / "pipe")
            os.mkfifo(self.path, 0o600)
            self._reading = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)
            # A writer of our own: without one the end of the pipe would be told again and again, from before the module opens it.
            self._writing = os.open(self.path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise
        self._thread = threading.Thread(target=self._follow, name="progress", daemon=True)
        self._over = False
        self._buffer = b""
        self._module = 0
        """Its process id, once it has told it."""
        self._signal: signal.Signals | None = None
        self.reason = ""
        self.killed = False
        """Whether the module had to be killed."""
        self._told_to_end = 0.0
        self._passed_on = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Following:
        self._thread.start()
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._interrupted) for number in _SIGNALS}
        return self

    def __exit__(self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None) -> None:
        self._over = True
        self._wake()
        # Lines that nobody takes must not keep this process.
        self._thread.join(5)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        shutil.rmtree(self._folder, ignore_errors=True)
        # With the last reader's end a module that goes on is told to end, like one whose task ran into its time limit.
        os.close(self._writing)
        os.close(self._reading)

    def leave(self) -> None:
        """End this process as if the signal came now; ansible-playbook takes no result any more."""
        if self._signal is not None and not self._is_left:
            os.kill(os.getpid(), self._signal)
        # Nobody reads what a worker hands over: it would wait for room for ever.
        os._exit(1)

    @property
    def _is_left(self) -> bool:
        return self._parent is not None and os.getppid() != self._parent

    def _interrupted(self, number: int, _frame: Any) -> None:
        if self._signal is None:
            self._signal = signal.Signals(number)
            self.reason = f"interrupted by {self._signal.name}"
            self._wake()

    def _wake(self) -> None:
        with contextlib.suppress(OSError):
            os.write(self._writing, b"\n")

    def _follow(self) -> None:
        # They are the main thread's, which waits for the module and has to be woken.
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        poll = select.poll()
        poll.register(self._reading, select.POLLIN)
        while not self._over:
            poll.poll(_TICK_SECONDS * 1000)
            for told in self._read():
                self._hear(told)
            if self._signal is None and self._is_left:
                self._signal = signal.SIGTERM
                self.reason = "interrupted, since ansible-playbook has ended"
            if self._signal is not None:
                self._end_module(self._signal)
            else:
                self._say(self._progress.due(time.monotonic()))
        for told in self._read():
            self._hear(told)
        if self._signal is None:
            self._say(self._progress.end())

    def _say(self, lines: list[str]) -> None:
        for line in lines:
            self._show(line)

    def _read(self) -> Iterator[dict[str, Any]]:
        with contextlib.suppress(BlockingIOError):
            while some := os.read(self._reading, 65536):
                self._buffer += some
        *lines, self._buffer = self._buffer.split(b"\n")
        for line in filter(None, lines):
            # A module that was killed may have written half of one.
            with contextlib.suppress(ValueError):
                yield json.loads(line)

    def _hear(self, told: dict[str, Any]) -> None:
        if "pid" in told:
            self._module = told["pid"]
        else:
            self._progress.hear(told, time.monotonic())

    def _end_module(self, number: signal.Signals) -> None:
        now = time.monotonic()
        self._told_to_end = self._told_to_end or now
        # Before it has told its process id it has not begun.
        if self._module and not self._passed_on:
            self._passed_on = True
            self._send(number)
        elif self._module and now - self._told_to_end > _END_SECONDS:
            self.killed = True
            self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        # It may have ended, or be another user's (become), who sees the end of the pipe.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(self._module, number)
