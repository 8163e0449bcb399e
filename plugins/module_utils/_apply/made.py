# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ConfigMaps and Secrets that a controller makes once it runs. Manifests cannot show them: release files do (C(made_by_controllers))."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .._objects.objects import Key

MADE_SPEC: dict[str, Any] = {
    "type": "list",
    "elements": "dict",
    "default": [],
    "options": {
        "kind": {"type": "str", "required": True, "choices": ["ConfigMap", "Secret"]},
        "name": {"type": "str", "required": True},
        "namespace": {"type": "str"},
        "by": {"type": "str", "required": True},
    },
}
"""Option C(made_by_controllers) of a module; documented in the fragment C(mlplatform.kubeflow._made)."""


@dataclass(frozen=True)
class Made:
    """C(by) is the Deployment, as C(namespace/name); C(namespace) None means that the object is made in every namespace."""

    kind: str
    name: str
    by: str
    namespace: str | None = None

    def is_of(self, key: Key) -> bool:
        return (key.group, key.kind, key.name) == ("", self.kind, self.name) and self.namespace in (None, key.namespace)

    @property
    def maker(self) -> Key:
        namespace, _slash, name = self.by.partition("/")
        return Key("apps", "Deployment", namespace, name)


def maker_of(key: Key, made: Iterable[Made]) -> Key | None:
    """The Deployment that makes an object, or None."""
    return next((some.maker for some in made if some.is_of(key)), None)
