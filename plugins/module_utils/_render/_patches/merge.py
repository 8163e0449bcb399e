# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Values laid over others, as a strategic merge patch does it."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

_ENTRY = re.compile(r"\[[^=\]]+=[^\]]+\]")


def merged(base: Any, change: Any) -> Any:
    """C(change) over C(base): mappings key by key, lists of named things by their names, all else replaced.

    None stays None: in a patch it removes the key.
    """
    if isinstance(base, Mapping) and isinstance(change, Mapping):
        both = {**copy.deepcopy(dict(base)), **{name: value for name, value in change.items() if name not in base}}
        return {name: merged(value, change[name]) if name in base and name in change else value for name, value in both.items()}
    if _named(base) and _named(change):
        changes = {entry["name"]: entry for entry in change}
        known = {entry["name"] for entry in base}
        kept = [merged(entry, changes[entry["name"]]) if entry["name"] in changes else copy.deepcopy(entry) for entry in base]
        return kept + [copy.deepcopy(entry) for entry in change if entry["name"] not in known]
    return copy.deepcopy(change)


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


def _named(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(entry, Mapping) and "name" in entry for entry in value)
