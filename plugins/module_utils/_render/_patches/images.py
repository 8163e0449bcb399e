# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where images come from: registries and single images put in the place of upstream's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .change import Object

_DOCKER_HUB = "docker.io"
# Registries that upstream's releases name, for texts in which nothing else says that it is an image.
_KNOWN = (
    r"(?:[a-z0-9-]+\.)*(?:docker\.io|gcr\.io|ghcr\.io|quay\.io|registry\.k8s\.io|public\.ecr\.aws|pkg\.dev|mcr\.microsoft\.com|nvcr\.io)"
)
_IN_TEXT = re.compile(rf"(?<![\w./@-]){_KNOWN}/[a-z0-9][a-z0-9._/-]*[a-z0-9](?::[\w][\w.-]*)?(?:@sha256:[0-9a-f]{{64}})?")
_REFERENCE = re.compile(r"(?P<name>[a-z0-9][\w./:-]*?)(?::(?P<tag>\w[\w.-]*))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?")
_CONTAINERS = ("containers", "initContainers")


@dataclass(frozen=True)
class Reference:
    """An image as it is written: C(name) with or without a registry, C(tag) and C(digest) empty where there is none."""

    name: str
    tag: str = ""
    digest: str = ""

    @classmethod
    def parse(cls, text: str) -> Reference | None:
        """None for what is no reference."""
        found = _REFERENCE.fullmatch(text)
        return cls(found["name"], found["tag"] or "", found["digest"] or "") if found else None

    @property
    def canonical(self) -> tuple[str, str]:
        """Registry and repository: C(mysql) is C(docker.io) and C(library/mysql) (distribution/reference: ParseNormalizedNamed)."""
        first, slash, rest = self.name.partition("/")
        if slash and ("." in first or ":" in first or first == "localhost"):
            return first, f"library/{rest}" if first == _DOCKER_HUB and "/" not in rest else rest
        return _DOCKER_HUB, self.name if slash else f"library/{self.name}"


@dataclass(frozen=True)
class Images:
    """C(registries): prefixes by registry, C(*) for all others. C(overrides): references by the name that they take the place of."""

    registries: Mapping[str, str]
    overrides: Mapping[str, str]

    def __bool__(self) -> bool:
        return bool(self.registries or self.overrides)

    def replaced(self, image: Reference) -> Reference | None:
        """What takes an image's place, or None when it stays. Without a tag and digest of its own it keeps upstream's."""
        registry, repository = image.canonical
        for name, by in self.overrides.items():
            known, new = Reference.parse(name), Reference.parse(by)
            if known and new and known.canonical == image.canonical:
                return new if new.tag or new.digest else Reference(new.name, image.tag, image.digest)
        prefix = self.registries.get(registry, self.registries.get("*"))
        return Reference(f"{prefix.rstrip('/')}/{repository}", image.tag, image.digest) if prefix else None

    def transformer(self, objects: Iterable[Object]) -> list[dict[str, str]]:
        """Entries for kustomize's C(images)."""
        found = {image.name: image for image in sorted(images_of(objects), key=lambda image: image.name)}
        return [_entry(name, image, new) for name, image in found.items() if (new := self.replaced(image)) and new != image]

    def unused(self, images: Iterable[Reference]) -> list[str]:
        """Names of single images that nothing uses."""
        used = {image.canonical for image in images}
        return [name for name in self.overrides if not (known := Reference.parse(name)) or known.canonical not in used]

    def left(self, objects: Iterable[Object]) -> list[str]:
        """Images that would be replaced, but stand where kustomize does not look: arguments, ConfigMaps, custom resources."""
        found = {text for item in objects if item["kind"] != "CustomResourceDefinition" for text in _mentioned(item)}
        return sorted(text for text in found if (image := Reference.parse(text)) and self.replaced(image) not in (None, image))


def _entry(name: str, old: Reference, new: Reference) -> dict[str, str]:
    entry = {"name": name, "newName": new.name}
    if new.digest and new.digest != old.digest:
        entry["digest"] = new.digest
    elif new.tag and new.tag != old.tag:
        entry["newTag"] = new.tag
    return entry


def images_of(objects: Iterable[Object]) -> set[Reference]:
    """Images of containers, wherever an object holds any, as kustomize finds them."""
    return {image for item in objects if item["kind"] != "CustomResourceDefinition" for image in _in_containers(item)}


def _in_containers(value: Any) -> Iterator[Reference]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name in _CONTAINERS and isinstance(inner, list):
                for entry in inner:
                    image = Reference.parse(entry["image"]) if isinstance(entry, Mapping) and isinstance(entry.get("image"), str) else None
                    if image:
                        yield image
            yield from _in_containers(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _in_containers(inner)


def _mentioned(value: Any, *, key: str = "", in_container: bool = False) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if not (in_container and name == "image"):
                yield from _mentioned(inner, key=name)
    elif isinstance(value, list):
        for inner in value:
            yield from _mentioned(inner, key=key, in_container=key in _CONTAINERS)
    elif isinstance(value, str):
        # Whatever stands under this name is one, by any registry.
        if key.lower().endswith("image") and Reference.parse(value):
            yield value
        yield from _IN_TEXT.findall(value)
