# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The status of a kind that nobody wrote a rule for, by what controllers agree on.

kstatus' own way (sigs.k8s.io/cli-utils pkg/kstatus/status/generic.go, C(checkGenericProperties), and status.go, C(checkReadyCondition)): the
generation that the controller has seen, the conditions Reconciling and Stalled, then Ready. What has none of them is as it should be.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .conditions import conditions
from .rule import Item
from .status import CURRENT, Status, failed, in_progress


def fallback(item: Item) -> Status:
    """The status by generic properties; an object without any is Current."""
    status = item.get("status")
    if not isinstance(status, Mapping):
        return CURRENT
    generation, observed = item["metadata"].get("generation"), status.get("observedGeneration")
    if generation is not None and isinstance(observed, int) and observed != generation:
        return in_progress(f"its controller has seen generation {observed} of {generation}")
    found = conditions(item)
    if (reconciling := found.get("Reconciling") or {}).get("status") == "True":
        return in_progress(_words("Reconciling", reconciling))
    if (stalled := found.get("Stalled") or {}).get("status") == "True":
        return failed(_words("Stalled", stalled), str(stalled.get("reason") or ""))
    ready = found.get("Ready")
    if ready is not None and ready.get("status") != "True":
        return in_progress(_words("Ready", ready))
    return CURRENT


def _words(type_: str, condition: Mapping[str, Any]) -> str:
    words = (f"{type_} is {condition.get('status', 'Unknown')}", condition.get("reason"), condition.get("message"))
    return ": ".join(str(word) for word in words if word)
