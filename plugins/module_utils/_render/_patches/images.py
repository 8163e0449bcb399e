# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where images come from: registries and single images put in the place of upstream's."""

from __future__ import annotations

import contextlib
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..._common.naming import option_name
from .change import ChangeError, Object
from .reference import MOST, ImageError, Reference, read_image, read_prefix, read_registry

# Registries that upstream's releases name, for texts in which nothing else says that it is an image.
_KNOWN = (
    r"(?:[a-z0-9-]+\.)*(?:docker\.io|gcr\.io|ghcr\.io|quay\.io|registry\.k8s\.io|public\.ecr\.aws|pkg\.dev|mcr\.microsoft\.com|nvcr\.io)"
)
_REGISTRY = re.compile(_KNOWN)
_IN_TEXT = re.compile(rf"(?<![\w./@-]){_KNOWN}/[a-z0-9][a-z0-9._/-]*[a-z0-9](?::[\w][\w.-]*)?(?:@sha256:[0-9a-f]{{64}})?")
_CONTAINERS = ("containers", "initContainers")


@dataclass(frozen=True)
class Override:
    """One entry of ``images``: what was C(given), the image that is C(known) by it, and the C(new) one."""

    given: str
    known: Reference
    new: Reference

    def means(self, image: Reference) -> bool:
        """A name means all tags, one with a tag or digest only those images that have it."""
        same = self.known.canonical == image.canonical
        return same and self.known.tag in ("", image.tag) and self.known.digest in ("", image.digest)


@dataclass(frozen=True)
class Images:
    """What replaces images: an override, else the map, whose result C(registries) are applied to.

    * C(registries): prefixes by registry, C(*) for all others.
    * C(overrides): single images that somebody chose, those that mean the fewest first. They are taken as they are given.
    * C(living): likewise, what takes the place of images that are gone.
    """

    registries: Mapping[str, str] = field(default_factory=dict)
    overrides: Sequence[Override] = ()
    living: Sequence[Override] = ()

    @classmethod
    def of(cls, registries: Mapping[Any, Any], images: Mapping[Any, Any], image_map: Mapping[Any, Any] | None = None) -> Images:
        """What the settings say.

        :raises ChangeError: with a line for each entry that is no image, no registry, or contradicts another.
        """
        problems: list[str] = []
        prefixes: dict[str, tuple[Any, str]] = {}
        for given, value in registries.items():
            with _noting(problems, f"{option_name('image_registries')}: "):
                host = "*" if str(given).strip() == "*" else read_registry(given)
                with _noting(problems, f"{option_name('image_registries')}: {host}: "):
                    first, known_prefix = prefixes.setdefault(host, (given, prefix := read_prefix(value)))
                    if known_prefix != prefix:
                        problems.append(f"{option_name('image_registries')}: {first} and {given} are both {host}")
        overrides = _overrides(option_name("images"), images, problems)
        living = _overrides(option_name("image_map"), image_map or {}, problems)
        if problems:
            raise ChangeError("\n".join(problems))
        return cls({host: prefix for host, (_given, prefix) in prefixes.items()}, overrides, living)

    def __bool__(self) -> bool:
        return bool(self.registries or self.overrides or self.living)

    def _entry(self, image: Reference) -> _Entry | None:
        """What takes an image's place, or None when it stays."""
        if override := next((one for one in self.overrides if one.means(image)), None):
            return _Entry(override.new.name, override.new.tag, override.new.digest)
        living = next((one.new for one in self.living if one.means(image)), None)
        registry, repository = (living or image).canonical
        prefix = self.registries.get(registry, self.registries.get("*"))
        if living:
            return _Entry(f"{prefix}/{repository}" if prefix else living.name, living.tag, living.digest)
        return _Entry(f"{prefix}/{repository}") if prefix else None

    def comes_from(self, image: Reference) -> set[str]:
        """Registries that an image names: its own, and that of what the map puts in its place."""
        return {image.canonical[0], *(one.new.canonical[0] for one in self.living if one.means(image))}

    def replaced(self, image: Reference) -> Reference | None:
        """What takes an image's place, or None when it stays. Without a tag and digest of its own it keeps upstream's."""
        entry = self._entry(image)
        return entry.of(image) if entry else None

    def transformer(self, objects: Iterable[Object]) -> list[dict[str, str]]:
        """Entries for kustomize's C(images).

        :raises ChangeError: when a name gets too long, or kustomize cannot do what is asked for.
        """
        seen = sorted(images_of(objects))
        wanted: dict[str, _Wanted] = {}
        for name, group in itertools.groupby(seen, key=lambda image: image.name):
            images = list(group)
            entries = {image: self._entry(image) for image in images}
            alike = len(set(entries.values())) == 1
            for image, entry in entries.items():
                if entry and not (alike and entry.of(image) == image):
                    # A name with its tag where tags are treated differently: kustomize takes names for patterns.
                    key = _pattern(name, images, seen) if alike else _pattern(str(image), [image], seen)
                    wanted.setdefault(key, _Wanted(key, entry)).add(image)
                    if len(entry.name) > MOST:
                        raise ChangeError(
                            f"{option_name('image_registries')}: {entry.name} has {len(entry.name)} characters, and {MOST} are the most"
                        )
        return [one.as_kustomize_has_it() for one in _in_order(wanted.values())]

    def unused(self, seen: Iterable[Reference]) -> list[Override]:
        """Single images that nothing runs."""
        seen = list(seen)
        return [override for override in self.overrides if not any(map(override.means, seen))]

    def left(self, objects: Iterable[Object]) -> list[str]:
        """Images that would be replaced, but stand where kustomize does not look: arguments, ConfigMaps, custom resources."""
        found = {text for item in objects if item["kind"] != "CustomResourceDefinition" for text in _mentioned(item)}
        return sorted(text for text in found if (image := Reference.parse(text)) and self.replaced(image) not in (None, image))


@dataclass(frozen=True)
class _Entry:
    """What takes the place of an image; tag and digest are empty where upstream's stay."""

    name: str
    tag: str = ""
    digest: str = ""

    def of(self, image: Reference) -> Reference:
        return Reference(self.name, self.tag, self.digest) if self.tag or self.digest else Reference(self.name, image.tag, image.digest)


@dataclass(frozen=True)
class _Wanted:
    """An entry for kustomize, and what it makes of what."""

    name: str
    entry: _Entry
    images: list[str] = field(default_factory=list)
    results: list[str] = field(default_factory=list)

    def add(self, image: Reference) -> None:
        self.images.append(str(image))
        self.results.append(str(self.entry.of(image)))

    def spoils(self, other: _Wanted) -> bool:
        """Whether it may not come before the other: it would take what the other is for, or the other would change what it has made."""
        return any(_matches(self.name, text) for text in other.images) or any(_matches(other.name, text) for text in self.results)

    def as_kustomize_has_it(self) -> dict[str, str]:
        tag = {"newTag": self.entry.tag} if self.entry.tag else {}
        digest = {"digest": self.entry.digest} if self.entry.digest else {}
        return {"name": self.name, "newName": self.entry.name, **tag, **digest}


def _matches(name: str, text: str) -> bool:
    """kustomize's own comparison (api/internal/image: IsImageMatched)."""
    return bool(re.fullmatch(f"{name}(:[a-zA-Z0-9_.{{}}-]*)?(@sha256:[a-zA-Z0-9_.{{}}-]*)?", text))


def _pattern(text: str, images: Sequence[Reference], others: Iterable[Reference]) -> str:
    """C(text), which kustomize reads as a pattern: its dots are only dots where they would fit another image."""
    fits = any(_matches(text, str(other)) for other in others if other not in images)
    return text.replace(".", r"\.") if fits else text


def _in_order(wanted: Iterable[_Wanted]) -> Iterator[_Wanted]:
    """So that none changes what an earlier one has made: kustomize does one after the other."""
    left = list(wanted)
    while left:
        first = next((one for one in left if not any(one.spoils(other) for other in left if other is not one)), None)
        if first is None:
            raise ChangeError(
                f"{option_name('images')}: {', '.join(one.name for one in left)} take each other's place, which kustomize cannot do"
            )
        left.remove(first)
        yield first


def _overrides(option: str, images: Mapping[Any, Any], problems: list[str]) -> tuple[Override, ...]:
    """Single images by what they replace, those that mean the fewest first; what is wrong with them joins C(problems)."""
    overrides: dict[tuple[tuple[str, str], str, str], Override] = {}
    for given, value in images.items():
        with _noting(problems, f"{option}: "):
            known = read_image(given)
            with _noting(problems, f"{option}: {known}: "):
                override = Override(str(given), known, read_image(value))
                entry = overrides.setdefault((known.canonical, known.tag, known.digest), override)
                if entry.new != override.new:
                    problems.append(f"{option}: {entry.given} and {given} are the same image")
    return tuple(sorted(overrides.values(), key=lambda one: (not one.known.digest, not one.known.tag)))


@contextlib.contextmanager
def _noting(problems: list[str], before: str) -> Iterator[None]:
    try:
        yield
    except ImageError as error:
        problems.append(f"{before}{error}")


def is_upstreams(registry: str) -> bool:
    """Whether a host is one of the registries that upstream's releases name."""
    return bool(_REGISTRY.fullmatch(registry))


def images_of(objects: Iterable[Object]) -> set[Reference]:
    """Images of containers, wherever an object holds any, as kustomize finds them."""
    return {image for item in objects if item["kind"] != "CustomResourceDefinition" for image in _in_containers(item)}


def named_images(objects: Iterable[Object]) -> set[Reference]:
    """Images of containers, and those that stand in arguments, ConfigMaps and custom resources."""
    objects = [item for item in objects if item["kind"] != "CustomResourceDefinition"]
    texts = (text for item in objects for text in _mentioned(item))
    return images_of(objects) | {image for text in texts if (image := Reference.parse(text))}


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
