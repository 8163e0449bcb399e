# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a module tells while it works, and how it learns that nobody is there any more who started it.

The channel is a named pipe of the action plugin: lines of JSON go through it, and its other end is closed by the kernel with whoever read
it, also by SIGKILL. The action plugin reads it in C(plugins/plugin_utils/progress.py).
"""

from __future__ import annotations

import errno
import json
import os
import select
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Words of a server may be of any length; a line is to fit a screen, and a pipe takes 4096 bytes at once (Linux' PIPE_BUF).
MESSAGE_LENGTH = 400


def channel_spec() -> dict[str, dict[str, Any]]:
    """Options of modules that have a channel."""
    return {"progress": {"type": "path"}, "show_progress": {"type": "bool", "default": True}}


class Channel:
    """The module's end. Nothing that happens to it concerns the module's work: what cannot be written is dropped. For one thread.

    :arg path: of the named pipe; None, or one that is none or may not be opened, means that nothing is told.
    :arg on_hang_up: called once, from another thread, when the pipe has no reader any more.

    The first line is C({"pid": ...}), so who reads knows whom to send a signal. Open it after signals are handled.
    """

    def __init__(self, path: str | None, on_hang_up: Callable[[], None]) -> None:
        self._descriptor = -1
        self._unsent = b""
        """The rest of a line of which the pipe took a part."""
        try:
            if not path or not Path(path).is_fifo():
                return
            self._descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            # open(2): a pipe that nobody reads.
            if error.errno == errno.ENXIO:
                on_hang_up()
            return
        threading.Thread(target=self._watch, args=(on_hang_up,), name="channel", daemon=True).start()
        self.tell(pid=os.getpid())

    @property
    def is_open(self) -> bool:
        return self._descriptor >= 0

    def tell(self, **line: Any) -> None:
        """Write a line, or drop it when the reader is behind by a full pipe."""
        if not self.is_open:
            return
        try:
            if self._unsent:
                self._unsent = self._unsent[os.write(self._descriptor, self._unsent) :]
            if self._unsent:
                return
            self._unsent = json.dumps(line, separators=(",", ":")).encode() + b"\n"
            self._unsent = self._unsent[os.write(self._descriptor, self._unsent) :]
        except BlockingIOError:
            return
        except OSError:
            # Nobody reads, which the other thread sees, too.
            self._unsent = b""

    def _watch(self, on_hang_up: Callable[[], None]) -> None:
        poll = select.poll()
        # Asked for nothing, it still tells POLLERR: no reader is left.
        poll.register(self._descriptor, 0)
        poll.poll()
        on_hang_up()


SILENT = Channel(None, lambda: None)
"""For who has nobody to tell."""


def shortened(message: str) -> str:
    """A message as one line of bounded length, without what would move a terminal's cursor."""
    words = "".join(letter if letter.isprintable() else " " for letter in message)
    line = " ".join(words.split())
    return line if len(line) <= MESSAGE_LENGTH else line[: MESSAGE_LENGTH - 1] + "…"
