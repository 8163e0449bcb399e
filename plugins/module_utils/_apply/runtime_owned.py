# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Fields that a controller owns once it runs: sent when an object is created, and later only while they are still ours.

Sent again they would conflict with the controller, or undo what it did. Which fields these are cannot be seen in
manifests: release files tell them (C(runtime_owned)).
"""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .._objects.objects import Key
from .unchanged import our_fields


@dataclass(frozen=True)
class RuntimeOwned:
    """C(name) may hold wildcards; C(field) is a path like C(webhooks[].failurePolicy), C([]) meaning each element of a list."""

    kind: str
    name: str
    field: str

    def concerns(self, key: Key) -> bool:
        return key.kind == self.kind and fnmatch.fnmatchcase(key.name, self.name)


def drop_runtime_owned(body: dict[str, Any], key: Key, live: Mapping[str, Any], rules: Iterable[RuntimeOwned], manager: str) -> None:
    """Take out of C(body), which is about to be compared with C(live), what is a controller's by now."""
    for rule in rules:
        if rule.concerns(key):
            _drop(body, our_fields(live, manager, body["apiVersion"]), rule.field.replace("[]", ".[]").split("."))


def _drop(wanted: Any, fields: Mapping[str, Any], path: list[str]) -> None:
    step, rest = path[0], path[1:]
    if step == "[]":
        for element in wanted if isinstance(wanted, list) else ():
            _drop(element, _fields_of_element(fields, element), rest)
    elif isinstance(wanted, dict) and step in wanted:
        if rest:
            _drop(wanted[step], fields.get(f"f:{step}") or {}, rest)
        elif f"f:{step}" not in fields:
            del wanted[step]


def _fields_of_element(fields: Mapping[str, Any], element: Any) -> Mapping[str, Any]:
    for name, inner in fields.items():
        if name.startswith("k:") and all(element.get(key) == value for key, value in json.loads(name[2:]).items()):
            found: Mapping[str, Any] = inner
            return found
    return {}
