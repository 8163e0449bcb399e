# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is installed and no plan holds any more: said, and removed on request, in the order of an uninstall."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from .._apply.alone import take_lease
from .._client.discovery import CRDS
from .._client.http import ApiError, Client
from .._common.deadline import Deadline
from .._common.naming import option_name
from .._common.words import few
from .._inventory.applysets import contents_of, parent_name, parent_of, recorded_in
from .._inventory.installed import CONFIG_MAPS, Installed, read_installed
from .._inventory.record import NAME, read_record, record_of
from .aggregated import in_turns
from .deleting import Patience, Remaining, delete_all
from .doomed import TURNS, Doomed, Kept, Step, Stuck
from .look import World, look
from .orphans import Orphans, Scope, orphans
from .progress import UninstallProgress
from .rights import check_rights
from .scope import ScopeError
from .stuck import Evidence
from .webhooks import OutOfTheWay

_SHOWN = 3


@dataclass
class Pruned:
    """What was done, or would be."""

    doomed: list[Doomed]
    kept: list[Kept]
    missing: list[str]
    removed: bool
    """Whether they were asked to go."""
    installed: Installed
    scope: Scope
    stuck: list[Stuck] = field(default_factory=list)
    changed: bool = False
    done: bool = False
    """Whether it was not only looked for."""
    taken_from: str = ""


def find(client: Client, scope: Scope, manager: str, deadline: Deadline) -> tuple[Installed, Orphans]:
    """Read what is installed, and what of it no plan holds.

    :raises ApiError: when the API server refuses, or does not answer until the deadline.
    """
    installed = read_installed(client, manager, deadline, known=[part.name for part in scope.plan.parts])
    first = orphans(installed, World(), scope, manager)
    if not first.doomed and not first.kept:
        # What else is on the cluster changes nothing then.
        return installed, first
    kind = (CRDS.group, CRDS.kind)
    crds = [member.key.name for member in installed.members() if (member.key.group, member.key.kind) == kind]
    return installed, orphans(installed, look(client, installed, crds, (), deadline), scope, manager)


def predict(client: Client, scope: Scope, manager: str, deadline: Deadline, *, remove: bool) -> Pruned:
    """What a prune would find and do; nothing is written.

    :arg remove: whether it would remove anything.
    :raises ApiError: as C(find).
    """
    installed, found = find(client, scope, manager, deadline)
    return Pruned(found.doomed, found.kept, found.missing, remove, installed, scope, changed=remove and bool(found.doomed))


def prune(client: Client, scope: Scope, manager: str, tooling: str, patience: Patience, told: UninstallProgress | None = None) -> Pruned:
    """Remove what no plan holds while holding the run's Lease, which is taken only when there is something to remove.

    :arg tooling: name and version of the inventory's keeper, as KEP-3659 has it.
    :raises ScopeError: when nothing may be removed; nothing was changed.
    :raises LeaseHeldError: when another run is at work.
    :raises ApiError: when the cluster cannot be read, or not be written any more.
    """
    deadline = patience.deadline
    told = told or UninstallProgress()
    if not any(part.objects for part in scope.plan.parts):
        raise ScopeError(
            "Nothing was pruned: the plan is empty, and all that is installed would go. That is what playbook uninstall is for."
        )
    installed, found = find(client, scope, manager, deadline)
    books = _Books(client, scope, manager, tooling, deadline)
    if not found.doomed and books.are_true(installed, found):
        return Pruned([], found.kept, found.missing, True, installed, scope)
    _may_go(client, found, deadline)
    lease, waited = take_lease(client, manager, deadline, told.holder)
    try:
        if waited:
            installed, found = find(client, scope, manager, deadline)
            _may_go(client, found, deadline)
        outcome = Pruned(found.doomed, found.kept, found.missing, True, installed, scope, changed=True, done=True)
        told.total(len(found.doomed))
        out_of_the_way = OutOfTheWay(client, found.doomed, deadline, lambda: lease.held)
        for steps in TURNS:
            some = [doomed for doomed in found.doomed if doomed.step in steps]
            if not some:
                continue
            told.begin(steps, len(some))
            left: list[Remaining] = []
            awaited = found.awaited if Step.WORKLOADS in steps else ()
            for turn in in_turns(client, some, patience) if Step.AGGREGATED in steps else (some,):
                left += delete_all(client, turn, awaited, patience, lambda: lease.held, told, out_of_the_way)
            told.end(len(some) - len(left), len(left))
            outcome.stuck = [Evidence(client, installed).of(remaining) for remaining in left]
            if outcome.stuck:
                # Who is to answer may be what would go next.
                break
        if not (outcome.stuck and deadline.expired):
            after, rest = find(client, scope, manager, deadline)
            books.write(after, rest)
    finally:
        lease.release()
    outcome.taken_from = lease.taken_from
    return outcome


def _may_go(client: Client, found: Orphans, deadline: Deadline) -> None:
    if found.missing:
        shown = few(found.missing, _SHOWN)
        raise ScopeError(f"Nothing was pruned: {len(found.missing)} objects of the plan are not applied ({shown}). Apply the plan first.")
    resources = {doomed.resource for doomed in found.doomed}
    check_rights(client, resources, found.awaited, deadline, patch=False, otherwise="Nothing was pruned")


class _Books:
    """The inventory and the install record after a prune: what is gone is not looked for any more. Written last, so that a run that was killed
    loses sight of nothing."""

    def __init__(self, client: Client, scope: Scope, manager: str, tooling: str, deadline: Deadline) -> None:
        self._client, self._manager, self._tooling, self._deadline = client, manager, tooling, deadline
        self._planned = {part.name for part in scope.plan.parts}
        self._provided = {part.name for part in scope.plan.provided}
        self._whole = scope.whole

    def are_true(self, installed: Installed, found: Orphans) -> bool:
        return not self._changes(installed, found) and not self._gone(installed, found)

    def write(self, installed: Installed, found: Orphans) -> None:
        for path, body in self._changes(installed, found):
            if body is None:
                self._delete(path)
            else:
                self._client.apply(path, body, manager=self._manager, force=True, deadline=self._deadline)
        if gone := self._gone(installed, found):
            body = record_of(installed.record, {}, gone=gone)
            self._client.apply(f"{CONFIG_MAPS}/{NAME}", body, manager=self._manager, force=True, deadline=self._deadline)

    def _changes(self, installed: Installed, found: Orphans) -> list[tuple[str, dict[str, object] | None]]:
        changes: list[tuple[str, dict[str, object] | None]] = []
        for name, part in installed.parts.items():
            if part.parent is None or name in self._provided or (name not in self._planned and not self._whole):
                continue
            path, contents = f"{CONFIG_MAPS}/{parent_name(name)}", contents_of(member.key for member in part.members)
            data_only = name not in self._planned and self._is_data(name, installed, found)
            if not part.members and name not in self._planned:
                changes.append((path, None))
            elif recorded_in(part.parent) != contents or (data_only and not part.holds_data_only):
                changes.append((path, parent_of(name, contents, self._tooling, data_only=data_only)))
        return changes

    def _gone(self, installed: Installed, found: Orphans) -> list[str]:
        if not self._whole:
            return []
        names = set(read_record(installed.record)) - self._planned - self._provided
        return sorted(name for name in names if name not in installed.parts or self._is_data(name, installed, found))

    def _is_data(self, name: str, installed: Installed, found: Orphans) -> bool:
        """Whether all that is left of a part is kept data."""
        data = {kept.key for kept in found.kept if kept.is_data}
        return all(member.key in data for member in installed.parts[name].members)

    def _delete(self, path: str) -> None:
        try:
            self._client.request("DELETE", path, deadline=self._deadline)
        except ApiError as error:
            if error.status != 404:
                raise


def lines_of(pruned: Pruned) -> Iterator[str]:
    """What people should know, a line for each part that has something."""
    planned = {part.name for part in pruned.scope.plan.parts}
    doomed: dict[str, list[Doomed]] = {}
    for entry in pruned.doomed:
        doomed.setdefault(entry.part, []).append(entry)
    for name, some in sorted(doomed.items()):
        count = f"{len(some)} object{'s' if len(some) > 1 else ''}"
        what = f"{_names(some)}, in no plan any more" if name in planned else "not in this selection"
        if pruned.removed:
            yield f"{name}: {count} {'removed' if pruned.done and not pruned.stuck else 'to be removed'} ({what})"
        elif name in planned:
            yield f"{name}: {count} ({what}); to remove: {option_name('prune')}: true"
        else:
            yield f"{name}: {count} ({what}); to remove: {option_name('prune')}: true, or playbook mlplatform.kubeflow.uninstall --tags {name}"
    kept = [one for one in pruned.kept if not (one.is_data and pruned.installed.parts[one.part].holds_data_only)]
    by_part: dict[str, list[Kept]] = {}
    for one in kept:
        by_part.setdefault(one.part, []).append(one)
    for name, rest in sorted(by_part.items()):
        more = f", and {len(rest) - 1} more" if len(rest) > 1 else ""
        yield f"{name}: {len(rest)} object{'s' if len(rest) > 1 else ''} kept: {rest[0].key}: {rest[0].why}{more}"
    for part in pruned.scope.plan.provided:
        installed = pruned.installed.parts.get(part.name)
        if installed and installed.members and not installed.holds_data_only:
            yield f"{part.name}: {len(installed.members)} objects are of this collection, although it is given as provided: they stay"


def _names(some: list[Doomed]) -> str:
    return few([str(one.key) for one in some], _SHOWN)
