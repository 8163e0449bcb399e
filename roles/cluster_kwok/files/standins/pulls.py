# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An image that is on a node stays there, and several pods wait for one pull, as on a real node."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Pull:
    """From when to when a node pulls an image."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        return self.end - self.start


class Pulls:
    """Which images are on which nodes, or on their way. C(seconds_of) tells how long an image takes."""

    def __init__(self, seconds_of: Callable[[str], float]) -> None:
        self._seconds_of = seconds_of
        self._there: dict[tuple[str, str], Pull] = {}
        self._lock = threading.Lock()

    def has(self, node: str, image: str) -> None:
        """It is there already: a container of it runs."""
        with self._lock:
            self._there.setdefault((node, image), Pull(0.0, 0.0))

    def is_there(self, node: str, image: str) -> bool:
        """Whether it is there, or on its way."""
        with self._lock:
            return (node, image) in self._there

    def pull(self, node: str, image: str, start: float) -> Pull:
        """The pull of this image on this node, begun at C(start) unless it was before."""
        with self._lock:
            found = self._there.get((node, image))
            if found is None:
                found = self._there[node, image] = Pull(start, start + self._seconds_of(image))
            return found
