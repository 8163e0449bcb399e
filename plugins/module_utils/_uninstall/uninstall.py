# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An uninstall as one run: alone, step by step, with a proof at the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from .._apply.alone import take_lease
from .._client.http import Client
from .._common.deadline import Deadline
from .._inventory.applysets import group_kind
from .._inventory.installed import Installed, read_installed
from .._inventory.left import Left
from .aggregated import in_turns
from .books import Books
from .clearing import clear, convert_nothing
from .deleting import Patience, Remaining, delete_all
from .doomed import TURNS, Doomed, Kept, Step, Stuck
from .look import Live, World, look
from .order import Removal, crds_of, left_by, removal
from .progress import UninstallProgress
from .rights import check_rights
from .scope import parts_to_remove
from .stuck import Evidence, unreadable_kinds
from .unfasten import unfasten
from .webhooks import OutOfTheWay

# What controllers make anew while they run is looked for so often; the rest goes with its kind.
_PASSES = 3


@dataclass(frozen=True)
class Wanted:
    """What is to go, and how.

    C(requires), C(left): where the install record does not say; C(known): names of parts, in case that the inventory is lost.
    """

    parts: tuple[str, ...]
    delete_data: bool
    clear_finalizers: bool
    manager: str
    tooling: str
    requires: Mapping[str, Sequence[str]] = field(default_factory=dict)
    left: tuple[Left, ...] = ()
    known: tuple[str, ...] = ()


@dataclass
class Outcome:
    """What was done, or would be."""

    parts: list[str]
    releases: list[str]
    doomed: list[Doomed]
    kept: list[Kept]
    unfastened: list[str]
    gone: int = 0
    """How many of the doomed objects are gone."""
    stuck: list[Stuck] = field(default_factory=list)
    cleared: list[str] = field(default_factory=list)
    left: list[Doomed] = field(default_factory=list)
    """What of it was found at the end, by a new look."""
    kinds: int = 0
    """Among how many kinds was looked."""
    unread: dict[str, str] = field(default_factory=dict)
    """What could not be looked at, with why."""
    staying: list[str] = field(default_factory=list)
    """Parts that are installed and were not named, but for those of which only data are left."""
    changed: bool = False
    empty: bool = False
    """Whether nothing of ours is on the cluster any more, our namespace included."""
    taken_from: str = ""


@dataclass
class Found:
    """What was read, and what follows from it."""

    installed: Installed
    world: World
    removal: Removal


def find(client: Client, wanted: Wanted, deadline: Deadline, parts: Sequence[str] | None = None) -> Found:
    """Read what is installed and what of it goes.

    :arg parts: those that go, where that is known from an earlier look: by now nothing may be left of one.
    :raises ScopeError: when what is wanted cannot be.
    :raises ApiError: when the API server refuses, or does not answer until the deadline.
    """
    installed = read_installed(client, wanted.manager, deadline, known=wanted.known, everywhere=True)
    known = None if parts is None else [name for name in parts if name in installed.parts]
    going = parts_to_remove(installed, wanted.parts, wanted.requires) if known is None else known
    left = left_by(installed, going, wanted.left)
    world = look(client, installed, crds_of(installed, going), left, deadline)
    return Found(installed, world, removal(installed, going, world, left, wanted.manager, delete_data=wanted.delete_data))


def predict(client: Client, wanted: Wanted, deadline: Deadline) -> Outcome:
    """What would go; nothing is written. As C(find) for what it raises."""
    found = find(client, wanted, deadline)
    outcome = _outcome(found)
    outcome.stuck = _unreadable(client, found)
    outcome.changed = bool(outcome.doomed) or not Books(client, wanted.manager, wanted.tooling, deadline).are_closed(found)
    return outcome


def uninstall(client: Client, wanted: Wanted, patience: Patience, told: UninstallProgress | None = None) -> Outcome:
    """Remove it while holding the run's Lease, which is taken only when there is something to remove.

    :arg told: who is told how far it is.
    :raises ScopeError: when what is wanted cannot be, or the credentials may not do it; nothing was changed.
    :raises LeaseHeldError: when another run is at work.
    :raises ApiError: when the cluster cannot be read, or not be written any more.
    """
    deadline = patience.deadline
    told = told or UninstallProgress()
    found = find(client, wanted, deadline)
    books = Books(client, wanted.manager, wanted.tooling, deadline)
    if not found.removal.doomed and books.are_closed(found):
        outcome = _outcome(found)
        outcome.empty = not found.installed.parts
        outcome.kinds = len(found.installed.served.resources)
        return outcome
    resources = {doomed.resource for doomed in found.removal.doomed}
    awaited = [live for some in found.removal.awaited.values() for live in some]
    check_rights(client, resources, awaited, deadline, patch=wanted.clear_finalizers, otherwise="Nothing was removed")
    lease, waited = take_lease(client, wanted.manager, deadline, told.holder)
    try:
        if waited:
            found = find(client, wanted, deadline)
        run = _Run(client, wanted, found, patience, lambda: lease.held, told)
        outcome = run.run()
        if not outcome.stuck and not outcome.left:
            # In the namespace that goes now is the Lease itself.
            outcome.empty = books.close(run.found, lease.keep)
    finally:
        lease.release()
    outcome.taken_from = lease.taken_from
    outcome.changed = True
    return outcome


def _outcome(found: Found) -> Outcome:
    removal = found.removal
    unfastened = [str(claim.key) for claim in removal.unfastened]
    staying = [name for name, part in found.installed.parts.items() if name not in removal.parts and not part.holds_data_only]
    return Outcome(removal.parts, found.installed.releases, list(removal.doomed), list(removal.kept), unfastened, staying=staying)


def _unreadable(client: Client, found: Found) -> list[Stuck]:
    doomed = {entry.key.name: entry.part for entry in found.removal.of(Step.CRDS)}
    served = found.installed.served
    kinds = [
        (part, group_kind(resource.group, resource.kind), name)
        for name, part in doomed.items()
        if (resource := served.by_plural(*name.split(".", 1)))
    ]
    return unreadable_kinds(client, {**found.world.unreadable, **found.installed.unreadable}, kinds)


class _Run:
    """One uninstall."""

    def __init__(
        self, client: Client, wanted: Wanted, found: Found, patience: Patience, may_write: Callable[[], bool], told: UninstallProgress
    ) -> None:
        self._client, self._wanted, self._patience = client, wanted, patience
        self.found = found
        """What was read last."""
        self._may_write, self._told = may_write, told
        self._outcome = _outcome(found)
        self._out_of_the_way = OutOfTheWay(client, found.removal.doomed, patience.deadline, may_write)

    def run(self) -> Outcome:
        outcome = self._outcome
        self._told.total(len(outcome.doomed))
        outcome.stuck = _unreadable(self._client, self.found)
        if outcome.stuck and self._wanted.clear_finalizers:
            self._read_unconverted()
            outcome = self._outcome
        if outcome.stuck:
            return outcome
        for claim, owners in self.found.removal.unfastened.items():
            unfasten(self._client, claim, owners, self._patience.deadline)
        for steps in TURNS:
            if Step.USERS in steps:
                stuck = self._users()
            elif Step.AGGREGATED in steps:
                turns = in_turns(self._client, self.found.removal.of(*steps), self._patience)
                stuck = [left for turn in turns for left in self._take(steps, turn)]
            else:
                stuck = self._take(steps, self.found.removal.of(*steps))
            outcome.stuck += stuck
            if stuck and (steps[0] <= Step.WEBHOOKS or self._patience.deadline.expired):
                # Who is to answer still runs, and can be mended; or there is no time for more than to say what has held it up.
                return outcome
        self._prove()
        return outcome

    def _read_unconverted(self) -> None:
        deadline = self._patience.deadline
        for stuck in self._outcome.stuck:
            self._outcome.cleared += convert_nothing(self._client, stuck.object.rpartition(" ")[2], deadline)
        cleared = self._outcome.cleared
        # The API server fills its cache anew.
        until, pause = Deadline(min(self._patience.stall, deadline.remaining)), 0.2
        while True:
            self.found = find(self._client, self._wanted, deadline, self._outcome.parts)
            still = _unreadable(self._client, self.found)
            if not still or not until.wait(pause):
                break
            pause = min(pause * 2, 2.0)
        self._outcome = _outcome(self.found)
        self._outcome.cleared, self._outcome.stuck = cleared, still

    def _users(self) -> list[Stuck]:
        """Again and again, since controllers that run may make what was not there yet."""
        todo = self.found.removal.of(Step.USERS)
        for _pass in range(_PASSES):
            if not todo:
                break
            if stuck := self._take((Step.USERS,), todo):
                return stuck
            known = {doomed.uid for doomed in self._outcome.doomed}
            self.found = find(self._client, self._wanted, self._patience.deadline, self._outcome.parts)
            todo = [doomed for doomed in self.found.removal.of(Step.USERS) if doomed.uid not in known]
            self._outcome.doomed += todo
        return []

    def _take(self, steps: Sequence[Step], doomed: Sequence[Doomed]) -> list[Stuck]:
        """Steps side by side."""
        outcome, client, deadline = self._outcome, self._client, self._patience.deadline
        todo: Sequence[Doomed] = [entry for entry in doomed if not entry.with_namespace]
        awaited: Sequence[Live] = [live for step in steps for live in self.found.removal.awaited.get(step, ())]
        if not doomed and not awaited:
            return []
        self._told.begin(steps, len(doomed))
        while True:
            left = delete_all(client, todo, awaited, self._patience, self._may_write, self._told, self._out_of_the_way)
            if not left or not self._wanted.clear_finalizers or deadline.expired:
                break
            cleared = [words for remaining in left for words in clear(client, self.found.installed, remaining, deadline)]
            outcome.cleared += cleared
            if not cleared:
                break
            todo = [remaining.object for remaining in left if isinstance(remaining.object, Doomed)]
            awaited = [remaining.object for remaining in left if isinstance(remaining.object, Live)]
        there = {remaining.object.uid for remaining in left}
        gone = sum(entry.uid not in there for entry in doomed)
        outcome.gone += gone
        self._told.end(gone, len(left))
        return self._explain(left)

    def _explain(self, left: Sequence[Remaining]) -> list[Stuck]:
        evidence = Evidence(self._client, self.found.installed)
        return [evidence.of(remaining) for remaining in left]

    def _prove(self) -> None:
        """Look again, at everything: what of ours is there is either kept or left."""
        outcome, deadline = self._outcome, self._patience.deadline
        self.found = found = find(self._client, self._wanted, deadline, outcome.parts)
        outcome.left, outcome.kept = found.removal.doomed, found.removal.kept
        outcome.kinds = len(found.installed.served.resources)
        outcome.unread = {**found.installed.served.unreadable, **found.installed.unreadable, **found.world.unreadable}
        if not outcome.stuck:
            outcome.stuck = [Stuck(left.part, str(left.key), "it was made while the rest went", "Run this again.") for left in outcome.left]
