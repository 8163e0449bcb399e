# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether an object needs no PATCH: what our field manager declared last time is what is declared now, and it is live.

"Every declared value is live" alone would be wrong: it says yes when a key was removed from the plan, or when a stranger
appended to an atomic list. So the field set that the API server recorded for us (C(metadata.managedFields), an entry of
operation Apply) is walked beside the object. It also tells how lists are matched, so no schema is needed. In any doubt
the answer is no: a needless PATCH changes nothing.

Format of the field sets: sigs.k8s.io/structured-merge-diff/fieldpath, C(f:) a field, C(k:) an element of a list by its
keys, C(v:) an element of a set, C(.) the thing itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .._objects.quantity import parse_quantity

_IDENTITY = {"apiVersion", "kind"}
_METADATA_IDENTITY = {"name", "namespace"}
# Parents of quantities, which the API server rewrites (1000m becomes 1).
_QUANTITIES = {
    "limits",
    "requests",
    "capacity",
    "hard",
    "default",
    "defaultRequest",
    "min",
    "max",
    "sizeLimit",
    "divisor",
    "averageValue",
    "storage",
}
_MISSING = object()


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
    return _walk(fields, declared, live, ())


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
    # Nothing was recorded: right for an object that declares no more than its name.
    return {}


def _walk(fields: Mapping[str, Any], wanted: Any, live: Any, path: tuple[str, ...]) -> bool:
    children = {name for name in fields if name != "."}
    if not children and path:
        return _equal(wanted, live, path)
    kinds = {name[0] for name in children}
    if kinds == {"k"} and isinstance(wanted, list) and isinstance(live, list):
        return _walk_keyed(fields, children, wanted, live, path)
    if kinds == {"v"} and isinstance(wanted, list) and isinstance(live, list):
        values = [json.loads(name[2:]) for name in children]
        return len(values) == len(wanted) and all(value in wanted and value in live for value in values)
    if not isinstance(wanted, Mapping) or not isinstance(live, Mapping) or kinds - {"f"}:
        return False
    if any(name[2:] not in wanted for name in children):
        return False
    return all(
        _walk(fields[f"f:{name}"], value, live.get(name, _MISSING), (*path, name)) if f"f:{name}" in fields else _is_zero(value)
        for name, value in wanted.items()
    )


def _walk_keyed(fields: Mapping[str, Any], children: set[str], wanted: list[Any], live: list[Any], path: tuple[str, ...]) -> bool:
    if len(children) != len(wanted):
        return False
    for name in children:
        keys = json.loads(name[2:])
        element, there = _find(wanted, keys), _find(live, keys)
        if element is None or there is None or not _walk(fields[name], element, there, (*path, name)):
            return False
    return True


def _find(elements: list[Any], keys: Mapping[str, Any]) -> Any:
    return next(
        (
            element
            for element in elements
            if isinstance(element, Mapping) and all(element.get(name) == value for name, value in keys.items())
        ),
        None,
    )


def _equal(wanted: Any, live: Any, path: tuple[str, ...]) -> bool:
    """Equal but for what the API server normalises: zero values are dropped, defaults added, quantities rewritten.

    Only reached for what our entry holds: whoever else had changed it would hold it instead.
    """
    if live is _MISSING or live is None:
        return _is_zero(wanted)
    if isinstance(wanted, Mapping) and isinstance(live, Mapping):
        return all(_equal(value, live.get(name, _MISSING), (*path, name)) for name, value in wanted.items())
    if isinstance(wanted, list) and isinstance(live, list):
        return len(wanted) == len(live) and all(_equal(one, other, path) for one, other in zip(wanted, live, strict=True))
    if isinstance(wanted, bool) or isinstance(live, bool):
        return wanted is live
    if wanted == live:
        return True
    if not _QUANTITIES.intersection(path[-2:]):
        return False
    number = parse_quantity(wanted)
    return number is not None and number == parse_quantity(live)


def _is_zero(value: Any) -> bool:
    """Go's C(omitempty): what is not written at all."""
    return not value
