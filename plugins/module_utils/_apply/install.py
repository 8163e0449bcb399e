# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A plan applied as one run: alone, with the inventory kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._client.http import ApiError, Client
from .._common.deadline import Deadline
from .._inventory.applysets import (
    HOME,
    Contents,
    applyset_id,
    contents_of,
    holds_data_only,
    parent_name,
    parent_of,
    part_of_parent,
    recorded_in,
)
from .._inventory.installed import CONFIG_MAPS
from .._inventory.record import NAME as RECORD
from .._inventory.strangers import Found, StrangersError, refusal_of
from .._render.plan import Plan
from .alone import take_lease
from .apply import Settings, apply
from .compare import Target
from .errors import explain
from .progress import ApplyProgress
from .recording import Recording
from .result import Change, Failure, Outcome


class Inventory:
    """The ApplySet parents of the parts of a plan, and the install record."""

    def __init__(self, client: Client, plan: Plan, settings: Settings, tooling: str, recording: Recording, deadline: Deadline) -> None:
        """:raises ApiError: when the parents cannot be read."""
        self._client, self._settings, self._tooling, self._deadline = client, settings, tooling, deadline
        self._recording = recording
        self._parts = [part.name for part in plan.parts]
        self._live: dict[str, Any] = {}
        self.changes: list[Change] = []
        self.read()

    def read(self) -> None:
        """Look at what is recorded now: another run, like an uninstall, may have written since.

        :raises ApiError: when it cannot be read.
        """
        found = self._client.get(CONFIG_MAPS, deadline=self._deadline)["items"]
        self._live = {item["metadata"]["name"]: item for item in found}

    def recorded(self) -> frozenset[str]:
        """Kinds in which objects of the parts are, by what was recorded last."""
        return frozenset(kind for part in self._parts for kind in recorded_in(self._live.get(parent_name(part))).group_kinds)

    def applysets(self) -> frozenset[str]:
        """Ids of the ApplySets of all parts that are installed."""
        return frozenset(applyset_id(part) for item in self._live.values() if (part := part_of_parent(item)))

    def current(self, target: Target) -> bool:
        """Whether every parent and the record say what they will have to say."""
        parents = all(self._says(part, contents) for part, contents in _contents(self._parts, target).items())
        return parents and self._recording.is_current(self._live.get(RECORD))

    def widen(self, target: Target) -> None:
        """Before applying: what was there and what comes, so that an interrupted run loses sight of nothing."""
        for part, contents in _contents(self._parts, target).items():
            self._write(part, recorded_in(self._live.get(parent_name(part))) | contents)

    def shrink(self, target: Target) -> list[Failure]:
        """After applying: the plan, and what is still there of earlier ones. What cannot be written says too much then, and harms nothing."""
        failures = []
        for part, contents in _contents(self._parts, target).items():
            try:
                self._write(part, contents)
            except ApiError as error:
                failures.append(Failure(part, f"ConfigMap {HOME}/{parent_name(part)}", f"{explain(error)}. It is the part's inventory"))
        return failures

    def record(self, outcome: Outcome) -> list[Failure]:
        """After applying: what was installed, where anything of it has changed."""
        changed, failed = {change.part for change in outcome.changes}, {failure.part for failure in outcome.failures}
        body = self._recording.after(self._live.get(RECORD), changed, failed)
        if body is None:
            return []
        try:
            self._apply("", body)
        except ApiError as error:
            name = f"ConfigMap {HOME}/{RECORD}"
            # It is about all parts, and a failure belongs to one.
            return [Failure(self._parts[0], name, f"{explain(error)}. It is the record of what is installed")]
        return []

    def _says(self, part: str, contents: Contents) -> bool:
        live = self._live.get(parent_name(part))
        return live is not None and recorded_in(live) == contents and not holds_data_only(live)

    def _write(self, part: str, contents: Contents) -> None:
        if not self._says(part, contents):
            self._apply(part, parent_of(part, contents, self._tooling))

    def _apply(self, part: str, body: dict[str, Any]) -> None:
        name = body["metadata"]["name"]
        # Ours alone, so nobody is overruled.
        after = self._client.apply(f"{CONFIG_MAPS}/{name}", body, manager=self._settings.field_manager, force=True, deadline=self._deadline)
        self.changes.append(Change(part, f"ConfigMap {HOME}/{name}", self._live.get(name), after))
        self._live[name] = after


def install(
    client: Client,
    plan: Plan,
    inventory: Inventory,
    read: Callable[[], Target],
    settings: Settings,
    deadline: Deadline,
    told: ApplyProgress | None = None,
) -> Outcome:
    """Apply a plan while holding the run's Lease, which is taken only when there is something to write.

    :arg read: reads the target; again when another run had to be waited for.
    :arg told: who is told how far it is.
    :raises StrangersError: when objects are somebody else's, and not to be taken over.
    :raises LeaseHeldError: when another run is at work.
    :raises ApiError: when the cluster cannot be read, or the Lease or the inventory cannot be written.
    """
    told = told or ApplyProgress()
    target = read()
    refuse_strangers(target, settings)
    if target.settled == set(target.items) and inventory.current(target):
        return apply(client, plan, target, settings, deadline, lambda: True)
    lease, waited = take_lease(client, settings.field_manager, deadline, told.holder)
    try:
        if waited:
            inventory.read()
            target = read()
            refuse_strangers(target, settings)
        inventory.widen(target)
        outcome = apply(client, plan, target, settings, deadline, lambda: lease.held, told)
        if not deadline.expired:
            outcome.failures.extend(inventory.shrink(target))
            outcome.failures.extend(inventory.record(outcome))
    finally:
        lease.release()
    outcome.changes.extend(inventory.changes)
    outcome.taken_from = lease.taken_from
    return outcome


def refuse_strangers(target: Target, settings: Settings) -> None:
    """Whether the plan may be applied over what is there.

    :raises StrangersError: when it may not.
    """
    found = (Found(target.items[key].part, key, stranger) for key, stranger in target.strangers.items())
    if refusal := refusal_of(found, settings.foreign):
        raise StrangersError(f"{refusal.message}. {refusal.remedy}")


def _contents(parts: list[str], target: Target) -> dict[str, Contents]:
    """What each parent has to record: the plan's objects, and orphans that nobody has removed yet."""
    keys: dict[str, list[Any]] = {part: [] for part in parts}
    for item in target.items.values():
        keys[item.part].append(item.key)
    for orphan in target.orphans:
        keys[orphan.part].append(orphan.key)
    return {part: contents_of(some) for part, some in keys.items()}
