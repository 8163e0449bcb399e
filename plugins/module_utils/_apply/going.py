# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Objects that are being deleted, and what holds them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# pkg/registry/core/namespace and pkg/controller/namespace/deletion/status_condition_utils.go; the others say the same about what is left.
_NAMESPACE_CONDITIONS = (
    "NamespaceDeletionDiscoveryFailure",
    "NamespaceDeletionGroupVersionParsingFailure",
    "NamespaceDeletionContentFailure",
    "NamespaceContentRemaining",
    "NamespaceFinalizersRemaining",
)
# pkg/controller/volume/pvcprotection: taken away when no pod uses the claim any more.
_IN_USE = "kubernetes.io/pvc-protection"


def why_going(item: Mapping[str, Any]) -> str:
    """What holds an object that is being deleted: C(being deleted since …; held by finalizers …)."""
    told = {
        condition["type"]: condition for condition in (item.get("status") or {}).get("conditions") or () if condition["status"] == "True"
    }
    words = [told[name].get("message") or name for name in _NAMESPACE_CONDITIONS if name in told]
    finalizers = item["metadata"].get("finalizers") or ()
    if finalizers:
        words.append(f"held by finalizers {', '.join(finalizers)}")
    if _IN_USE in finalizers:
        words.append("a pod still uses it, so scale down or delete what uses it")
    # Of a pod it is the end of the time that it was given (meta/v1 ObjectMeta).
    word = "with time until" if item["metadata"].get("deletionGracePeriodSeconds") else "since"
    return "; ".join([f"being deleted {word} {item['metadata']['deletionTimestamp']}", *words])
