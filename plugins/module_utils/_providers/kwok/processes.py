# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Processes of a cluster, known by what they are and not by a number in a file.

A pid file may be stale, and its number may belong to somebody else by now. So a process is this cluster's when its
command line names this cluster's folder, which no other has.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

Recognise = Callable[[Sequence[str]], str]

_PROC = Path("/proc")


def command_line(pid: int) -> list[str]:
    """Arguments of a process, empty when it is gone, a zombie, or not to be read."""
    try:
        content = (_PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return []
    return [part.decode(errors="replace") for part in content.split(b"\0")[:-1]]


def running(recognise: Recognise) -> dict[str, list[int]]:
    """Name → pids of the processes that C(recognise(command line)) gives a name to."""
    found: dict[str, list[int]] = {}
    me = os.geteuid()
    for entry in _PROC.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if entry.stat().st_uid != me:
                continue
        except OSError:
            continue
        arguments = command_line(int(entry.name))
        if arguments and (name := recognise(arguments)):
            found.setdefault(name, []).append(int(entry.name))
    return found


def end(pids: Sequence[int], recognise: Recognise, seconds: float) -> list[int]:
    """Kill processes and wait until they are gone.

    Each is held by a descriptor before it is looked at once more, so that no number can change hands in between.

    :returns: those that are still there after C(seconds).
    """
    waiting: dict[int, int] = {}
    for pid in pids:
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        if not recognise(command_line(pid)):
            os.close(descriptor)
            continue
        try:
            signal.pidfd_send_signal(descriptor, signal.SIGKILL)
        except ProcessLookupError:
            os.close(descriptor)
            continue
        waiting[descriptor] = pid
    poller = select.poll()
    for descriptor in waiting:
        poller.register(descriptor, select.POLLIN)
    until = time.monotonic() + seconds
    while waiting and (left := until - time.monotonic()) > 0:
        for descriptor, _other in poller.poll(left * 1000):
            poller.unregister(descriptor)
            os.close(descriptor)
            del waiting[descriptor]
    for descriptor in waiting:
        os.close(descriptor)
    return list(waiting.values())


def start(arguments: Sequence[str], *, log: Path, folder: Path, environment: dict[str, str]) -> int:
    """Start a process that outlives this one, its output appended to a private file."""
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        process = subprocess.Popen(
            list(arguments),
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )
    finally:
        os.close(descriptor)
    return process.pid
