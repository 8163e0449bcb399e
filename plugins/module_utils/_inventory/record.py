# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The install record: of each part the release, what it requires, a digest of its settings, when and by whom it was applied last.

A ConfigMap beside the parents of the ApplySets, with a key for each part. It lets a part be removed without its release's manifests,
by another collection than the one that installed it. What cannot be read counts as not recorded, and what is not known is left as it is.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .applysets import HOME
from .left import Left

NAME = "install"
"""Of the ConfigMap, in namespace C(HOME)."""
_TEXTS = ("release", "digest", "when", "by", "collection")


@dataclass(frozen=True)
class PartRecord:
    """What is recorded of one part."""

    release: str = ""
    digest: str = ""
    """Of the part's objects as its settings made them, without the values of Secrets."""
    when: str = ""
    """When it was applied last, as RFC 3339 has it."""
    by: str = ""
    """C(user@host) of that run."""
    collection: str = ""
    """Version of the collection that did it."""
    requires: tuple[str, ...] = ()
    """Parts without which it does not work."""
    left: tuple[Left, ...] = ()
    """What its controllers make outside of their own namespaces."""

    def says_the_same(self, other: PartRecord) -> bool:
        """Whether it differs at most in when, by whom and by which collection it was written."""
        names = ("release", "digest", "requires", "left")
        return all(getattr(self, name) == getattr(other, name) for name in names)


def read_record(config_map: Mapping[str, Any] | None) -> dict[str, PartRecord]:
    """The record by part; empty for a ConfigMap that is not there.

    A key that is no part's record is left out, a field that is not as expected is taken as not recorded: a newer collection may write more.
    """
    found = {name: _parse(text) for name, text in ((config_map or {}).get("data") or {}).items()}
    return {name: record for name, record in found.items() if record is not None}


def _parse(text: Any) -> PartRecord | None:
    try:
        told = json.loads(text)
    except (TypeError, ValueError):
        return None
    if not isinstance(told, dict):
        return None
    texts = {name: told[name] for name in _TEXTS if isinstance(told.get(name), str)}
    requires = told.get("requires")
    left = told.get("left")
    return PartRecord(
        **texts,
        requires=tuple(name for name in requires if isinstance(name, str)) if isinstance(requires, list) else (),
        left=tuple(filter(None, map(Left.read, left))) if isinstance(left, list) else (),
    )


def record_of(before: Mapping[str, Any] | None, changed: Mapping[str, PartRecord], gone: Iterable[str] = ()) -> dict[str, Any]:
    """The ConfigMap, as it is applied: what it said before, with the records of some parts changed and those of others taken away.

    :arg before: the live ConfigMap; None where there is none.
    """
    texts = {name: text for name, text in ((before or {}).get("data") or {}).items() if name not in set(gone)}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": NAME, "namespace": HOME},
        "data": {**texts, **{name: _text(record) for name, record in changed.items()}},
    }


def _text(record: PartRecord) -> str:
    told = {**dataclasses.asdict(record), "requires": list(record.requires), "left": [entry.written() for entry in record.left]}
    return json.dumps(told, sort_keys=True)
