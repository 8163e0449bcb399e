# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Field sets as the API server records them in C(metadata.managedFields) (C(fieldsV1)), as sets of paths.

Format: sigs.k8s.io/structured-merge-diff/fieldpath. Names in it are C(f:) a field, C(k:) an element of a list by its keys, C(v:)
an element of a set, C(i:) an element by its place. C(.) says of what also has members in the set that it is one itself; what has none is one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .normalised import MISSING

Path = tuple[str, ...]
"""Names on the way from an object to one of its fields: C(("f:spec", "f:replicas"))."""


def paths_of(fields: Mapping[str, Any]) -> frozenset[Path]:
    """The members of a field set."""
    return frozenset(_paths(fields, ()))


def _paths(fields: Mapping[str, Any], here: Path) -> Iterator[Path]:
    for name, inner in fields.items():
        if name == ".":
            yield here
        elif inner:
            yield from _paths(inner, (*here, name))
        else:
            yield (*here, name)


def fields_of(paths: Iterable[Path]) -> dict[str, Any]:
    """The field set of these members, as it is written."""
    members = set(paths)
    root: dict[str, Any] = {}
    # What is longer comes later, so that each finds what it is in.
    for path in sorted(members, key=lambda path: (len(path), path)):
        here = root
        for depth, name in enumerate(path, 1):
            inner = here.setdefault(name, {})
            if depth < len(path) and not inner and path[:depth] in members:
                inner["."] = {}
            here = inner
    return root


def value_at(item: Any, path: Path) -> Any:
    """What stands in an object at a path, C(MISSING) where there is nothing."""
    for name in path:
        item = _step(item, name)
        if item is MISSING:
            break
    return item


def _step(item: Any, name: str) -> Any:
    kind, rest = name[:2], name[2:]
    if kind == "f:":
        return item.get(rest, MISSING) if isinstance(item, Mapping) else MISSING
    if not isinstance(item, list):
        return MISSING
    told = json.loads(rest)
    if kind == "i:":
        return item[told] if 0 <= told < len(item) else MISSING
    if kind == "v:":
        return told if told in item else MISSING
    return next(
        (element for element in item if isinstance(element, Mapping) and all(_key(element, key) == value for key, value in told.items())),
        MISSING,
    )


def _key(element: Mapping[str, Any], key: str) -> Any:
    # core/v1's ports: a key that has a default and was not given stands in the field set all the same.
    return element.get(key, "TCP" if key == "protocol" else MISSING)


def without(item: dict[str, Any], paths: Iterable[Path]) -> dict[str, Any]:
    """A copy of an object that has nothing at these paths."""
    item = json.loads(json.dumps(item))
    # Elements of lists from the end, so that places stay.
    for path in sorted(set(paths), key=lambda path: (len(path), path), reverse=True):
        holder, found = value_at(item, path[:-1]), value_at(item, path)
        if found is MISSING:
            continue
        if isinstance(holder, dict):
            del holder[path[-1][2:]]
        else:
            position = next(
                number for number, element in enumerate(holder) if element is found or (path[-1][:2] == "v:" and element == found)
            )
            del holder[position]
    return item


def topmost(paths: Iterable[Path]) -> list[Path]:
    """Of these, those that are inside of no other one; in order."""
    found: list[Path] = []
    for path in sorted(paths):
        if not found or path[: len(found[-1])] != found[-1]:
            found.append(path)
    return found


def shown(path: Path) -> str:
    """A path for people: C(spec.template.spec.containers[name=main].env[name=OLD])."""
    text = ""
    for name in path:
        kind, rest = name[:2], name[2:]
        if kind == "f:":
            text += f".{rest}" if text and "." not in rest else f"[{rest}]" if text else rest
        elif kind == "k:":
            text += f"[{','.join(f'{key}={value}' for key, value in json.loads(rest).items())}]"
        else:
            text += f"[{rest}]"
    return text
