# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Entries of lists that a patch replaces as a whole: those of custom resources, of text documents, and C(envFrom)."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .change import ChangeError
from .json_merge import merged_document

Edit = Callable[[Any], list[Any]]


def with_list(document: Any, change: Mapping[str, Any], where: str) -> Any:
    """C(document), an object or what one holds as text, with one list changed.

    :arg change: C(path), whose steps are keys, and names where it leads through a list of named things;
        C(merge), which is merged into the entries that have what C(where) says; C(append), what comes after them.
    :arg where: begins the message of what cannot be done.
    :raises ChangeError: when no entry is like C(where).
    """
    return _along(document, change["path"], _edit(change, where), where)


def _along(value: Any, path: Sequence[str], edit: Edit, where: str) -> Any:
    if not path:
        return edit(value)
    step, *rest = path
    if isinstance(value, list):
        named = {entry["name"]: entry for entry in value if isinstance(entry, Mapping) and "name" in entry}
        if step not in named:
            raise ChangeError(f"{where} has nothing named {step}; it has {', '.join(named)}")
        changed = _along(named[step], rest, edit, where)
        return [changed if entry is named[step] else entry for entry in value]
    value = value if isinstance(value, Mapping) else {}
    return {**value, step: _along(value.get(step), rest, edit, where)}


def _edit(change: Mapping[str, Any], where: str) -> Edit:
    def edit(value: Any) -> list[Any]:
        entries = list(value) if isinstance(value, list) else []
        if change.get("merge"):
            wanted = change.get("where") or {}
            if not any(_like(entry, wanted) for entry in entries):
                raise ChangeError(f"{where} has no entry with {dict(wanted)} in {'.'.join(change['path'])}")
            entries = [merged_document(entry, change["merge"]) if _like(entry, wanted) else entry for entry in entries]
        return copy.deepcopy(entries + list(change.get("append") or ()))

    return edit


def _like(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, Mapping):
        return isinstance(value, Mapping) and all(_like(value.get(name), inner) for name, inner in wanted.items())
    return bool(value == wanted)
