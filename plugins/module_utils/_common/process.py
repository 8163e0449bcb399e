# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Commands, run without a shell and without anything to type at."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Ran:
    """A command that has ended by itself."""

    status: int
    stdout: bytes = b""
    stderr: bytes = b""

    @property
    def words(self) -> str:
        """All that it said, errors last, for messages."""
        return (self.stdout + self.stderr).decode(errors="replace").strip()


class RunCommand(Protocol):
    """What runs commands; tests put their own in its place."""

    def __call__(
        self, command: Sequence[str], *, timeout: float, folder: Path | None = None, environment: Mapping[str, str | None] | None = None
    ) -> Ran: ...


def ended(run: RunCommand, command: Sequence[str], *, timeout: float, environment: Mapping[str, str | None] | None = None) -> Ran:
    """A command that has ended in any case: one that was ended at its time limit has failed, and its words end with that.

    :raises OSError: when it cannot be started.
    """
    try:
        return run(command, timeout=timeout, environment=environment)
    except subprocess.TimeoutExpired as error:
        # The status of coreutils' timeout(1).
        return Ran(124, stderr=(error.stderr or b"") + f"\nno end after {error.timeout:.0f} s".encode())


def run_command(
    command: Sequence[str], *, timeout: float, folder: Path | None = None, environment: Mapping[str, str | None] | None = None
) -> Ran:
    """Run a command to its end.

    :arg timeout: seconds, after which it is killed.
    :arg environment: variables beside those of this process; None takes one away.
    :raises OSError: when it cannot be started.
    :raises subprocess.TimeoutExpired: when it takes longer; C(output) and C(stderr) are what it has said by then.
    """
    # Into files, since pipes would be held open by the children of a command that was ended at its time limit.
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:

        def said() -> tuple[bytes, bytes]:
            out.seek(0)
            errors.seek(0)
            return out.read(), errors.read()

        try:
            done = subprocess.run(
                list(command),
                cwd=folder,
                env={name: value for name, value in {**os.environ, **(environment or {})}.items() if value is not None},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=errors,
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            error.output, error.stderr = said()
            raise
        return Ran(done.returncode, *said())
