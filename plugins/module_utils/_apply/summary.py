# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A change in one line: which object, and what of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_NONE = object()
# What a line tells of one object before it says how many more there are, and of one value.
_MOST_FIELDS, _MOST_LETTERS = 3, 40


@dataclass(frozen=True)
class _Leaf:
    """A field that differs; what is not there is C(_NONE)."""

    path: tuple[str, ...]
    before: Any
    after: Any


def summary(name: str, before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> str:
    """Like C(~ Deployment kubeflow/minio: memory 50Mi → 25Mi), or C(+ Service kubeflow/minio) for an object that was not there.

    :arg before: the object as it was, C(after), as it will be; without what the server keeps, and with secrets masked.
    """
    if before is None:
        return f"+ {name}"
    leaves = list(_differences((), before, after))
    shown = [_words(_short(leaf.path, leaves), leaf) for leaf in leaves[:_MOST_FIELDS]]
    more = [f"and {len(leaves) - _MOST_FIELDS} more"] if len(leaves) > _MOST_FIELDS else []
    return f"~ {name}: {', '.join([*shown, *more])}"


def _differences(path: tuple[str, ...], before: Any, after: Any) -> Iterator[_Leaf]:
    # True equals 1, also inside of what is compared as a whole.
    if before == after and type(before) is type(after) and not isinstance(before, Mapping | list):
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in [*before, *(key for key in after if key not in before)]:
            yield from _differences((*path, str(key)), before.get(key, _NONE), after.get(key, _NONE))
    elif (named := _by_name(before)) is not None and (others := _by_name(after)) is not None:
        if list(named) != list(others) and set(named) == set(others):
            yield _Leaf((*path, "order"), list(named), list(others))
        yield from _differences(path, named, others)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for place, pair in enumerate(zip(before, after, strict=True)):
            yield from _differences((*path[:-1], f"{path[-1] if path else ''}[{place}]"), *pair)
    else:
        yield _Leaf(path, before, after)


def _by_name(value: Any) -> dict[str, Any] | None:
    """A list whose elements have names, as containers, ports and variables have; None where it is another."""
    if (
        not isinstance(value, list)
        or not value
        or not all(isinstance(entry, Mapping) and isinstance(entry.get("name"), str) for entry in value)
    ):
        return None
    found = {entry["name"]: entry for entry in value}
    return found if len(found) == len(value) else None


def _short(path: Sequence[str], leaves: Sequence[_Leaf]) -> str:
    """The end of a path, as long as no other field that differs ends alike."""
    for length in range(1, len(path)):
        if sum(leaf.path[-length:] == tuple(path[-length:]) for leaf in leaves) == 1:
            return ".".join(path[-length:])
    return ".".join(path)


def _words(field: str, leaf: _Leaf) -> str:
    if leaf.after is _NONE:
        return f"{field} removed"
    after = _told(leaf.after)
    if leaf.before is _NONE:
        return f"{field} added{': ' + after if after else ''}"
    before = _told(leaf.before)
    return f"{field} {before} → {after}" if before and after else f"{field} changed"


def _told(value: Any) -> str:
    """A value, when it is short and one; otherwise nothing."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, str) and value and len(value) <= _MOST_LETTERS and value.isprintable():
        return value
    return ""
