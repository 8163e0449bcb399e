# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""PersistentVolumeClaim: a volume is bound to it."""

from __future__ import annotations

from ..rule import Item, Seen, rule
from ..status import CURRENT, Status, in_progress


@rule(("", "PersistentVolumeClaim"))
def status(item: Item, _seen: Seen) -> Status:
    phase = (item.get("status") or {}).get("phase", "Pending")
    if phase == "Lost":
        return Status("Failed", "its volume is lost")
    return CURRENT if phase == "Bound" else in_progress(f"is {phase}: no volume is bound to it")
