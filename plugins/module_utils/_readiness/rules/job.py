# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Job: it has completed. One that somebody has suspended is as it should be, as for kstatus."""

from __future__ import annotations

from ..conditions import conditions
from ..rule import Item, Seen, rule
from ..status import CURRENT, Status, failed, in_progress


@rule(("batch", "Job"))
def status(item: Item, _seen: Seen) -> Status:
    found = conditions(item)
    if found.get("Failed", {}).get("status") == "True":
        reason = str(found["Failed"].get("reason") or "Failed")
        return failed(f"{reason}: {found['Failed'].get('message', '')}".rstrip(": "), reason)
    if found.get("Complete", {}).get("status") == "True":
        return CURRENT
    if (item.get("spec") or {}).get("suspend") and found.get("Suspended", {}).get("status") == "True":
        return CURRENT
    live = item.get("status") or {}
    # A pod that is started anew makes none of these greater than it was.
    return in_progress("has not completed", *(live.get(field) or 0 for field in ("succeeded", "ready", "active")))
