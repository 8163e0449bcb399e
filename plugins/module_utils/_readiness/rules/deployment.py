# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Deployment: all its pods are of its newest template and available, and no others are left."""

from __future__ import annotations

from ..conditions import conditions, not_observed
from ..rule import Item, Seen, rule
from ..status import CURRENT, Status, in_progress


@rule(("apps", "Deployment"))
def status(item: Item, _seen: Seen) -> Status:
    if stale := not_observed(item):
        return in_progress(stale)
    live, wanted = item.get("status") or {}, (item.get("spec") or {}).get("replicas", 1)
    old = max(0, live.get("replicas", 0) - live.get("updatedReplicas", 0))
    counted = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
    progress = (1, *(min(live.get(field, 0), wanted) for field in counted), -old)
    # ProgressDeadlineExceeded alone is not final: a slow image pull gets past it.
    progressing = conditions(item).get("Progressing") or {}
    late = f"; {progressing['message']}" if progressing.get("reason") == "ProgressDeadlineExceeded" else ""
    for field, what in (("replicas", "made"), ("updatedReplicas", "updated"), ("availableReplicas", "available")):
        if live.get(field, 0) < wanted:
            return in_progress(f"{live.get(field, 0)} of {wanted} replicas {what}{late}", *progress)
    if old:
        return in_progress(f"{old} old replicas are still there", *progress)
    return CURRENT
