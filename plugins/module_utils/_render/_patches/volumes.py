# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Settings of volumes in every part: how large, and of which storage class."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from ..._common.naming import option_name
from .change import Change, Object
from .merge import merged


@dataclass(frozen=True, eq=False)
class VolumeSetting:
    """One entry of ``volumes``. C(part) and C(name) choose claims, may hold wildcards, and choose all by default."""

    part: str = "*"
    name: str = "*"
    size: str = ""
    storage_class: str = ""

    def __str__(self) -> str:
        chosen = {name: value for name in ("part", "name") if (value := getattr(self, name)) != "*"}
        return f"{option_name('volumes')} ({', '.join(f'{name}: {value}' for name, value in chosen.items()) or 'all'})"

    def _spec(self) -> Object:
        size = {"resources": {"requests": {"storage": self.size}}} if self.size else {}
        return {**size, **({"storageClassName": self.storage_class} if self.storage_class else {})}

    @staticmethod
    def candidates(objects: Iterable[Object]) -> Iterator[Object]:
        """What entries choose from: claims, and the templates of claims that StatefulSets have."""
        for item in objects:
            if item["kind"] == "PersistentVolumeClaim":
                yield item
            elif item["kind"] == "StatefulSet":
                yield from item["spec"].get("volumeClaimTemplates") or ()

    def changes(self, objects: Sequence[Object]) -> Iterator[Change]:
        """What the entry changes."""
        for item in objects:
            if not any(map(self._chooses, self.candidates([item]))):
                continue
            if item["kind"] == "StatefulSet":
                # A patch replaces this list as a whole.
                templates = [self._template(template) for template in item["spec"]["volumeClaimTemplates"]]
                yield Change.on(item, str(self), merge={"spec": {"volumeClaimTemplates": templates}})
            else:
                yield Change.on(item, str(self), merge={"spec": self._spec()})

    def _chooses(self, claim: Object) -> bool:
        return fnmatchcase(claim["metadata"]["name"], self.name)

    def _template(self, template: Object) -> Object:
        return {**template, "spec": merged(template["spec"], self._spec())} if self._chooses(template) else template
