# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How long images take to be pulled: a file says so, and is read again when it changes.

An image that is on a node stays there, and several pods wait for one pull, as on a real node.
"""

from __future__ import annotations

import fnmatch
import json
import logging
import threading
from dataclasses import dataclass
from pathlib import Path

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pull:
    """From when to when a node pulls an image."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        return self.end - self.start


@dataclass(frozen=True)
class Times:
    """Seconds for all images, and for those that a name or a pattern with C(*) names: the longest that fits counts."""

    seconds: float = 0.0
    by_image: tuple[tuple[str, float], ...] = ()

    def of(self, image: str) -> float:
        """Seconds for this image."""
        fitting = [(len(pattern), seconds) for pattern, seconds in self.by_image if fnmatch.fnmatchcase(image, pattern)]
        return max(fitting)[1] if fitting else self.seconds


def read_times(path: Path) -> Times:
    """What the file says; none, or one that cannot be read, means that nothing takes time."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return Times(float(found["seconds"]), tuple((name, float(seconds)) for name, seconds in found["by_image"].items()))
    except FileNotFoundError:
        return Times()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        log.warning("%s: %s", path, error)
        return Times()


class Pulls:
    """Which images are on which nodes, or on their way."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp = 0
        self._times = Times()
        self._there: dict[tuple[str, str], Pull] = {}
        self._lock = threading.Lock()

    def _now(self) -> Times:
        try:
            stamp = self._path.stat().st_mtime_ns
        except OSError:
            stamp = -1
        if stamp != self._stamp:
            self._stamp, self._times = stamp, read_times(self._path)
        return self._times

    def has(self, node: str, image: str) -> None:
        """It is there already: a container of it runs."""
        with self._lock:
            self._there.setdefault((node, image), Pull(0.0, 0.0))

    def pull(self, node: str, image: str, start: float) -> Pull:
        """The pull of this image on this node, begun at C(start) unless it was before."""
        with self._lock:
            found = self._there.get((node, image))
            if found is None:
                found = self._there[node, image] = Pull(start, start + self._now().of(image))
            return found
