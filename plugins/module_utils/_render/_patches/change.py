# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What one setting changes of one object."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..._common.suggest import nearest
from ..._objects.objects import key_of

Object = dict[str, Any]


class ChangeError(Exception):
    """A setting that cannot be applied to this release; the message begins with the setting's name."""


@dataclass(frozen=True)
class Change:
    """One setting, one object, and one or more ways in which the object differs because of it.

    * C(merge): a strategic merge patch, without what identifies the object.
    * C(document): the key of a ConfigMap or Secret that holds YAML or JSON, what is merged into that text (None removes), and lists in it.
    * C(lists): lists that a patch replaces as a whole, with what becomes of their entries.
    * C(rename): another name for the object.
    * C(arguments): a container and its flags with their new values: one value, a list (the flag is repeated) or None (it goes).
    * C(restarts): Deployments that read the object through the API only when they start.
    * C(remove): the object is left out.
    * C(add): the object does not exist upstream: its fields but for kind, name and namespace.
    * C(instead): the name of an object of the same kind that the user made, and that the part's pods read instead; this one is left out.
    """

    setting: str
    kind: str
    name: str
    namespace: str = ""
    merge: Mapping[str, Any] = field(default_factory=dict)
    document: Mapping[str, Any] = field(default_factory=dict)
    arguments: Mapping[str, Any] = field(default_factory=dict)
    lists: Sequence[Mapping[str, Any]] = ()
    rename: str = ""
    restarts: Sequence[str] = ()
    remove: bool = False
    instead: str = ""
    add: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def on(cls, item: Object, setting: str, **how: Any) -> Change:
        """A change of an object that is at hand."""
        key = key_of(item)
        return cls(setting, key.kind, key.name, key.namespace, **how)

    def added(self) -> Object:
        """The object that C(add) is about."""
        namespace = {"namespace": self.namespace} if self.namespace else {}
        metadata = {"name": self.name, **namespace, **(self.add.get("metadata") or {})}
        return {**self.add, "kind": self.kind, "metadata": metadata}

    def target(self, objects: Iterable[Object]) -> Object:
        """The object that is meant.

        :raises ChangeError: when there is none, or more than one.
        """
        if not self.name:
            # A template asks the release for a name, and the release has none.
            raise ChangeError(f"{self.setting}: this release has nothing that it could change")
        objects = list(objects)
        found = [item for item in objects if self._means(item)]
        if len(found) == 1:
            return found[0]
        wanted = f"{self.kind} {self.namespace + '/' if self.namespace else ''}{self.name}"
        if found:
            raise ChangeError(f"{self.setting}: more than one {wanted}: {', '.join(str(key_of(item)) for item in found)}")
        raise ChangeError(f"{self.setting}: there is no {wanted} in this release's part{self._nearest(objects)}")

    def _means(self, item: Object) -> bool:
        key = key_of(item)
        return key.kind == self.kind and self.namespace in ("", key.namespace) and self.name in (key.name, plain_name(item))

    def _nearest(self, objects: Sequence[Object]) -> str:
        names = sorted({plain_name(item) for item in objects if item["kind"] == self.kind})
        near = nearest(self.name, names) or next(iter(names), "")
        return f"; nearest is {self.kind} {near}" if near else f", nor any other {self.kind}"


# kustomize's alphabet of hashes (api/hasher: encode).
_HASH = frozenset("2456789bcdfghkmt")


def plain_name(item: Object) -> str:
    """An object's name without the hash of its content that kustomize adds to what it generates."""
    name: str = item["metadata"]["name"]
    base, _dash, suffix = name.rpartition("-")
    generated = item["kind"] in ("ConfigMap", "Secret") and len(suffix) == 10 and _HASH.issuperset(suffix)
    return base if base and generated else name
