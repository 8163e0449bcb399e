# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs commands, and asks binaries for their version."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from .recipe import Binary, Refused

_VERSION_SECONDS = 30.0


class Run(Protocol):
    """Runs a command without a shell; returns its exit code and what it wrote.

    Raises OSError when it cannot be started, TimeoutExpired when it takes longer than C(timeout) seconds.
    """

    def __call__(
        self, command: Sequence[str], *, timeout: float, folder: Path | None = None, environment: Mapping[str, str] | None = None
    ) -> tuple[int, str]: ...


def run(
    command: Sequence[str], *, timeout: float, folder: Path | None = None, environment: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """The real C(Run)."""
    # Into a file, since a pipe would be held open by the children of a command that was ended at its time limit.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            list(command),
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=timeout,
            check=False,
        )
        output.seek(0)
        return done.returncode, output.read().decode(errors="replace")


def told_version(binary: Binary, path: Path, runner: Run) -> tuple[str | None, str]:
    """The version that the file at C(path) tells (None: none), and its words for a message."""
    command = [str(path), *binary.version_command]
    try:
        rc, output = runner(command, timeout=_VERSION_SECONDS)
    except subprocess.TimeoutExpired:
        return None, f"no answer to '{' '.join(binary.version_command)}' within {_VERSION_SECONDS:.0f} s"
    except OSError as error:
        return None, f"it could not be run: {error.strerror or error}"
    match = re.search(binary.version_pattern, output)
    if rc == 0 and match:
        return match[1], f"it is version {match[1]}"
    words = " ".join(output.split())[:200] or "nothing"
    return None, f"it answered '{' '.join(binary.version_command)}' with {words!r} (exit code {rc})"


def check_version(binary: Binary, path: Path, origin: str, runner: Run) -> None:
    """Refuse what came from C(origin) unless it tells the version that it should have."""
    version, words = told_version(binary, path, runner)
    if version != binary.version:
        raise Refused(
            f"{origin} should be {binary}, but {words}. It was not kept. "
            "Look at what that place holds for this version and processor"
            + ("; a cache on a file system mounted noexec cannot be used either." if "could not be run" in words else ".")
        )
