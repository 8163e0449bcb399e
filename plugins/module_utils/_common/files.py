# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files that only their owner can read, never seen half-written. Plans hold the Secrets of an install."""

from __future__ import annotations

import errno
import os
from pathlib import Path


def private_folder(path: Path) -> Path:
    """Create a folder with mode 0700 (parents too, where they are missing)."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)
    return path


def write_private(path: Path, content: bytes | str) -> None:
    """Write a file with mode 0600, by a rename, so that a reader sees the old content or the new."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(content.encode() if isinstance(content, str) else content)
        unfinished.rename(path)
    except BaseException as error:
        unfinished.unlink(missing_ok=True)
        # A full disk shows while writing, when Python no longer knows the name.
        if isinstance(error, OSError) and error.filename is None:
            error.filename = str(path)
        raise


def is_full(error: BaseException | None) -> bool:
    """Whether a file could not be written for lack of space."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
