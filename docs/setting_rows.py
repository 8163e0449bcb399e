# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each setting of a part changes: the rows of C(roles/<part>/meta/settings.yml), for the pages about settings and for the test that each is true.

A row is named after its setting and has two keys:

C(value)
    What the test sets.
C(changes)
    Objects (C(Kind namespace/name)), each with the values that the rendered part then has by path. A path is C(a.b.0.[name].[key=value]),
    brackets for keys with dots and for entries of lists, with C(<key>) for a key that holds YAML or JSON as text. What leads to a list
    has to be one of its entries, unless it is a list itself; with C(~) at the end of its path a text only has to hold the value. C(null)
    instead of paths: the part has no such object any more.

What differs by release differs by the names that the release file gives the part, so that no row is touched when a release is added:
C({names.some.name}) in objects, paths and texts is filled in from there (a list makes several objects or paths), and C(changes) can be a list of such
mappings, of which those count whose condition holds: C(with), a name that the part has to have (not empty), or a mapping of names to the
values that they have to have; C(without), the opposite. A release whose part none of them is for does not have the setting.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

ROLES = Path(__file__).parents[1] / "roles"
_NAME = re.compile(r"\{names\.([\w.]+)\}")
_CONDITIONS = ("with", "without")

Row = dict[str, Any]
Changes = dict[str, Any]
"""Values by path, by object; None for an object that is not there any more."""


def setting_rows() -> dict[str, Row]:
    """The rows of all parts.

    :raises ValueError: for a row of a setting that its part does not have, or that is not C(value) and C(changes).
    """
    found: dict[str, Row] = {}
    for path in sorted(ROLES.glob("*/meta/settings.yml")):
        part = path.parents[1].name
        for name, row in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            if not name.startswith(f"{part}_") or set(row) != {"value", "changes"}:
                raise ValueError(f"{path}: {name} is not a setting of {part} with a value and changes")
            found[name] = row
    return found


def changes_in(row: Row, part: Mapping[str, Any]) -> Changes | None:
    """What a setting changes in a release.

    :arg part: the part, of the release's file.
    :returns: None when the release does not have the setting.
    """
    names = part.get("names", {})
    cases = row["changes"] if isinstance(row["changes"], list) else [row["changes"]]
    holding = [case for case in cases if _holds(case, names)]
    if not holding:
        return None
    found: Changes = {}
    for case in holding:
        for key, values in case.items():
            for thing in () if key in _CONDITIONS else _filled(key, names):
                found[thing] = None if values is None else {**(found.get(thing) or {}), **_paths(values, names)}
    return found


def _holds(case: Mapping[str, Any], names: Mapping[str, Any]) -> bool:
    return ("with" not in case or _has(names, case["with"])) and ("without" not in case or not _has(names, case["without"]))


def _has(names: Mapping[str, Any], wanted: Any) -> bool:
    if isinstance(wanted, Mapping):
        return all(_named(names, name) == value for name, value in wanted.items())
    return bool(_named(names, wanted))


def _named(names: Any, dotted: str) -> Any:
    for step in dotted.split("."):
        names = names.get(step) if isinstance(names, Mapping) else None
    return names


def _paths(values: Mapping[str, Any], names: Mapping[str, Any]) -> dict[str, Any]:
    return {path: _text(value, names) for written, value in values.items() for path in _filled(written, names)}


def _text(value: Any, names: Mapping[str, Any]) -> Any:
    return _filled(value, names)[0] if isinstance(value, str) else value


def _filled(text: str, names: Mapping[str, Any]) -> list[str]:
    """The text for each value of the name in it.

    :raises ValueError: for a name that the part does not have: the row needs a condition.
    """
    match = _NAME.search(text)
    if match is None:
        return [text]
    value = _named(names, match[1])
    if value in (None, "", []):
        raise ValueError(f"{text}: the part has no {match[1]}; the row needs a condition (with)")
    values: Iterable[Any] = value if isinstance(value, list) else [value]
    return [filled for one in values for filled in _filled(text.replace(match[0], str(one)), names)]
