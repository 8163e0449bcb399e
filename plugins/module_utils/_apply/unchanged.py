# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether an object needs no PATCH: what our field manager declared last time is what is declared now, and it is live.

"Every declared value is live" alone would be wrong: it says yes when a key was removed from the plan, or when a stranger
appended to an atomic list. So the field set that the API server recorded for us (C(metadata.managedFields), an entry of
operation Apply) is walked beside the object. It also tells how lists are matched, so no schema is needed. Values are
compared to the letter and in both directions, but for what C(_objects.normalised) knows of a place. In any doubt the answer is
no: a needless PATCH changes nothing.

Format of the field sets: sigs.k8s.io/structured-merge-diff/fieldpath, C(f:) a field, C(k:) an element of a list by its
keys, C(v:) an element of a set, C(.) the thing itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .._objects.normalised import EXACT, MISSING, NORMALISED, Place
from .._objects.objects import split_version

_IDENTITY = {"apiVersion", "kind"}
_METADATA_IDENTITY = {"name", "namespace"}


def is_applied(wanted: Mapping[str, Any], live: Mapping[str, Any], manager: str) -> bool:
    """Whether applying C(wanted), as it is sent, would change nothing in C(live).

    :arg live: with its managedFields, read in the same apiVersion.
    :arg manager: our field manager.
    """
    fields = our_fields(live, manager, wanted["apiVersion"])
    declared = {name: value for name, value in wanted.items() if name not in _IDENTITY}
    declared["metadata"] = {name: value for name, value in wanted["metadata"].items() if name not in _METADATA_IDENTITY}
    if not declared["metadata"]:
        del declared["metadata"]
    place = NORMALISED.get((split_version(wanted["apiVersion"])[0], wanted["kind"]), EXACT)
    # Nothing was recorded: right for an object that declares no more than its name.
    return _walk(fields, declared, live, place) if fields else not declared


def our_fields(live: Mapping[str, Any], manager: str, api_version: str) -> Mapping[str, Any]:
    """The field set that the API server recorded for what we applied; empty when there is none."""
    for entry in live["metadata"].get("managedFields") or ():
        if (
            entry.get("manager") == manager
            and entry.get("operation") == "Apply"
            and not entry.get("subresource")
            and entry["apiVersion"] == api_version
        ):
            fields: Mapping[str, Any] = entry.get("fieldsV1") or {}
            return fields
    return {}


def _walk(fields: Mapping[str, Any], wanted: Any, live: Any, place: Place) -> bool:
    """Whether what is wanted here is what was recorded, and is live."""
    children = [name for name in fields if name != "."]
    if not children:
        # A scalar, an empty value, or a list or map that is owned as a whole.
        return _same(wanted, live, place)
    kinds = {name[0] for name in children}
    if kinds == {"f"}:
        return (
            isinstance(wanted, Mapping)
            and isinstance(live, Mapping)
            # What is declared now and was not is as much a change as what was and is not any more.
            and len(children) == len(wanted)
            and all(
                name[2:] in wanted and _walk(fields[name], wanted[name[2:]], live.get(name[2:], MISSING), place.at(name[2:]))
                for name in children
            )
        )
    if len(kinds) == 1 and isinstance(wanted, list) and isinstance(live, list):
        return _walk_elements(fields, children, wanted, live, place)
    return False


def _walk_elements(fields: Mapping[str, Any], children: list[str], wanted: list[Any], live: list[Any], place: Place) -> bool:
    """Elements of a list that have owners of their own. Others' may stand between ours; ours stand in the order in which they are wanted."""
    if len(children) != len(wanted):
        return False
    pairs: list[tuple[int, int]] = []
    for name in children:
        ours, there = _positions(wanted, name), _positions(live, name)
        if len(ours) != 1 or len(there) != 1 or not _walk(fields[name], wanted[ours[0]], live[there[0]], place):
            return False
        pairs.append((ours[0], there[0]))
    found = [there for _ours, there in sorted(pairs)]
    return found == sorted(found)


def _positions(elements: list[Any], name: str) -> list[int]:
    """Where in a list the element stands that a field set calls C(k:) and its keys, or C(v:) and its value."""
    told = json.loads(name[2:])
    if name[0] == "v":
        return [index for index, element in enumerate(elements) if _same(told, element, EXACT)]
    return [
        index
        for index, element in enumerate(elements)
        if isinstance(element, Mapping) and all(_same(value, element.get(key, MISSING), EXACT) for key, value in told.items())
    ]


def _same(wanted: Any, live: Any, place: Place) -> bool:
    """Equal to the API server: as it stores both of them.

    Only reached for what our entry holds: whoever else had changed it would hold it instead.
    """
    if place is not EXACT:
        wanted, live = place.stored(wanted), place.stored(live)
    # To Python, True is 1 and 1.0.
    if type(wanted) is not type(live):
        return False
    if isinstance(wanted, dict):
        return all(
            _same(wanted.get(name, MISSING), live.get(name, MISSING), place.at(name))
            for name in (wanted if wanted.keys() == live.keys() else wanted.keys() | live.keys())
        )
    if isinstance(wanted, list):
        return len(wanted) == len(live) and all(_same(one, other, place) for one, other in zip(wanted, live, strict=True))
    return bool(wanted == live)
