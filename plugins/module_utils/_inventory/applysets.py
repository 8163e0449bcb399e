# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What belongs to a part on a cluster: one ApplySet per part (KEP-3659), its parent a ConfigMap in a namespace of ours.

Every object of a part carries the label C(applyset.kubernetes.io/part-of); the parent tells in which kinds and
namespaces to look for them. Labels leak (those of a Service to its EndpointSlices), so an object counts as ours only when
our field manager applied it too.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .._objects.objects import Key

HOME = "mlplatform-kubeflow"
"""Namespace of the parents and of the run's Lease."""

PART_OF = "applyset.kubernetes.io/part-of"
_ID = "applyset.kubernetes.io/id"
_TOOLING = "applyset.kubernetes.io/tooling"
_KINDS = "applyset.kubernetes.io/contains-group-kinds"
_NAMESPACES = "applyset.kubernetes.io/additional-namespaces"
_PART = "mlplatform.kubeflow/part"
_DATA_ONLY = "mlplatform.kubeflow/data-only"


@dataclass(frozen=True)
class Contents:
    """Where the members of an ApplySet are: kinds as C(Kind.group), and namespaces other than the parent's."""

    group_kinds: frozenset[str] = frozenset()
    namespaces: frozenset[str] = frozenset()

    def __or__(self, other: Contents) -> Contents:
        return Contents(self.group_kinds | other.group_kinds, self.namespaces | other.namespaces)


def contents_of(keys: Iterable[Key]) -> Contents:
    """The contents of a set of objects."""
    keys = list(keys)
    return Contents(frozenset(group_kind(key.group, key.kind) for key in keys), frozenset(key.namespace for key in keys if key.namespace))


def recorded_in(parent: Mapping[str, Any] | None) -> Contents:
    """The contents that a live parent records; none for None."""
    annotations = ((parent or {}).get("metadata") or {}).get("annotations") or {}
    kinds, namespaces = (frozenset(filter(None, annotations.get(name, "").split(","))) for name in (_KINDS, _NAMESPACES))
    return Contents(kinds, namespaces)


def group_kind(group: str, kind: str) -> str:
    """C(Deployment.apps), or the bare kind for the core group."""
    return f"{kind}.{group}" if group else kind


def marked(body: dict[str, Any], part: str) -> dict[str, Any]:
    """An object as it is sent, with the label of its part."""
    labels = {**(body["metadata"].get("labels") or {}), PART_OF: applyset_id(part)}
    return {**body, "metadata": {**body["metadata"], "labels": labels}}


def parent_name(part: str) -> str:
    """Name of a part's parent."""
    return f"part-{part.replace('_', '-')}"


def applyset_id(part: str) -> str:
    """The id that KEP-3659 prescribes: a digest of the parent's name, namespace, kind and group."""
    digest = hashlib.sha256(f"{parent_name(part)}.{HOME}.ConfigMap.".encode()).digest()
    return f"applyset-{base64.urlsafe_b64encode(digest).decode().rstrip('=')}-v1"


def part_of_parent(config_map: Mapping[str, Any]) -> str:
    """The part whose parent a ConfigMap is; empty for any other."""
    labels = config_map["metadata"].get("labels") or {}
    part = labels.get(_PART) or ""
    return part if part and config_map["metadata"]["name"] == parent_name(part) else ""


def holds_data_only(parent: Mapping[str, Any]) -> bool:
    """Whether the part of a live parent was removed, and its members are what was kept of its data."""
    return (parent["metadata"].get("annotations") or {}).get(_DATA_ONLY) == "true"


def parent_of(part: str, contents: Contents, tooling: str, *, data_only: bool = False) -> dict[str, Any]:
    """The parent, as it is applied; C(tooling) is name and version (C(mlplatform.kubeflow/v<version>)).

    :arg data_only: the part is removed but for its data.
    """
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": parent_name(part),
            "namespace": HOME,
            "labels": {_ID: applyset_id(part), _PART: part},
            "annotations": {
                _TOOLING: tooling,
                _KINDS: ",".join(sorted(contents.group_kinds)),
                _NAMESPACES: ",".join(sorted(contents.namespaces)),
                **({_DATA_ONLY: "true"} if data_only else {}),
            },
        },
    }


def home() -> dict[str, Any]:
    """The namespace, as it is applied."""
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": HOME, "labels": {"app.kubernetes.io/managed-by": "mlplatform.kubeflow"}},
    }


def applied_by(live: Mapping[str, Any], manager: str) -> bool:
    """Whether a live object was applied by our field manager, besides what its labels say."""
    return any(
        entry.get("manager") == manager and entry.get("operation") == "Apply" for entry in live["metadata"].get("managedFields") or ()
    )


def applied_fields(metadata: Mapping[str, Any], manager: str) -> frozenset[str]:
    """The top-level fields of an object that our field manager applied, as C(fieldsV1) has them: C(f:spec)."""
    entries = [
        entry for entry in metadata.get("managedFields") or () if entry.get("manager") == manager and entry.get("operation") == "Apply"
    ]
    return frozenset(name for entry in entries for name in entry.get("fieldsV1") or ())
