# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the order and the rules of keeping have to know of a cluster besides what is ours."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .._client.discovery import CRDS, Resource, list_metadata
from .._client.http import ApiError, Client
from .._client.parallel import in_parallel
from .._client.refusals import is_unreadable_kind
from .._common.deadline import Deadline
from .._inventory.applysets import group_kind
from .._inventory.installed import Installed
from .._inventory.left import Left
from .._objects.objects import Key

WORKLOADS = ("Deployment.apps", "StatefulSet.apps", "DaemonSet.apps", "ReplicaSet.apps", "Job.batch", "CronJob.batch", "Pod")
_CLAIM = "PersistentVolumeClaim"
_NAMESPACE = "Namespace"


@dataclass(frozen=True, eq=False)
class Live:
    """A live object of whomever; C(metadata) is its C(metadata)."""

    key: Key
    resource: Resource
    metadata: Mapping[str, Any]

    @property
    def uid(self) -> str:
        return str(self.metadata["uid"])

    @property
    def owners(self) -> list[Mapping[str, Any]]:
        return list(self.metadata.get("ownerReferences") or ())


@dataclass
class World:
    """Metadata of live objects by kind (C(Deployment.apps))."""

    objects: dict[str, list[Live]] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    """Kinds that could not be listed, with why."""
    custom: frozenset[str] = frozenset()
    """Names of all CustomResourceDefinitions."""

    def of(self, *kinds: str) -> list[Live]:
        return [live for kind in kinds for live in self.objects.get(kind, ())]

    def claims(self) -> list[Live]:
        return self.of(_CLAIM)

    def instances(self, crd: str) -> list[Live]:
        """Objects of a kind, by the name of its CustomResourceDefinition."""
        return [live for some in self.objects.values() for live in some if live.resource.name == crd]

    def dependents(self, uids: Iterable[str]) -> list[Live]:
        """Everything that belongs to some objects, over any number of owners."""
        owned = defaultdict(list)
        for some in self.objects.values():
            for live in some:
                for owner in live.owners:
                    owned[owner["uid"]].append(live)
        found: dict[str, Live] = {}
        todo = list(uids)
        while todo:
            for live in owned[todo.pop()]:
                if live.uid not in found:
                    found[live.uid] = live
                    todo.append(live.uid)
        return list(found.values())

    def pods_of(self, uids: Iterable[str]) -> list[Live]:
        """Those that belong to some objects, over any number of owners."""
        return [live for live in self.dependents(uids) if live.key.kind == "Pod"]


def look(client: Client, installed: Installed, crds: Iterable[str], left: Iterable[Left], deadline: Deadline) -> World:
    """Read it, a LIST of metadata for each kind.

    :arg crds: names of the CustomResourceDefinitions that go.
    :arg left: what controllers may have left.
    :raises ApiError: when the API server refuses what has to be known, or does not answer until the deadline.
    """
    wanted = set(crds)
    named = {_CLAIM, _NAMESPACE, "Secret", *WORKLOADS, *(group_kind(entry.group, entry.kind) for entry in left)}
    kinds = {
        group_kind(resource.group, resource.kind): resource
        for resource in installed.served.resources
        if resource.name in wanted or group_kind(resource.group, resource.kind) in named
    }
    kinds[group_kind(CRDS.group, CRDS.kind)] = CRDS
    world = World()

    def ask(kind: str, resource: Resource) -> list[Live]:
        try:
            used, items = list_metadata(client, resource, deadline)
        except ApiError as error:
            if kind in named or (error.transient and not is_unreadable_kind(error)) or deadline.expired:
                raise
            world.unreadable[kind] = error.message
            return []
        return [Live(key_of_metadata(used, item["metadata"]), used, item["metadata"]) for item in items]

    answers = in_parallel([functools.partial(ask, kind, resource) for kind, resource in kinds.items()], deadline)
    world.objects = dict(zip(kinds, answers, strict=True))
    world.custom = frozenset(live.key.name for live in world.of(group_kind(CRDS.group, CRDS.kind)))
    return world


def key_of_metadata(resource: Resource, metadata: Mapping[str, Any]) -> Key:
    """The key of an object that was listed with its metadata alone."""
    return Key(resource.group, resource.kind, metadata.get("namespace") or "", metadata["name"])
