# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Changed objects as a diff for people, Secrets masked.

On an empty cluster everything is new: 13 MB of YAML, which nobody reads, and of which AWX shows nothing (its job page ends at 1 MB). So what is
shown is a list, and then what changes of each object, both cut where they get long. All of it is for a file.
"""

from __future__ import annotations

import copy
import difflib
from collections.abc import Iterator
from typing import Any

from .._inventory.owners import LAST_APPLIED
from .._objects.manifests import dump
from .result import Change
from .summary import summary

# The server's bookkeeping, different after every write.
_BOOKKEEPING = ("managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink")
# Bytes. An event of AWX holds what is shown twice, as data and as it looks on a screen, where each line of it has colours.
_MOST_OF_THE_LIST, _MOST_OF_AN_OBJECT, _MOST = 40_000, 4_000, 72_000


def comparable(item: dict[str, Any]) -> dict[str, Any]:
    """An object without status and bookkeeping."""
    item = copy.deepcopy(item)
    item.pop("status", None)
    for name in _BOOKKEEPING:
        item["metadata"].pop(name, None)
    return item


class Differences:
    """The differences that an apply makes, or would make."""

    def __init__(self, changes: list[Change]) -> None:
        self._changes = [
            (change.part, change.object, *_masked(comparable(change.before) if change.before else None, comparable(change.after)))
            for change in changes
        ]

    def whole(self) -> str:
        """All of it, as a unified diff of every object."""
        return "".join("".join(self._diff(*change)) for change in self._changes)

    def shown(self, whole: str = "") -> str:
        """What a screen can bear: a list of all objects, then what changes of those that were there before.

        :arg whole: path of the file that holds all of it; empty when there is none.
        """
        rest = f"all of it is in {whole}" if whole else "option differences keeps all of it in a file"
        lines = [f"{summary(name, before, after)}\n" for _part, name, before, after in self._changes]
        text, left = _cut(lines, _MOST_OF_THE_LIST, rest)
        if left:
            text += f"… and {left} more objects; {rest}\n"
        changed = [change for change in self._changes if change[2] is not None]
        left = 0
        for place, change in enumerate(changed):
            diff, omitted = _cut(list(self._diff(*change)), _MOST_OF_AN_OBJECT, rest)
            if omitted:
                diff += f"… and {omitted} more lines of {change[1]}; {rest}\n"
            if _size(text) + _size(diff) > _MOST:
                left = len(changed) - place
                break
            text += f"\n{diff}"
        if left:
            text += f"\n… and {left} more objects are changed; {rest}\n"
        if len(changed) < len(self._changes) and whole:
            text += f"\nWhat is new in full, too: {whole}\n"
        return text

    def _diff(self, part: str, name: str, before: dict[str, Any] | None, after: dict[str, Any]) -> Iterator[str]:
        old = dump(before, sort_keys=True) if before else ""
        new = dump(after, sort_keys=True)
        titles = (f"before: {part}: {name}", f"after: {part}: {name}")
        yield from difflib.unified_diff(old.splitlines(keepends=True), new.splitlines(keepends=True), *titles)


def _cut(lines: list[str], most: int, rest: str) -> tuple[str, int]:
    """As many lines as there is room for, and how many are left. A very long line is cut itself."""
    kept, size = list[str](), 0
    for place, line in enumerate(lines):
        if len(line) > 1000:
            line = f"{line[:1000]} … and {len(line) - 1000} more letters; {rest}\n"
        if size + _size(line) > most:
            return "".join(kept), len(lines) - place
        kept.append(line)
        size += _size(line)
    return "".join(kept), 0


def _size(text: str) -> int:
    return len(text.encode())


def _masked(before: dict[str, Any] | None, after: dict[str, Any]) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    """With the values of a Secret replaced; that a value changed still shows. Both are copies already."""
    if after.get("kind") != "Secret":
        return before, after
    old = dict((before or {}).get("data") or {})
    for item in (before, after):
        if item is None:
            continue
        # It would repeat the values in plain text.
        (item["metadata"].get("annotations") or {}).pop(LAST_APPLIED, None)
        for name, value in (item.get("data") or {}).items():
            differs = item is after and before is not None and old.get(name) != value
            item["data"][name] = "(masked, changed)" if differs else "(masked)"
    return before, after
