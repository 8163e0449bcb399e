# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Objects that were refused and may pass later. Of those that one cause holds, one is sent again and stands for the others."""

from __future__ import annotations

from dataclasses import dataclass, field

from .._client.http import ApiError
from .pending import Pending

_PAUSE_SECONDS = (0.2, 3.0)
# All causes together: a cluster that refuses is not to be loaded as well.
_RETRIES_A_SECOND = 4


@dataclass
class _Cause:
    scout: Pending
    """The one that is sent again."""
    behind: list[Pending] = field(default_factory=list)
    refusals: int = 0


class Retries:
    """Who is sent again, and when."""

    def __init__(self) -> None:
        self._causes: dict[str, _Cause] = {}

    def refused(self, pending: Pending, cause: str, error: ApiError) -> float | None:
        """Seconds until it is sent again, or None when another one is sent in its place."""
        known = self._causes.setdefault(cause, _Cause(pending))
        if known.scout is not pending:
            known.behind.append(pending)
            return None
        first, most = _PAUSE_SECONDS
        pause = max(min(first * 1.5**known.refusals, most), len(self._causes) / _RETRIES_A_SECOND)
        known.refusals += 1
        return error.retry_after or pause

    def ended(self, pending: Pending, cause: str = "") -> list[Pending]:
        """Those for which it stood and stands no more, since it has passed, was refused for good, or for another C(cause)."""
        over = [name for name, known in self._causes.items() if known.scout is pending and name != cause]
        return [freed for name in over for freed in self._causes.pop(name).behind]
