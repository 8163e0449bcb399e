# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the statuses of most kinds share: conditions, and the generation that a controller has seen."""

from __future__ import annotations

from typing import Any

from .rule import Item
from .status import CURRENT, Status, in_progress


def conditions(item: Item) -> dict[str, dict[str, Any]]:
    """Conditions by their type."""
    return {condition["type"]: condition for condition in (item.get("status") or {}).get("conditions") or ()}


def not_observed(item: Item) -> str:
    """Why the status is about an older generation than the spec, or an empty string."""
    generation, observed = item["metadata"].get("generation"), (item.get("status") or {}).get("observedGeneration")
    if generation is None:
        return ""
    return "" if observed == generation else f"its controller has seen generation {observed or 'none'} of {generation}"


def condition_is_true(item: Item, type_: str) -> Status:
    """Current when the condition is True. One that should be there and is not is not ready."""
    condition = conditions(item).get(type_)
    if not condition:
        return in_progress(f"has no condition {type_} yet")
    if condition["status"] != "True":
        return in_progress(
            ": ".join(part for part in (f"{type_} is {condition['status']}", condition.get("reason"), condition.get("message")) if part)
        )
    seen = condition.get("observedGeneration")
    if seen is not None and seen != item["metadata"].get("generation"):
        return in_progress(f"{type_} is about generation {seen} of {item['metadata'].get('generation')}")
    return CURRENT
