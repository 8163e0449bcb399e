# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Settings for all parts that have chosen nothing in any: most likely a name that is not spelt as upstream spells it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ..._common.naming import option_name
from ..._common.suggest import nearest
from .change import Object
from .compile import Common, Entry, Patches
from .images import Override
from .reference import Reference


def unmatched(common: Common, patches: Sequence[Patches], objects: Sequence[Object]) -> Iterator[str]:
    """A line for each entry; C(patches) and C(objects) are those of all parts."""
    used = frozenset[Entry]().union(*(some.used for some in patches))
    for entry in common.entries:
        if entry not in used:
            known = {item["metadata"]["name"] for item in entry.candidates(objects)}
            yield f"{entry}: no part has one of this name{_nearest(entry.name, known)}"
    seen = frozenset[Reference]().union(*(some.seen for some in patches))
    elsewhere = {image for some in patches for text in some.left if (image := Reference.parse(text))}
    registries = set[str]().union(*map(common.images.comes_from, seen))
    # Of images that are not replaced, the render tells: their registry was not overlooked.
    for registry in sorted(common.images.registries.keys() - {"*"} - registries - {image.canonical[0] for image in elsewhere}):
        yield f"{option_name('image_registries')}: no image comes from {registry}{_nearest(registry, registries)}"
    for override in common.images.unused(seen):
        yield f"{option_name('images')}: no container runs {override.given}{_known_of(override, seen, elsewhere)}"


def _known_of(override: Override, seen: Iterable[Reference], elsewhere: Iterable[Reference]) -> str:
    if same := sorted(str(image) for image in seen if image.canonical == override.known.canonical):
        return f"; run are {', '.join(same)}"
    if any(map(override.means, elsewhere)):
        return "; it stands in arguments, ConfigMaps or custom resources, where it is not replaced"
    return _nearest(override.given, {image.name for image in seen})


def _nearest(name: str, known: Iterable[str]) -> str:
    near = nearest(name, known)
    return f"; nearest is {near}" if near else ""
