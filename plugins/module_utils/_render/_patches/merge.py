# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Strategic merge: a change laid over a value, and the patch that makes one object of another."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from .merge_keys import Fields, Keyed

_DIRECTIVE = "$patch"
# A list with this entry takes the place of what is there, rather than being merged with it: apimachinery's
# strategicpatch and kustomize's kyaml both read it so.
REPLACE = {_DIRECTIVE: "replace"}
_OTHERS = ("$retainKeys", "$setElementOrder/", "$deleteFromPrimitiveList/")


class MergeError(ValueError):
    """What a change asks for cannot be seen or done; the message begins with the path."""


def merged(base: Any, change: Any, fields: Fields | Keyed | None = None, path: str = "") -> Any:
    """C(change) over C(base): mappings key by key, lists with keys entry by entry, all else replaced. None in a change removes the key.

    Neither is changed; what the change leaves as it is stands in both, base and result.

    :arg fields: where C(base) holds lists with keys.
    :raises MergeError: when an entry has no key, or it is not to be seen which one is meant, or for a directive other than
        C($patch) with C(replace) or C(delete).
    """
    if isinstance(change, Mapping):
        known = base if isinstance(base, Mapping) and _directive(change, path) != "replace" else {}
        inside = fields if isinstance(fields, Mapping) else {}
        result = dict(known)
        for name, value in change.items():
            if name == _DIRECTIVE:
                continue
            if value is None or _directive(value, f"{path}.{name}".strip(".")) == "delete":
                result.pop(name, None)
            else:
                result[name] = merged(known.get(name), value, inside.get(name), f"{path}.{name}".strip("."))
        return result
    if isinstance(change, list):
        known_entries = base if isinstance(base, list) and REPLACE not in change else []
        entries = [entry for entry in change if entry != REPLACE]
        if isinstance(fields, Keyed):
            return _merged_entries(known_entries, entries, fields, path)
        return [merged(None, entry) for entry in entries]
    return change


def _directive(change: Any, path: str) -> str:
    """What a mapping in a change says of itself."""
    if not isinstance(change, Mapping):
        return ""
    unknown = [name for name in change if str(name).startswith(_OTHERS)]
    found = str(change.get(_DIRECTIVE, "merge"))
    if unknown or found not in ("merge", "replace", "delete"):
        raise MergeError(f"{path}: {unknown[0] if unknown else f'{_DIRECTIVE}: {found}'} is no directive that can be used here")
    return found


def _merged_entries(base: Sequence[Any], change: Sequence[Any], keyed: Keyed, path: str) -> list[Any]:
    entries = list(base)
    for entry in change:
        if not isinstance(entry, Mapping) or entry.get(keyed.key) is None:
            raise MergeError(f"{path}: an entry has no {keyed.key}, by which it is known")
        place = _place(entries, entry, keyed, path)
        inside = f"{path}[{entry[keyed.key]}]"
        if _directive(entry, inside) == "delete":
            entries = [one for number, one in enumerate(entries) if number != place]
        elif place is None:
            entries.append(merged({}, entry, keyed.fields, inside))
        else:
            entries[place] = merged(entries[place], entry, keyed.fields, inside)
    return entries


def _place(entries: Sequence[Any], wanted: Mapping[str, Any], keyed: Keyed, path: str) -> int | None:
    """Where the entry is that is meant, or None."""
    key = wanted[keyed.key]
    found = [place for place, entry in enumerate(entries) if isinstance(entry, Mapping) and entry.get(keyed.key) == key]
    same = [place for place in found if all(entries[place].get(name) == wanted.get(name) for name in keyed.also)]
    if len(same) != 1 and (said := [name for name in keyed.also if name in wanted]):
        same = [place for place in found if all(entries[place].get(name, keyed.also[name]) == wanted[name] for name in said)]
        found = same
    found = same if len(same) == 1 else found
    if len(found) > 1:
        raise MergeError(f"{path} has more than one entry with {keyed.key} {key}" + "".join(f"; say its {name}" for name in keyed.also))
    return found[0] if found else None


def difference(before: Mapping[str, Any], after: Mapping[str, Any], fields: Fields) -> dict[str, Any]:
    """The strategic merge patch that makes C(after) of C(before), but for the order of entries that have keys.

    :arg fields: where they hold lists with keys.
    """
    patch: dict[str, Any] = {}
    # Sorted, so that the patch does not depend on the order in which settings were read.
    for name in sorted({*before, *after}):
        if name not in after:
            patch[name] = None
        elif name not in before:
            patch[name] = _new(after[name], fields.get(name))
        elif before[name] is not after[name] and not _same(before[name], after[name]):
            patch[name] = _difference(before[name], after[name], fields.get(name))
    return patch


def _difference(before: Any, after: Any, fields: Fields | Keyed | None) -> Any:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return difference(before, after, fields if isinstance(fields, Mapping) else {})
    if isinstance(fields, Keyed) and isinstance(before, list) and isinstance(after, list):
        return _entries(before, after, fields)
    return _new(after, fields)


def _entries(before: Sequence[Any], after: Sequence[Any], keyed: Keyed) -> list[Any]:
    old, new = _by_key(before, keyed.key), _by_key(after, keyed.key)
    if old is None or new is None or not old.keys() <= new.keys():
        return _whole(after, keyed)
    patch = []
    for key, entry in new.items():
        known = old.get(key)
        if known is None:
            patch.append(_new(entry, keyed.fields))
        elif any(known.get(name) != entry.get(name) for name in keyed.also):
            return _whole(after, keyed)
        elif change := difference(known, entry, keyed.fields):
            patch.append({**{name: known[name] for name in (keyed.key, *keyed.also) if name in known}, **change})
    return patch


def _whole(entries: Sequence[Any], keyed: Keyed) -> list[Any]:
    return [*_new(entries, keyed), dict(REPLACE)]


def _new(value: Any, fields: Fields | Keyed | None) -> Any:
    """A copy in which entries of one key say what tells them apart: kustomize 5 drops one of two ports if one leaves its protocol out."""
    if isinstance(value, Mapping):
        inside = fields if isinstance(fields, Mapping) else {}
        return {name: _new(inner, inside.get(name)) for name, inner in value.items()}
    if not isinstance(value, Sequence) or isinstance(value, str):
        return value
    if not isinstance(fields, Keyed):
        return [_new(inner, None) for inner in value]
    said = {} if _by_key(value, fields.key) else {name: default for name, default in fields.also.items() if default}
    return [{**said, **_new(entry, fields.fields)} if isinstance(entry, Mapping) else entry for entry in value]


def _by_key(entries: Sequence[Any], key: str) -> dict[Any, Mapping[str, Any]] | None:
    """None when the key does not tell all of them apart."""
    found = {entry[key]: entry for entry in entries if isinstance(entry, Mapping) and entry.get(key) is not None}
    return found if len(found) == len(entries) else None


def _same(one: Any, other: Any) -> bool:
    """As JSON: true is not 1."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
