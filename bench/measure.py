# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A command measured from outside: wall time, processor time of it and of the API server, peak memory."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")
# Often enough for runs of seconds, rare enough not to be seen on two cores.
_SAMPLE_SECONDS = 0.25


@dataclass(frozen=True)
class Command:
    """What to run; C(environment) is all of it."""

    arguments: list[str]
    environment: Mapping[str, str]
    standard_input: bytes = b""
    folder: Path | None = None


@dataclass
class Measured:
    """Seconds; memory in MiB, of the whole process tree, shared pages counted once."""

    seconds: float
    client_cpu: float
    server_cpu: float
    memory: float
    exit_code: int
    output: str = field(repr=False, default="")
    errors: str = field(repr=False, default="")


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has used so far, in seconds."""
    # The name may hold spaces and parentheses: fields are counted from the last one on.
    fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def descendants(pid: int) -> set[int]:
    """A process with its children and theirs."""
    parents: dict[int, int] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            with suppress(OSError, IndexError, ValueError):
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    found, todo = set(), [pid]
    while todo:
        parent = todo.pop()
        found.add(parent)
        todo += [child for child, its in parents.items() if its == parent and child not in found]
    return found


def memory_of(pids: set[int]) -> float:
    """Memory of processes in MiB; a page that several share counts once (PSS)."""
    total = 0
    for pid in pids:
        with suppress(OSError, IndexError, ValueError):
            total += sum(
                int(line.split()[1]) for line in (_PROC / str(pid) / "smaps_rollup").read_text().splitlines() if line[:4] == "Pss:"
            )
    return total / 1024


def peak_of(pid: int) -> float:
    """The most memory that a process has held so far, in MiB, since it is the program that it is now.

    What C(wait4) tells of its peak counts the bench's own memory too, of the moment between fork and exec.
    """
    with suppress(OSError, StopIteration):
        lines = (_PROC / str(pid) / "status").read_text().splitlines()
        return int(next(line for line in lines if line[:6] == "VmHWM:").split()[1]) / 1024
    return 0.0


def end(pid: int) -> None:
    """Kill a process that was started here, with its children and theirs."""
    for each in descendants(pid):
        with suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)


def measure(command: Command, servers: Sequence[int], timeout: float = 900) -> Measured:
    """Run a command to its end.

    :arg servers: pids of API servers, whose processor time is added up.
    :arg timeout: seconds, after which it is killed with all its children; its exit code is then negative.
    """
    before = sum(map(cpu_seconds, servers))
    started = time.monotonic()
    process = subprocess.Popen(
        command.arguments,
        env=dict(command.environment),
        cwd=command.folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    ended, peak = threading.Event(), [0.0]
    texts: dict[str, bytes] = {}

    def watch() -> None:
        while True:
            # Short-lived peaks may fall between two samples; the kernel knows those of the process itself.
            peak[0] = max(peak[0], memory_of(descendants(process.pid)), peak_of(process.pid))
            if time.monotonic() - started > timeout:
                end(process.pid)
            if ended.wait(_SAMPLE_SECONDS):
                return

    def write() -> None:
        with suppress(BrokenPipeError):
            process.stdin.write(command.standard_input)  # type: ignore[union-attr]
            process.stdin.close()  # type: ignore[union-attr]

    def reader(name: str, stream: Callable[[], bytes]) -> Callable[[], None]:
        return lambda: texts.update({name: stream()})

    assert process.stdout and process.stderr
    work = [watch, write, reader("output", process.stdout.read), reader("errors", process.stderr.read)]
    threads = [threading.Thread(target=target, daemon=True) for target in work]
    for thread in threads:
        thread.start()
    # Unlike subprocess, this tells what the process and all that it waited for have used.
    try:
        _pid, status, usage = os.wait4(process.pid, 0)
    except BaseException:
        end(process.pid)
        raise
    seconds = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    after = sum(map(cpu_seconds, servers))
    ended.set()
    for thread in threads:
        thread.join()
    return Measured(
        round(seconds, 2),
        round(usage.ru_utime + usage.ru_stime, 2),
        round(after - before, 2),
        round(peak[0], 1),
        process.returncode,
        texts["output"].decode(errors="replace"),
        texts["errors"].decode(errors="replace"),
    )


def settle(server: int, quiet: float = 0.1, timeout: float = 30) -> None:
    """Wait until the API server uses less than C(quiet) of a processor over a second, at most C(timeout) seconds."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        before = cpu_seconds(server)
        time.sleep(1)
        if cpu_seconds(server) - before < quiet:
            return
