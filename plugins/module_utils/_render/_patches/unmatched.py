# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Settings for all parts that have chosen nothing in any: most likely a name that is not spelt as upstream spells it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ..._common.suggest import nearest
from .change import Object
from .compile import Common, Entry, Patches
from .images import Reference


def unmatched(common: Common, patches: Sequence[Patches], objects: Sequence[Object]) -> Iterator[str]:
    """A line for each entry; C(patches) and C(objects) are those of all parts."""
    used = frozenset[Entry]().union(*(some.used for some in patches))
    seen = frozenset[Reference]().union(*(some.seen for some in patches))
    for entry in common.entries:
        if entry not in used:
            known = {item["metadata"]["name"] for item in entry.candidates(objects)}
            yield f"{entry}: no part has one of this name{_nearest(entry.name, known)}"
    for name in common.images.unused(seen):
        yield f"kubeflow_images: no container runs {name}{_nearest(name, {image.name for image in seen})}"


def _nearest(name: str, known: Iterable[str]) -> str:
    near = nearest(name, known)
    return f"; nearest is {near}" if near else ""
