# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A JSON merge patch (RFC 7396), for what has no merge keys: YAML and JSON that stand as text in a ConfigMap, and entries of lists."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

_ENTRY = re.compile(r"\[[^=\]]+=[^\]]+\]")


def merged_document(base: Any, change: Any) -> Any:
    """C(change) over C(base) as a JSON merge patch (RFC 7396): lists are replaced, None removes the key.

    Beyond that, a mapping like C({"[kind=File]": {...}}) over a list goes into its entries, and adds those that are not there.
    """
    if isinstance(base, list) and isinstance(change, Mapping) and change and all(map(_ENTRY.fullmatch, change)):
        return _merged_entries(base, change)
    if not isinstance(change, Mapping):
        return copy.deepcopy(change)
    result = dict(base) if isinstance(base, Mapping) else {}
    for name, value in change.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged_document(result.get(name), value)
    return result


def _merged_entries(base: list[Any], change: Mapping[str, Any]) -> list[Any]:
    entries = copy.deepcopy(base)
    for key, value in change.items():
        field, _equals, wanted = key[1:-1].partition("=")
        found = [place for place, entry in enumerate(entries) if isinstance(entry, Mapping) and str(entry.get(field)) == wanted]
        if value is None:
            entries = [entry for place, entry in enumerate(entries) if place not in found]
        elif found:
            entries[found[0]] = merged_document(entries[found[0]], value)
        else:
            entries.append(merged_document({field: wanted}, value))
    return entries
