# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Objects that controllers of a part make outside of their own namespaces, so that they stay when the part goes.

Manifests cannot show them: release files do (C(left_by_controllers)).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any

from .._objects.objects import Key

LEFT_SPEC: dict[str, Any] = {
    "type": "list",
    "elements": "dict",
    "default": [],
    "options": {
        "group": {"type": "str", "default": ""},
        "kind": {"type": "str", "required": True},
        "name": {"type": "str", "required": True},
        "namespace": {"type": "str"},
        "manager": {"type": "str", "required": True},
        "by": {"type": "str", "required": True},
    },
}
"""Option C(left_by_controllers) of a module."""


@dataclass(frozen=True)
class Left:
    """Objects of a kind that the Deployment C(by) (C(namespace/name)) makes under the field manager C(manager).

    C(name) and C(manager) may hold wildcards; C(namespace) None means every namespace, or none where the kind has none.
    """

    kind: str
    name: str
    manager: str
    by: str
    group: str = ""
    namespace: str | None = None

    @property
    def maker(self) -> Key:
        namespace, _slash, name = self.by.partition("/")
        return Key("apps", "Deployment", namespace, name)

    def is_of(self, key: Key, live: Mapping[str, Any]) -> bool:
        """Whether a live object is one of these: by its name, and since nobody but this manager can have made it."""
        named = (
            (key.group, key.kind) == (self.group, self.kind)
            and fnmatchcase(key.name, self.name)
            and self.namespace in (None, key.namespace)
        )
        managers = {str(entry.get("manager")) for entry in live["metadata"].get("managedFields") or ()}
        return named and any(fnmatchcase(manager, self.manager) for manager in managers)

    def written(self) -> dict[str, Any]:
        """For the install record."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @classmethod
    def read(cls, told: Any) -> Left | None:
        """What C(written) gave; None for what is none."""
        if not isinstance(told, Mapping):
            return None
        known = {name: told[name] for name in cls.__dataclass_fields__ if isinstance(told.get(name), str)}
        return cls(**known) if {"kind", "name", "manager", "by"} <= set(known) else None
