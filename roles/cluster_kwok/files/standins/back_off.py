# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a kubelet goes about what fails again and again: 10 seconds until the next attempt, then twice as long each time, up to 300.

pkg/kubelet/kubelet.go@v1.34.4: backOffPeriod, MaxCrashLoopBackOff, MaxImageBackOff. Times are seconds of any clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .faults import Fault

_FIRST, _LAST = 10.0, 300.0
# Between an attempt that has failed and the next look at the pod, which finds it backing off.
_BARE_SECONDS = 1.0


def pause(attempt: int) -> float:
    """Seconds after the attempt with this number, which counts from 0."""
    return float(min(_LAST, _FIRST * 2 ** min(attempt, 10)))


@dataclass(frozen=True)
class Pulling:
    """An image that cannot be had: in C(attempt), counted from 0, either just refused or backing off; C(until) that changes."""

    attempt: int
    refused: bool
    until: float


def pulling(since: float, now: float) -> Pulling:
    """Where attempts that began at C(since) are."""
    start, attempt = since, 0
    while now >= start + pause(attempt):
        start, attempt = start + pause(attempt), attempt + 1
    refused = now < start + _BARE_SECONDS
    return Pulling(attempt, refused, start + (_BARE_SECONDS if refused else pause(attempt)))


@dataclass(frozen=True)
class Crashing:
    """A container that ends soon after each start: C(restarts) so far; C(began) and C(ended) of the last run, None while it runs."""

    fault: Fault
    restarts: int
    state: Literal["running", "terminated", "waiting"]
    began: float
    ended: float | None
    pause: float
    until: float


def crashing(fault: Fault, since: float, now: float) -> Crashing:
    """Where a container is that was started first at C(since)."""
    start, restarts = since, 0
    while True:
        end = start + fault.after
        # The first restart comes at once.
        rest = pause(restarts - 1) if restarts else _BARE_SECONDS
        if now < end:
            return Crashing(fault, restarts, "running", start, None, rest, end)
        if now < end + min(_BARE_SECONDS, rest):
            return Crashing(fault, restarts, "terminated", start, end, rest, end + min(_BARE_SECONDS, rest))
        if now < end + rest:
            return Crashing(fault, restarts, "waiting", start, end, rest, end + rest)
        start, restarts = end + rest, restarts + 1
