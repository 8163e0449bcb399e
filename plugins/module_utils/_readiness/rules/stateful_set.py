# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""StatefulSet: all its pods are ready, and those above its partition are of its newest template."""

from __future__ import annotations

from ..conditions import not_observed
from ..rule import Item, Seen, rule
from ..status import CURRENT, Status, in_progress


@rule(("apps", "StatefulSet"))
def status(item: Item, _seen: Seen) -> Status:
    if stale := not_observed(item):
        return in_progress(stale)
    spec, live = item.get("spec") or {}, item.get("status") or {}
    wanted = spec.get("replicas", 1)
    updated = live.get("updatedReplicas", live.get("currentReplicas", 0))
    progress = (1, *(min(count, wanted) for count in (live.get("replicas", 0), updated, live.get("readyReplicas", 0))))
    if live.get("readyReplicas", 0) < wanted:
        return in_progress(f"{live.get('readyReplicas', 0)} of {wanted} replicas ready", *progress)
    strategy = spec.get("updateStrategy") or {}
    partition = (strategy.get("rollingUpdate") or {}).get("partition") or 0
    if strategy.get("type") == "OnDelete":
        return CURRENT
    if updated < wanted - partition and live.get("currentRevision") != live.get("updateRevision"):
        return in_progress(f"{live.get('updatedReplicas', 0)} of {wanted - partition} replicas updated", *progress)
    return CURRENT
