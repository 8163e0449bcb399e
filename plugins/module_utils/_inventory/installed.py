# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is installed on a cluster, read from the cluster alone: the parents of the ApplySets, their members, and the install record."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .._client.discovery import Resource, Served, list_metadata, served_kinds
from .._client.http import ApiError, Client
from .._client.parallel import in_parallel
from .._client.refusals import is_unreadable_kind
from .._common.deadline import Deadline
from .._objects.objects import Key
from .applysets import HOME, PART_OF, Contents, applied_by, applyset_id, group_kind, holds_data_only, part_of_parent, recorded_in
from .record import NAME, PartRecord, read_record

CONFIG_MAPS = f"/api/v1/namespaces/{HOME}/configmaps"


@dataclass(frozen=True, eq=False)
class Member:
    """A live object of a part. C(metadata) is its C(metadata), with C(managedFields)."""

    part: str
    key: Key
    resource: Resource
    metadata: Mapping[str, Any]

    @property
    def path(self) -> str:
        return self.resource.path(self.key.namespace, self.key.name)

    @property
    def uid(self) -> str:
        return str(self.metadata["uid"])


@dataclass
class InstalledPart:
    """One part; C(parent) is that of its ApplySet, None where only its members tell of it, C(record) None where nothing is recorded."""

    name: str
    parent: Mapping[str, Any] | None = None
    record: PartRecord | None = None
    members: list[Member] = field(default_factory=list)

    @property
    def holds_data_only(self) -> bool:
        """Whether it was removed, and what is there is the data that was kept."""
        return self.parent is not None and holds_data_only(self.parent)


@dataclass
class Installed:
    """All of it; C(parts) by name."""

    parts: dict[str, InstalledPart]
    served: Served
    record: Mapping[str, Any] | None
    """The ConfigMap of the install record."""
    unreadable: dict[str, str]
    """Kinds (C(Deployment.apps)) that could not be listed, with why: there may be more members."""

    @property
    def releases(self) -> list[str]:
        """The releases that are recorded, without those of parts that are gone but for their data."""
        found = {part.record.release for part in self.parts.values() if part.record and not part.holds_data_only}
        return sorted(found - {""})

    def members(self) -> Iterable[Member]:
        """Of all parts."""
        return (member for part in self.parts.values() for member in part.members)


def read_installed(client: Client, manager: str, deadline: Deadline, *, known: Iterable[str] = (), everywhere: bool = False) -> Installed:
    """Read what is installed: three requests for names, then a LIST of the metadata of each kind that has members.

    An object is a member when it carries the label of its part and our field manager has applied it, since labels leak.

    :arg manager: our field manager.
    :arg known: names of parts whose members are found although their parents are missing.
    :arg everywhere: look among all kinds that the API server has, not only among those that the parents name.
    :raises ApiError: when the API server refuses, or does not answer until the deadline.
    """
    found = client.get(CONFIG_MAPS, deadline=deadline)["items"]
    parents = {part: item for item in found if (part := part_of_parent(item))}
    record = next((item for item in found if item["metadata"]["name"] == NAME), None)
    records = read_record(record)
    parts = {name: InstalledPart(name, parent, records.get(name)) for name, parent in sorted(parents.items())}
    contents = functools.reduce(Contents.__or__, map(recorded_in, parents.values()), Contents())
    served = served_kinds(client, deadline)
    kinds = [resource for resource in served.resources if everywhere or group_kind(resource.group, resource.kind) in contents.group_kinds]
    names = {applyset_id(name): name for name in (*known, *parents)}
    unreadable: dict[str, str] = {}

    def members_of(resource: Resource) -> list[Member]:
        try:
            used, listed = list_metadata(client, resource, deadline, labels=PART_OF)
        except ApiError as error:
            if (error.transient and not is_unreadable_kind(error)) or deadline.expired:
                raise
            unreadable[group_kind(resource.group, resource.kind)] = error.message
            return []
        some = []
        for item in listed:
            name = names.get(item["metadata"]["labels"][PART_OF])
            if name and applied_by(item, manager):
                key = Key(resource.group, resource.kind, item["metadata"].get("namespace") or "", item["metadata"]["name"])
                some.append(Member(name, key, used, item["metadata"]))
        return some

    for members in in_parallel([functools.partial(members_of, resource) for resource in kinds], deadline):
        for member in members:
            parts.setdefault(member.part, InstalledPart(member.part, None, records.get(member.part))).members.append(member)
    for installed in parts.values():
        installed.members.sort(key=lambda member: member.key)
    # What the parents do not name is looked at for more than what is there, and who may not is not told so.
    unreadable = {kind: why for kind, why in unreadable.items() if kind in contents.group_kinds}
    return Installed(parts, served, record, unreadable)
