# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pod that is in the plan itself: it is ready, or has done its work. kstatus calls one that has failed Current; nobody starts it anew."""

from __future__ import annotations

from ..pods import doing
from ..rule import Item, Seen, rule
from ..status import CURRENT, Status, failed, in_progress


@rule(("", "Pod"))
def status(item: Item, _seen: Seen) -> Status:
    words = doing(item)
    if not words:
        return CURRENT
    if (item.get("status") or {}).get("phase") == "Failed":
        return failed(words, str(item["status"].get("reason") or ""))
    containers = (item.get("status") or {}).get("containerStatuses") or ()
    scheduled = bool((item.get("spec") or {}).get("nodeName"))
    return in_progress(words, scheduled, sum(bool(container.get("ready")) for container in containers))
