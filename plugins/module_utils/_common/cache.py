# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Things made once per user and shared by every run: one lock per thing, nothing half-made in sight."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path


def cache_root() -> Path:
    """The user's cache folder of this collection: C($XDG_CACHE_HOME/mlplatform.kubeflow), by default below C(~/.cache)."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "mlplatform.kubeflow"


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on C(path).lock; waits for other processes. The kernel releases it when a process dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(f"{path}.lock", os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _discard(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def make_once(target: Path, make: Callable[[Path], None]) -> bool:
    """Make C(target), a file or a folder, unless it is there already.

    C(make) gets a path beside the target that does not exist yet, and creates it. Only what it finished is renamed
    to the target, so an interrupted run leaves nothing that looks finished; what it did leave is cleared by the next.

    :returns: True when it was made now.
    :raises: whatever C(make) raises; the target does not exist then.
    """
    if target.exists():
        return False
    with locked(target):
        if target.exists():
            return False
        unfinished = target.with_name(f".{target.name}.unfinished")
        _discard(unfinished)
        try:
            make(unfinished)
            unfinished.rename(target)
        except BaseException:
            _discard(unfinished)
            raise
    return True
