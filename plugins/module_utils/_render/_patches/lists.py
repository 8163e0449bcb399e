# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Entries of lists that a patch replaces as a whole: those of custom resources, of text documents, and C(envFrom)."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .change import ChangeError
from .merge import merged_document

Edit = Callable[[Any], list[Any]]


def list_patch(item: Mapping[str, Any], change: Mapping[str, Any], setting: str) -> dict[str, Any]:
    """A patch of an object that holds one list, changed, as a whole.

    :arg change: C(path), whose steps are keys, and names where it leads through a list of named things;
        C(merge), which is merged into the entries that have what C(where) says; C(append), what comes after them.
    :raises ChangeError: when no entry is like C(where).
    """
    where = f"{setting}: {item['kind']} {item['metadata']['name']}"
    patch: dict[str, Any] = _along(item, change["path"], _edit(change, where), where, whole=False)
    return patch


def with_list(document: Any, change: Mapping[str, Any], where: str) -> Any:
    """C(document) as a whole with one list changed; C(where) begins the message of what cannot be done."""
    return _along(document, change["path"], _edit(change, where), where, whole=True)


def _along(value: Any, path: Sequence[str], edit: Edit, where: str, *, whole: bool) -> Any:
    if not path:
        return edit(value)
    step, *rest = path
    if isinstance(value, list):
        named = {entry["name"]: entry for entry in value if isinstance(entry, Mapping) and "name" in entry}
        if step not in named:
            raise ChangeError(f"{where} has nothing named {step}; it has {', '.join(named)}")
        changed = _along(named[step], rest, edit, where, whole=whole)
        return [changed if entry is named[step] else entry for entry in value] if whole else [{"name": step, **changed}]
    value = value if isinstance(value, Mapping) else {}
    return {**(value if whole else {}), step: _along(value.get(step), rest, edit, where, whole=whole)}


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
