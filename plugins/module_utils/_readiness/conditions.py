# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the statuses of most kinds share: conditions, and the generation that a controller has seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .rule import Item
from .status import CURRENT, Status, in_progress


def conditions(item: Item) -> dict[str, Mapping[str, Any]]:
    """Conditions by their type. Some kinds have entries of another form under the same name; those have none of the types asked for."""
    status = item.get("status")
    entries = status.get("conditions") if isinstance(status, Mapping) else None
    return (
        {str(entry.get("type") or ""): entry for entry in entries or () if isinstance(entry, Mapping)} if isinstance(entries, list) else {}
    )


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
    if condition.get("status") != "True":
        words = (f"{type_} is {condition.get('status', 'Unknown')}", condition.get("reason"), condition.get("message"))
        return in_progress(": ".join(str(word) for word in words if word))
    seen = condition.get("observedGeneration")
    if seen is not None and seen != item["metadata"].get("generation"):
        return in_progress(f"{type_} is about generation {seen} of {item['metadata'].get('generation')}")
    return CURRENT
