# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an apply has to say in the install record."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import UTC, datetime
from typing import Any

from .._inventory.left import Left
from .._inventory.record import PartRecord, read_record, record_of
from .._objects.objects import key_of
from .._render.plan import Part, Plan


class Recording:
    """The records of the parts of a plan.

    :arg requires: by part, the parts without which it does not work. Of a part that it does not name, what is recorded stays.
    :arg left: what controllers make outside of their own namespaces. When it says nothing, what is recorded stays.
    :arg by: who applies it.
    :arg collection: version of the collection.
    """

    def __init__(self, plan: Plan, requires: Mapping[str, Sequence[str]], left: Iterable[Left], by: str, collection: str) -> None:
        self._by, left = by, tuple(left)
        self._requires, self._says_what_is_left = requires, bool(left)
        self._wanted: dict[str, PartRecord] = {}
        for part in plan.parts:
            makers = {key_of(item) for item in part.objects}
            self._wanted[part.name] = PartRecord(
                release=plan.release,
                digest=digest_of(part),
                collection=collection,
                requires=tuple(requires.get(part.name) or ()),
                left=tuple(entry for entry in left if entry.maker in makers),
            )

    def is_current(self, live: Mapping[str, Any] | None) -> bool:
        """Whether the live ConfigMap says all that there is to say."""
        known = read_record(live)
        return all(name in known and known[name].says_the_same(wanted) for name, wanted in self._wanted_beside(known))

    def after(self, live: Mapping[str, Any] | None, changed: Set[str], failed: Set[str]) -> dict[str, Any] | None:
        """The ConfigMap as it has to be after an apply; None when it is so already.

        :arg changed: parts of which an object was written.
        :arg failed: parts of which an object could not be: they stay recorded as they were.
        """
        known, now = read_record(live), datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        written = {
            name: dataclasses.replace(wanted, when=now, by=self._by)
            for name, wanted in self._wanted_beside(known)
            if name not in failed and (name in changed or name not in known or not known[name].says_the_same(wanted))
        }
        return record_of(live, written) if written else None

    def _wanted_beside(self, known: Mapping[str, PartRecord]) -> Iterator[tuple[str, PartRecord]]:
        """By part, what has to be recorded: what this apply does not know of it is left as it is."""
        for name, wanted in self._wanted.items():
            before = known.get(name, PartRecord())
            requires = wanted.requires if name in self._requires else before.requires
            left = wanted.left if self._says_what_is_left else before.left
            yield name, dataclasses.replace(wanted, requires=requires, left=left)


def digest_of(part: Part) -> str:
    """What a part's settings and its release made of it, as one word.

    Of Secrets it holds the names of the values only: a digest of a value lets it be guessed.
    """
    digest = hashlib.sha256()
    for item in sorted(part.objects, key=key_of):
        if item["kind"] == "Secret":
            item = {**item, **{field: sorted(item[field] or ()) for field in ("data", "stringData") if field in item}}
        digest.update(json.dumps(item, sort_keys=True).encode())
    return digest.hexdigest()[:24]
