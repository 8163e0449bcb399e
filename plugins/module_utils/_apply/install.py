# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A plan applied as one run: alone, with the inventory kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._client.http import ApiError, Client
from .._client.lease import Lease, identity
from .._common.deadline import Deadline
from .._inventory.applysets import HOME, Contents, contents_of, home, parent_name, parent_of, recorded_in
from .._render.plan import Plan
from .apply import Settings, apply
from .compare import Target
from .errors import explain
from .progress import ApplyProgress
from .result import Change, Failure, Outcome

_PARENTS = f"/api/v1/namespaces/{HOME}/configmaps"


class Inventory:
    """The ApplySet parents of the parts of a plan."""

    def __init__(self, client: Client, plan: Plan, settings: Settings, tooling: str, deadline: Deadline) -> None:
        """:raises ApiError: when the parents cannot be read."""
        self._client, self._settings, self._tooling, self._deadline = client, settings, tooling, deadline
        self._parts = [part.name for part in plan.parts]
        found = client.get(_PARENTS, deadline=deadline)["items"]
        self._live = {item["metadata"]["name"]: item for item in found}
        self.changes: list[Change] = []

    def recorded(self) -> frozenset[str]:
        """Kinds in which objects of the parts are, by what was recorded last."""
        return frozenset(kind for part in self._parts for kind in recorded_in(self._live.get(parent_name(part))).group_kinds)

    def current(self, target: Target) -> bool:
        """Whether every parent says what it will have to say."""
        return all(recorded_in(self._live.get(parent_name(part))) == contents for part, contents in _contents(self._parts, target).items())

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

    def _write(self, part: str, contents: Contents) -> None:
        before = self._live.get(parent_name(part))
        if before and recorded_in(before) == contents:
            return
        # Ours alone, so nobody is overruled.
        path, body = f"{_PARENTS}/{parent_name(part)}", parent_of(part, contents, self._tooling)
        after = self._client.apply(path, body, manager=self._settings.field_manager, force=True, deadline=self._deadline)
        self._live[parent_name(part)] = after
        self.changes.append(Change(part, f"ConfigMap {HOME}/{parent_name(part)}", before, after))


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
    :raises LeaseHeldError: when another run is at work.
    :raises ApiError: when the cluster cannot be read, or the Lease or the inventory cannot be written.
    """
    told = told or ApplyProgress()
    target = read()
    if target.settled == set(target.items) and inventory.current(target):
        return apply(client, plan, target, settings, deadline, lambda: True)
    _make_home(client, settings, deadline)
    lease = Lease(client, HOME, "run", identity(), deadline.cancel)
    waited = lease.acquire(deadline, told.holder)
    try:
        if waited:
            target = read()
        inventory.widen(target)
        outcome = apply(client, plan, target, settings, deadline, lambda: lease.held, told)
        if not deadline.expired:
            outcome.failures.extend(inventory.shrink(target))
    finally:
        lease.release()
    outcome.changes.extend(inventory.changes)
    outcome.taken_from = lease.taken_from
    return outcome


def _make_home(client: Client, settings: Settings, deadline: Deadline) -> None:
    path = f"/api/v1/namespaces/{HOME}"
    try:
        client.get(path, deadline=deadline)
    except ApiError as error:
        if error.status != 404:
            raise
        client.apply(path, home(), manager=settings.field_manager, force=True, deadline=deadline)


def _contents(parts: list[str], target: Target) -> dict[str, Contents]:
    """What each parent has to record: the plan's objects, and orphans that nobody has removed yet."""
    keys: dict[str, list[Any]] = {part: [] for part in parts}
    for item in target.items.values():
        keys[item.part].append(item.key)
    for orphan in target.orphans:
        keys[orphan.part].append(orphan.key)
    return {part: contents_of(some) for part, some in keys.items()}
