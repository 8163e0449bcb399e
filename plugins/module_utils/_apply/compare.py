# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A plan beside the cluster it is meant for: the objects as they are sent, and what is live of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any

from .._client.discovery import CRDS, Resource, Resources, conversion_service, find_kinds, list_kind
from .._client.http import ApiError, Client
from .._client.refusals import is_unreadable_kind
from .._common.deadline import Deadline
from .._common.garbage import all_stays
from .._inventory.applysets import PART_OF, applied_by, applyset_id, group_kind, marked
from .._inventory.owners import Stranger, stranger_of
from .._objects.objects import Key, crd_key, is_going, key_of, to_send
from .._render.plan import Plan, PlanError
from .adopt import Adoption, drop_scaled, rewritten
from .gates import GoneGate
from .graph import check_form
from .result import Failure, Orphan
from .runtime_owned import RuntimeOwned, drop_runtime_owned
from .unchanged import is_applied


@dataclass(eq=False)
class Item:
    """One object of the plan as it is sent."""

    key: Key
    part: str
    body: dict[str, Any]
    resource: Resource

    @property
    def path(self) -> str:
        return self.resource.path(self.key.namespace, self.key.name)


@dataclass
class Target:
    """What there is to do."""

    items: dict[Key, Item]
    live: dict[Key, dict[str, Any]]
    """Of the items, those that are live, in the version that the plan writes."""
    resources: Resources
    unknown: list[Failure]
    """Objects that cannot be sent: of a kind that neither the cluster nor the plan knows, or not of the form of their kind."""
    orphans: list[Orphan]
    settled: set[Key]
    """Of the items, those that need no PATCH."""
    going: dict[Key, GoneGate]
    """Of the items, those whose name an object has that is being deleted."""
    strangers: dict[Key, Stranger]
    """Of the live ones, those that are somebody else's."""
    adopting: set[Key]
    """Of those, the ones whose managedFields are to be rewritten."""


@all_stays()
def compare(
    client: Client,
    plan: Plan,
    manager: str,
    runtime_owned: Sequence[RuntimeOwned],
    recorded: Iterable[str],
    deadline: Deadline,
    *,
    adoption: Adoption | None = None,
    applysets: Iterable[str] = (),
) -> Target:
    """Read everything the plan is about: discovery, then one LIST per kind.

    :arg manager: our field manager.
    :arg recorded: kinds of the parts' inventory (C(Deployment.apps)), to find what is left of kinds that the plan has no more.
    :arg adoption: how to take over what is somebody else's; None to leave it his.
    :arg applysets: ids of our ApplySets besides those of the plan.
    :arg runtime_owned: what is not sent to objects that are live, once it is a controller's.
    :raises ApiError: when the API server refuses, or does not answer until the deadline.
    :raises PlanError: when an object is in the plan twice.
    """
    objects = [item for part in plan.parts for item in part.objects]
    resources = Resources.discover(client, objects, deadline)
    served = {resource for item in objects if (resource := resources.of(item)) and not resource.planned}
    known = {group_kind(resource.group, resource.kind) for resource in served}
    collections = [*served, *find_kinds(client, sorted(set(recorded) - known), deadline)]
    members = {applyset_id(part.name): part.name for part in plan.parts}
    live: dict[Key, dict[str, Any]] = {}
    orphans: set[Orphan] = set()
    settled: set[Key] = set()
    going: dict[Key, GoneGate] = {}
    strangers: dict[Key, Stranger] = {}
    adopting: set[Key] = set()
    sets, also = {*members, *applysets}, adoption.managers if adoption else ()
    with ThreadPoolExecutor(max_workers=16) as pool:
        lists = {pool.submit(_list, client, resource, deadline): resource for resource in sorted(collections, key=_size, reverse=True)}
        # While the API server works on them; so is what comes back, one list after the other.
        items, unknown = _items_of(plan, resources)
        for answer in as_completed(lists):
            for key, found in answer.result():
                item = items.get(key)
                if is_going(found):
                    # Neither an orphan nor live: it will be gone, whatever is done to it.
                    if item is not None:
                        going[key] = GoneGate(key, item.path, found["metadata"]["uid"])
                elif item is None:
                    member_of = members.get((found["metadata"].get("labels") or {}).get(PART_OF, ""))
                    if member_of and applied_by(found, manager):
                        orphans.add(Orphan(member_of, key))
                # A kind may be written in two versions: each object is compared in its own.
                elif item.resource == lists[answer]:
                    live[key] = found
                    if stranger := stranger_of(found, key.kind, manager, applysets=sets, also=also):
                        strangers[key] = stranger
                        if adoption and not stranger.applyset and stranger.known:
                            adopting.add(key)
                            found = _adopted(found, item.body, adoption)
                    drop_runtime_owned(item.body, key, found, runtime_owned, manager)
                    drop_scaled(item.body, found, manager)
                    if key not in adopting and is_applied(item.body, found, manager):
                        settled.add(key)
    for key in [key for key in (*live, *going) if _goes_along(items[key], going)]:
        live.pop(key, None)
        strangers.pop(key, None)
        settled.discard(key)
        adopting.discard(key)
    # Their own gates would ask about each; that of the namespace or of the kind holds them all.
    going = {key: gate for key, gate in going.items() if not _goes_along(items[key], going)}
    return Target(
        items, live, resources, unknown, sorted(orphans, key=lambda orphan: (orphan.part, orphan.key)), settled, going, strangers, adopting
    )


def _adopted(found: dict[str, Any], body: Mapping[str, Any], adoption: Adoption) -> dict[str, Any]:
    """A live object as it will be when it was taken over, and the plan was not applied yet."""
    entries = rewritten(found, body, adoption)
    return found if entries is None else {**found, "metadata": {**found["metadata"], "managedFields": entries}}


def _goes_along(item: Item, going: Mapping[Key, GoneGate]) -> bool:
    """Whether it will be gone with its namespace or its kind."""
    kind = crd_key(item.resource.name)
    return kind in going or (item.key.namespace != "" and Key("", "Namespace", "", item.key.namespace) in going)


def _size(resource: Resource) -> bool:
    """The list of CRDs is as large as all others together."""
    return resource.kind == "CustomResourceDefinition"


def _items_of(plan: Plan, resources: Resources) -> tuple[dict[Key, Item], list[Failure]]:
    """The objects as they are sent, and those that cannot be.

    :raises PlanError: when an object is in the plan twice.
    """
    items: dict[Key, Item] = {}
    unknown: list[Failure] = []
    for part in plan.parts:
        for item in part.objects:
            resource = resources.of(item)
            if resource is None:
                message = (
                    f"no kind {item['kind']} in {item['apiVersion']}: neither the cluster nor a CustomResourceDefinition of the plan has it"
                )
                unknown.append(Failure(part.name, str(key_of(item)), message))
                continue
            try:
                body = to_send(item, namespaced=resource.namespaced)
                check_form(key_of(body), body, resources)
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                message = (
                    f"cannot be read as {item['kind']} of {item['apiVersion']} ({type(error).__name__}: {error}); look at it in the plan"
                )
                unknown.append(Failure(part.name, str(key_of(item)), message))
                continue
            if key_of(body) in items:
                raise PlanError(
                    f"{key_of(body)} is in two places of the plan: part {items[key_of(body)].part} and part {part.name}. "
                    "An object belongs to one part."
                )
            items[key_of(body)] = Item(key_of(body), part.name, marked(body, part.name), resource)
    return items, unknown


def _list(client: Client, resource: Resource, deadline: Deadline) -> list[tuple[Key, dict[str, Any]]]:
    try:
        # In the version that is stored, where nobody converts any more: that says what is there, not whether it is as wanted.
        resource, items = list_kind(client, resource, deadline)
    except ApiError as error:
        if not is_unreadable_kind(error):
            raise
        service = conversion_service(client.get(CRDS.path("", resource.name), deadline=deadline))
        raise ApiError(
            error.status,
            f"objects of {group_kind(resource.group, resource.kind)} cannot be listed: {error.message}. They are stored in several versions, and "
            f"converted by {'Service ' + '/'.join(service) if service else 'what is gone'}: mend that, and run this again",
        ) from error
    api_version = f"{resource.group}/{resource.version}" if resource.group else resource.version
    # Entries of a list of a built-in kind carry neither.
    found = ({"apiVersion": api_version, "kind": resource.kind, **entry} for entry in items)
    return [(key_of(item), item) for item in found]
