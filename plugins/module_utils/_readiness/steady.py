# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Programs that nobody probes: a container without a readinessProbe counts as ready from its first moment on, also one that ends in the next.

So a workload with such containers is ready when they have been up for a while without a restart: a few seconds, and longer after a
restart, since a kubelet waits 10, 20, 40 … seconds before the next (CrashLoopBackOff).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._common.times import seconds_of

_CALM_SECONDS = 3.0
# A program that fails for want of another one comes up at last and stays; one that fails for good shows again within this time.
_MOST_SECONDS = 30.0


@dataclass
class _Seen:
    restarts: int
    since: float
    first: int
    """Restarts when it was seen first: what is above happened during the wait."""


class Steady:
    """What was seen of containers, look by look. Times are seconds: C(now) of any clock that only goes on, C(wall) since the epoch."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], _Seen] = {}

    def look(self, pods: Sequence[Mapping[str, Any]], now: float) -> None:
        """Take notice of pods as they are now."""
        for pod in pods:
            for status in _statuses(pod):
                key, restarts = (pod["metadata"]["uid"], status["name"]), status.get("restartCount", 0)
                known = self._seen.get(key)
                if known is None:
                    self._seen[key] = _Seen(restarts, now, restarts)
                elif known.restarts != restarts:
                    known.restarts, known.since = restarts, now

    def restarts(self, pods: Sequence[Mapping[str, Any]]) -> int:
        """How often containers of these pods were started anew since they were seen first."""
        keys = ((pod["metadata"]["uid"], status["name"]) for pod in pods for status in _statuses(pod))
        return sum(seen.restarts - seen.first for key in keys if (seen := self._seen.get(key)))

    def why_not(self, pods: Sequence[Mapping[str, Any]], now: float, wall: float) -> str:
        """Why these pods cannot be trusted yet; empty when they can."""
        for pod in pods:
            unprobed = {container["name"] for container in pod["spec"]["containers"] if not container.get("readinessProbe")}
            for status in (status for status in _statuses(pod) if status["name"] in unprobed):
                seen = self._seen[pod["metadata"]["uid"], status["name"]]
                calm = min(_CALM_SECONDS + 10.0 * (seen.restarts - seen.first), _MOST_SECONDS)
                up = max(now - seen.since, wall - _started(status))
                if "running" in (status.get("state") or {}) and up < calm:
                    again = f", after {seen.restarts - seen.first} restarts" if seen.restarts > seen.first else ""
                    return f"container {status['name']} has no readinessProbe and is up for {max(0.0, up):.0f} s only{again}"
        return ""


def _statuses(pod: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from (pod.get("status") or {}).get("containerStatuses") or ()


def _started(status: Mapping[str, Any]) -> float:
    """Seconds since the epoch; never for one that does not tell, so that only what was seen of it counts."""
    started = seconds_of(((status.get("state") or {}).get("running") or {}).get("startedAt"))
    return float("inf") if started is None else started
