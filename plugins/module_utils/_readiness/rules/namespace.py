# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Namespace: it is not being deleted."""

from __future__ import annotations

from ..rule import Item, Seen, rule
from ..status import CURRENT, Status, in_progress


@rule(("", "Namespace"))
def status(item: Item, _seen: Seen) -> Status:
    phase = (item.get("status") or {}).get("phase")
    return CURRENT if phase == "Active" else in_progress(f"is {phase}")
