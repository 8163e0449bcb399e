# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asks binaries for their version."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from .._common.process import RunCommand
from .recipe import Binary, Refused

_VERSION_SECONDS = 30.0


def told_version(binary: Binary, path: Path, run: RunCommand) -> tuple[str | None, str]:
    """The version that the file at C(path) tells (None: none), and its words for a message."""
    if not binary.version_command:
        return _written_version(binary, path)
    command = [str(path), *binary.version_command]
    try:
        done = run(command, timeout=_VERSION_SECONDS)
    except subprocess.TimeoutExpired:
        return None, f"no answer to '{' '.join(binary.version_command)}' within {_VERSION_SECONDS:.0f} s"
    except OSError as error:
        return None, f"it could not be run: {error.strerror or error}"
    match = re.search(binary.version_pattern, done.words)
    if done.status == 0 and match:
        return match[1], f"it is version {match[1]}"
    words = " ".join(done.words.split())[:200] or "nothing"
    return None, f"it answered '{' '.join(binary.version_command)}' with {words!r} (exit code {done.status})"


def _written_version(binary: Binary, path: Path) -> tuple[str | None, str]:
    """The version that stands in the file."""
    try:
        found = re.search(binary.version_pattern.encode(), path.read_bytes())
    except OSError as error:
        return None, f"it could not be read: {error.strerror or error}"
    if found is None:
        return None, "no version is written in it"
    version = found[1].decode(errors="replace")
    return version, f"it is version {version}"


def check_version(binary: Binary, path: Path, origin: str, run: RunCommand) -> None:
    """Refuse what came from C(origin) unless it tells the version that it should have."""
    version, words = told_version(binary, path, run)
    if version != binary.version:
        raise Refused(
            f"{origin} should be {binary}, but {words}. It was not kept. "
            "Look at what that place holds for this version and processor"
            + ("; a cache on a file system mounted noexec cannot be used either." if "could not be run" in words else ".")
        )
