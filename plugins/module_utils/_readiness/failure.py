# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A state that does not heal by itself, and the time in which it still may."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .._objects.objects import Key

# How long a failure may be out of sight and is still the same: a kubelet tells its back-off and the next attempt in turns.
_OUT_OF_SIGHT_SECONDS = 15.0


@dataclass(frozen=True)
class Failure:
    """What has failed. C(reason) is one word for programs; C(grace) is seconds in which it may still heal, from its first sight on."""

    reason: str
    message: str
    grace: float


@dataclass
class _Seen:
    reason: str
    since: float
    last: float


class Graces:
    """Since when objects show the failure that they show. Times are seconds of any clock that only goes on."""

    def __init__(self) -> None:
        self._seen: dict[Key, _Seen] = {}
        self.pending = False
        """Whether some object shows a failure that may become final within seconds rather than minutes."""

    def look(self, failures: Mapping[Key, Failure], now: float, soon: float) -> frozenset[Key]:
        """Take notice of the failures that are seen at C(now), and tell which have outlasted their grace.

        :arg soon: seconds; what becomes final later than so is not C(pending).
        """
        for key in [key for key, seen in self._seen.items() if now - seen.last > _OUT_OF_SIGHT_SECONDS]:
            del self._seen[key]
        final, pending = set[Key](), False
        for key, failure in failures.items():
            seen = self._seen.get(key)
            if seen is None or seen.reason != failure.reason:
                seen = self._seen[key] = _Seen(failure.reason, now, now)
            seen.last = now
            left = failure.grace - (now - seen.since)
            if left <= 0:
                final.add(key)
            elif left <= soon:
                pending = True
        self.pending = pending
        return frozenset(final)
