# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A plan applied: many requests at a time, each object as soon as its gates are open."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from .._client.http import ApiError, Client
from .._common.deadline import Deadline
from .._inventory.strangers import ADOPT, REFUSE
from .._objects.objects import Key, is_going, pod_template
from .._render.plan import Plan
from .adopt import Adoption, Taken, take_over, taken_of
from .behind import Behind
from .compare import Item, Target
from .errors import cause_of, explain, may_pass_later
from .gates import ConversionGate, Gate, GoneGate, TriedGate, WebhookGate, needs_proof
from .going import why_going
from .graph import Graph
from .hopeless import Hopeless
from .made import Made
from .pending import Pending, State
from .priority import FIRST, priorities
from .prober import Prober
from .progress import ApplyProgress
from .queue import Requests
from .result import Outcome
from .retries import Retries
from .tally import Tally
from .view import Observer, View

# Between two looks at the gates; watch events come in bursts.
_LOOK_SECONDS = 0.03
# Workloads take their time; after so long without any progress it is asked whether those that are to open gates ever can.
_QUIET_SECONDS = 8.0


@dataclass(frozen=True)
class Settings:
    """How to apply; C(stall_timeout) in seconds without any progress."""

    field_manager: str
    force_conflicts: bool
    workers: int
    stall_timeout: float
    made: tuple[Made, ...] = ()
    """What controllers of the plan make."""
    foreign: str = REFUSE
    """What to do where objects of the plan are there and somebody else's: C(refuse), C(beside) or C(adopt)."""
    adopt_managers: tuple[str, ...] = ()
    """Installers besides those that are known."""

    @property
    def adoption(self) -> Adoption | None:
        return Adoption(self.field_manager, self.adopt_managers) if self.foreign == ADOPT else None


def apply(
    client: Client,
    plan: Plan,
    target: Target,
    settings: Settings,
    deadline: Deadline,
    may_write: Callable[[], bool],
    told: ApplyProgress | None = None,
) -> Outcome:
    """Apply everything that can be applied.

    :arg may_write: asked before every write; while it says no, objects wait.
    :arg told: who is told how far it is.
    :raises ApiError: when the first look at the cluster fails; nothing has been sent then.
    """
    return _Scheduler(client, plan, target, settings, deadline, may_write, told or ApplyProgress()).run()


class _Scheduler:
    """One apply of a plan to a cluster.

    The main thread owns all state; workers only send requests, and what comes back is handled here one after the other.
    """

    def __init__(
        self,
        client: Client,
        plan: Plan,
        target: Target,
        settings: Settings,
        deadline: Deadline,
        may_write: Callable[[], bool],
        told: ApplyProgress,
    ) -> None:
        self._client, self._target, self._settings, self._deadline, self._may_write = client, target, settings, deadline, may_write
        self._left = {key: Pending(item) for key, item in target.items.items()}
        """What is neither applied nor failed."""
        self._applied: set[Key] = set()
        self._failed: set[Key] = set()
        self._tally = Tally((part.name for part in plan.parts), target)
        self._requests: Requests[Pending | TriedGate] = Requests(self._send, settings.workers)
        self._observer = Observer(client, self._requests.wake, (made.name for made in settings.made if made.kind == "ConfigMap"))
        self._before: dict[Key, dict[str, Any]] = {}
        """What was somebody else's, as it was before it was taken over."""
        self._prober = Prober(client, self._waiting_pod)
        self._retries = Retries()
        self._closed: dict[Gate, str] = {}
        """Closed gates, and why."""
        self._told = told
        told.begin({part.name: len(part.objects) for part in plan.parts}, self._ask_behind)
        self._hopeless = Hopeless(client, target.items)
        self._progressed = time.monotonic()
        self._ending = ""
        """Why answers are final by now."""

    def run(self) -> Outcome:
        for key in self._target.settled:
            # As the plan wants it: it gets no PATCH.
            self._finish(self._left[key], State.APPLIED)
            self._tally.unchanged(self._target.items[key])
        if self._left:
            self._work_through()
        return self._tally.outcome()

    def _work_through(self) -> None:
        try:
            self._observer.start(self._deadline)
            bodies = {key: item.body for key, item in self._target.items.items()}
            parts = {key: item.part for key, item in self._target.items.items()}
            self._graph = Graph(bodies, self._target.resources, self._view(), self._settings.made, parts)
            crds = {gate.crd for gates in self._graph.gates.values() for gate in gates if isinstance(gate, ConversionGate)}
            self._observer.follow_crds(crds, self._deadline)
            self._open_first()
            self._requests.start()
            while self._left:
                self._step()
                self._tell(last=not self._left)
        finally:
            self._observer.stop()
            self._requests.stop()

    def _tell(self, *, last: bool) -> None:
        tally = self._tally
        self._told.look(tally.parts, tally.begun, self._closed, self._waits_for_the_cluster, last=last)

    def _ask_behind(self, gate: Gate) -> str:
        """From a thread of its own."""
        items = self._target.items
        workloads = [key for key in self._graph.openers(gate) if key in items and pod_template(items[key].body) is not None]
        return Behind(self._client, items).of(workloads)

    def _waits_for_the_cluster(self, gate: Gate) -> bool:
        """Whether all of the plan is applied that is to open a gate."""
        return not any(opener in self._left for opener in self._graph.openers(gate))

    def _view(self) -> View:
        return self._observer.view(frozenset(self._applied))

    def _finish(self, pending: Pending, state: State) -> None:
        pending.state = state
        (self._applied if state is State.APPLIED else self._failed).add(pending.item.key)
        del self._left[pending.item.key]

    def _open_first(self) -> None:
        order = priorities(self._target.items, self._graph)
        for pending in list(self._left.values()):
            pending.priority = order[pending.item.key]
            pending.waiting = set(self._graph.gates[pending.item.key])
            if gone := self._target.going.get(pending.item.key):
                pending.waiting.add(gone)
            self._closed.update(dict.fromkeys(pending.waiting, "not looked at yet"))
            if not pending.waiting:
                self._enqueue(pending)
        self._look()

    def _step(self) -> None:
        """Handle one answer, or what is due by the clock."""
        match self._requests.next(1.0):
            case Pending() as pending, answer:
                self._answered(pending, answer)
            case gate, answer:
                self._probed(gate, answer)
        if self._requests.woken:
            self._look()
        if self._deadline.expired:
            self._give_up(self._deadline.reason, last_try=False)
        elif blind := self._observer.refusal():
            self._give_up(blind, last_try=True)
        elif time.monotonic() - self._progressed > self._settings.stall_timeout:
            self._give_up(f"no progress for {self._settings.stall_timeout:g} s, the stall_timeout", last_try=True)
        elif time.monotonic() - self._progressed > _QUIET_SECONDS:
            self._hopeless.ask(self._applied.intersection(opener for gate in self._closed for opener in self._graph.openers(gate)))
            self._fail_what_waits_in_vain()

    # Gates

    def _look(self) -> None:
        """Open the gates that are open by now, and let go what waited for nothing else."""
        self._deadline.wait(_LOOK_SECONDS)
        self._requests.sleep_again()
        view = self._view()
        opened: set[Gate] = set()
        for gate, known in self._closed.items():
            why = gate.closed(view)
            if not why and needs_proof(gate) and not self._prober.is_proven(gate):
                why = known
                if self._prober.begin(gate):
                    why = "being tried"
                    self._requests.put(gate, FIRST)
            if why:
                self._closed[gate] = why
            else:
                opened.add(gate)
        if opened:
            # A gate opens once and for all, so this cannot go on for ever.
            self._progressed = time.monotonic()
        for gate in opened:
            del self._closed[gate]
        for pending in list(self._left.values()):
            held_by = pending.waiting & opened
            if held_by:
                pending.waiting -= held_by
                self._tally.opened(pending.item, held_by)
                if not pending.waiting:
                    self._enqueue(pending)
        self._fail_what_waits_in_vain()

    def _waiting_pod(self, gate: WebhookGate) -> tuple[str, dict[str, Any]] | None:
        """From a worker, while the main thread lets go of others."""
        for pending in list(self._left.values()):
            template = pod_template(pending.item.body) if gate in pending.waiting else None
            if template:
                return pending.item.key.namespace, template
        return None

    def _probed(self, gate: TriedGate, why: str | ApiError) -> None:
        if isinstance(why, ApiError) and not why.transient:
            # The probe itself knows the server's refusals, so this is a defect: end it by name.
            for pending in list(self._left.values()):
                if gate in pending.waiting:
                    self._fail(pending, f"{gate} cannot be tried: {why.message}")
            self._fail_what_waits_in_vain()
        elif why:
            if gate in self._closed:
                self._closed[gate] = f"{gate}: {why}"
            self._requests.put(gate, FIRST, pause=self._prober.pause(gate, why))
        else:
            self._prober.proves(gate)
            self._requests.wake()

    def _fail_what_waits_in_vain(self) -> None:
        """A gate that is opened by an object which was refused, or by pods that never run, stays closed: say so now rather than at the end."""
        hopeless = self._hopeless.known
        while (failed := self._failed.union(hopeless)) and (
            dead := {gate: min(lost) for gate in self._closed if (lost := failed.intersection(self._graph.openers(gate)))}
        ):
            for pending in list(self._left.values()):
                gate = min((gate for gate in pending.waiting if gate in dead), key=str, default=None)
                if gate:
                    what = "which failed" if str(dead[gate]) == str(gate) else f"and {dead[gate]} failed"
                    what += f": {hopeless[dead[gate]]}" if dead[gate] in hopeless else ""
                    self._fail(pending, f"needs {gate}, {what}", str(gate))
            # What failed just now may be what other gates wait for.
            for gate in dead:
                del self._closed[gate]

    # Requests

    def _enqueue(self, pending: Pending, pause: float = 0.0, *, state: State = State.SENT) -> None:
        pending.state = state
        self._tally.sent(pending.item)
        self._requests.put(pending, pending.priority, pause=pause)

    def _send(self, subject: Pending | TriedGate) -> Any:
        """In a worker."""
        return self._patch(subject.item) if isinstance(subject, Pending) else self._prober.ask(subject)

    def _patch(self, item: Item) -> Any:
        if self._deadline.expired:
            raise ApiError(0, self._deadline.reason)
        if not self._may_write():
            raise ApiError(0, "the run's Lease cannot be renewed at the moment, and nothing is written without it")
        if item.key in self._target.adopting and (adoption := self._settings.adoption):
            live = self._target.live[item.key]
            before = take_over(self._client, item.path, live, item.body, adoption, self._deadline)
            self._before.setdefault(item.key, before)
        # One attempt: what is worth another is known to _answered, and seen to stall.
        return self._client.apply(item.path, item.body, manager=self._settings.field_manager, force=self._settings.force_conflicts)

    def _answered(self, pending: Pending, answer: Any) -> None:
        self._tally.answered(pending.item)
        final = pending.state is State.LAST_TRY
        if isinstance(answer, ApiError):
            self._refused(pending, answer)
            return
        if is_going(answer) and not final:
            # Somebody has begun to delete it since the run looked: what was written goes along.
            self._hold(pending, GoneGate(pending.item.key, pending.item.path, answer["metadata"]["uid"]))
        elif is_going(answer):
            self._fail(pending, f"{why_going(answer)} ({self._ending})")
        else:
            self._tally.applied(pending.item, self._target.live.get(pending.item.key), answer, self._taken(pending.item, answer))
            self._finish(pending, State.APPLIED)
            self._progressed = time.monotonic()
        self._send_again(self._retries.ended(pending))
        self._requests.wake()

    def _taken(self, item: Item, after: dict[str, Any]) -> Taken | None:
        before, adoption = self._before.get(item.key), self._settings.adoption
        if before is None or adoption is None:
            return None
        return taken_of(item.part, item.key, self._target.strangers[item.key], before, after, item.body, adoption)

    def _refused(self, pending: Pending, error: ApiError) -> None:
        cause, final = cause_of(error, pending.item.resource.collection), pending.state is State.LAST_TRY
        if may_pass_later(error) and not self._deadline.expired and not final:
            pending.refusal = explain(error)
            self._send_again(self._retries.ended(pending, cause))
            pause = self._retries.refused(pending, cause, error)
            if pause is None:
                pending.state = State.BEHIND
            else:
                self._enqueue(pending, pause)
        else:
            self._fail(pending, explain(error) + (f" ({self._ending})" if final else ""), cause=cause)
            self._send_again(self._retries.ended(pending))
            self._fail_what_waits_in_vain()

    def _send_again(self, some: Iterable[Pending]) -> None:
        for pending in some:
            if pending.state is State.BEHIND:
                self._enqueue(pending)

    def _hold(self, pending: Pending, gate: Gate) -> None:
        pending.state = State.WAITING
        pending.waiting.add(gate)
        self._closed[gate] = "not looked at yet"

    def _fail(self, pending: Pending, message: str, because_of: str = "", cause: str = "") -> None:
        self._finish(pending, State.FAILED)
        self._tally.failed(pending.item, message, because_of, cause)

    def _give_up(self, reason: str, *, last_try: bool) -> None:
        """End what is left: send once more what only the server can judge, fail the rest by name."""
        self._requests.drop_paused()
        self._progressed = time.monotonic()
        self._ending = reason
        # Who has no time left, or gets no answer, would only wait for it once more.
        behind = Behind(self._client, self._target.items) if last_try else None
        # What opens the gates of others first: those are then said to wait for it.
        for pending in [pending for pending in self._left.values() if not self._waits_for_others(pending)]:
            self._end(pending, reason, behind)
        self._fail_what_waits_in_vain()
        for pending in list(self._left.values()):
            self._end(pending, reason, behind)

    def _waits_for_others(self, pending: Pending) -> bool:
        return any(opener in self._left for gate in pending.waiting for opener in self._graph.openers(gate))

    def _end(self, pending: Pending, reason: str, behind: Behind | None) -> None:
        last_try = behind is not None
        if last_try and pending in self._requests.in_flight:
            pending.state = State.LAST_TRY
        elif last_try and pending.state is not State.LAST_TRY and pending.only_the_server_knows:
            # The server's refusal says more than a closed gate does.
            pending.waiting.clear()
            self._enqueue(pending, state=State.LAST_TRY)
        elif pending.refusal and not pending.waiting:
            self._fail(pending, f"{pending.refusal} ({reason})", cause=pending.refusal)
        elif gate := min((gate for gate in pending.waiting if gate in self._closed), key=str, default=None):
            # That something is not gone is a cause of its own; any other gate has one behind it.
            cause = behind.of(self._graph.openers(gate)) if behind else ""
            self._fail(pending, f"waits for {self._closed[gate]}{cause} ({reason})", "" if isinstance(gate, GoneGate) else str(gate))
        else:
            self._fail(pending, f"had no answer yet ({reason})")
