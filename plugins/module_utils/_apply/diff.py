# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Changed objects as a diff for people, Secrets masked."""

from __future__ import annotations

import copy
from typing import Any

from .._objects.manifests import dump
from .result import Change

# The server's bookkeeping, different after every write.
_BOOKKEEPING = ("managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink")
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def comparable(item: dict[str, Any]) -> dict[str, Any]:
    """An object without status and bookkeeping."""
    item = copy.deepcopy(item)
    item.pop("status", None)
    for name in _BOOKKEEPING:
        item["metadata"].pop(name, None)
    return item


def diff_of(changes: list[Change]) -> list[dict[str, str]]:
    """Ansible's diff entries, one per changed object."""
    entries = []
    for change in changes:
        before, after = (comparable(change.before) if change.before else None), comparable(change.after)
        _mask(before, after)
        entries.append(
            {
                "before_header": f"{change.part}: {change.object}",
                "after_header": f"{change.part}: {change.object}",
                "before": dump(before, sort_keys=True) if before else "",
                "after": dump(after, sort_keys=True),
            }
        )
    return entries


def _mask(before: dict[str, Any] | None, after: dict[str, Any]) -> None:
    """Replace the values of a Secret; that a value changed still shows."""
    if after.get("kind") != "Secret":
        return
    old = dict((before or {}).get("data") or {})
    for item in (before, after):
        if item is None:
            continue
        # It would repeat the values in plain text.
        (item["metadata"].get("annotations") or {}).pop(_LAST_APPLIED, None)
        for name, value in (item.get("data") or {}).items():
            differs = item is after and before is not None and old.get(name) != value
            item["data"][name] = "(masked, changed)" if differs else "(masked)"
