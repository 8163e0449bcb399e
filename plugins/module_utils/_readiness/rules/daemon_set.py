# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""DaemonSet: a pod on each node that should have one."""

from __future__ import annotations

from ..conditions import not_observed
from ..rule import Item, Seen, rule
from ..status import CURRENT, Status, in_progress


@rule(("apps", "DaemonSet"))
def status(item: Item, _seen: Seen) -> Status:
    if stale := not_observed(item):
        return in_progress(stale)
    live = item.get("status") or {}
    wanted = live.get("desiredNumberScheduled")
    if wanted is None:
        return in_progress("not scheduled yet", 1)
    counted = ("currentNumberScheduled", "updatedNumberScheduled", "numberReady", "numberAvailable")
    progress = (1, *(min(live.get(field, 0), wanted) for field in counted))
    for field, what in (("currentNumberScheduled", "scheduled"), ("updatedNumberScheduled", "updated"), ("numberAvailable", "available")):
        if live.get(field, 0) < wanted:
            return in_progress(f"{live.get(field, 0)} of {wanted} pods {what}", *progress)
    return CURRENT
