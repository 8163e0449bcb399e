# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How long things take on the nodes: a file says so, and is read again when it changes."""

from __future__ import annotations

import fnmatch
import json
import logging
from dataclasses import dataclass
from pathlib import Path

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pace:
    """Seconds to pull an image, those that a name or a pattern with C(*) tells for particular ones (the longest that fits
    counts), and until a pod sees a change of a Secret that it mounts."""

    pull_seconds: float = 0.0
    pull_seconds_by_image: tuple[tuple[str, float], ...] = ()
    secret_refresh_seconds: float = 0.0

    def pull(self, image: str) -> float:
        """Seconds for this image."""
        fitting = [(len(pattern), seconds) for pattern, seconds in self.pull_seconds_by_image if fnmatch.fnmatchcase(image, pattern)]
        return max(fitting)[1] if fitting else self.pull_seconds


def read(path: Path) -> Pace:
    """What the file says; none, or one that cannot be read, means that nothing takes time."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        by_image = tuple((name, float(seconds)) for name, seconds in found["pull_seconds_by_image"].items())
        return Pace(float(found["pull_seconds"]), by_image, float(found["secret_refresh_seconds"]))
    except FileNotFoundError:
        return Pace()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        log.warning("%s: %s", path, error)
        return Pace()


class PaceFile:
    """Calling it gives what the file says now."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0, Pace()

    def __call__(self) -> Pace:
        try:
            stamp = self._path.stat().st_mtime_ns
        except OSError:
            stamp = -1
        if stamp != self._read[0]:
            self._read = stamp, read(self._path)
        return self._read[1]
