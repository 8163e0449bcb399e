# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Objects that upstream does not have, and a setting asks for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..._objects.objects import key_of
from .change import Change, ChangeError, Object


def added_objects(upstream: Sequence[Object], changes: Iterable[Change]) -> list[tuple[str, Object]]:
    """Each with the setting that adds it.

    :raises ChangeError: when the part has such an object already, or two settings add it.
    """
    there = {key_of(item) for item in upstream}
    added: list[tuple[str, Object]] = []
    for change in changes:
        if not change.add:
            continue
        item = change.added()
        key = key_of(item)
        if key in there:
            raise ChangeError(f"{change.setting}: this release's part has {key} already")
        there.add(key)
        added.append((change.setting, item))
    return added
