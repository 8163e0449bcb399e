# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ReplicaSet: all its pods are available, and no others are left."""

from __future__ import annotations

from ..conditions import conditions, not_observed
from ..rule import Item, Seen, rule
from ..status import CURRENT, Status, in_progress


@rule(("apps", "ReplicaSet"))
def status(item: Item, _seen: Seen) -> Status:
    if stale := not_observed(item):
        return in_progress(stale)
    live, wanted = item.get("status") or {}, (item.get("spec") or {}).get("replicas", 1)
    counts = [live.get(field, 0) for field in ("replicas", "readyReplicas", "availableReplicas")]
    progress = (1, *(min(count, wanted) for count in counts))
    failure = conditions(item).get("ReplicaFailure") or {}
    if failure.get("status") == "True":
        return in_progress(f"{counts[0]} of {wanted} replicas made: {failure.get('message') or failure.get('reason') or ''}", *progress)
    if counts[0] > wanted:
        return in_progress(f"{counts[0] - wanted} pods too many are still there", *progress)
    if counts[2] < wanted:
        return in_progress(f"{counts[2]} of {wanted} replicas available", *progress)
    return CURRENT
