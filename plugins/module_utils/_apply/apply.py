# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A plan applied: many requests at a time, each object as soon as its gates are open."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .._client.http import APPLY_PATCH, ApiError, Client
from .._common.deadline import Deadline
from .._objects.objects import Key, pod_template
from .._render.plan import Plan
from .compare import Item, Target
from .diff import comparable
from .errors import explain, may_pass_later
from .gates import ConversionGate, CrdGate, Gate, ObjectGate, TriedGate, WebhookGate, needs_proof
from .graph import Graph
from .made import Made
from .priority import FIRST, prioritise
from .probe import is_served, pod_webhook_works
from .queue import Requests
from .result import Change, Failure, Outcome, PartOutcome, Waited
from .view import Observer, View

# Between two looks at the gates; watch events come in bursts.
_LOOK_SECONDS = 0.03
_RETRY_SECONDS = (0.2, 3.0)


@dataclass(frozen=True)
class Settings:
    """How to apply; C(stall_timeout) in seconds without any progress."""

    field_manager: str
    force_conflicts: bool
    workers: int
    stall_timeout: float
    made: tuple[Made, ...] = ()
    """What controllers of the plan make."""


def apply(client: Client, plan: Plan, target: Target, settings: Settings, deadline: Deadline, may_write: Callable[[], bool]) -> Outcome:
    """Apply everything that can be applied.

    :arg may_write: asked before every write; while it says no, objects wait.
    :raises ApiError: when the first look at the cluster fails; nothing has been sent then.
    """
    return _Apply(client, plan, target, settings, deadline, may_write).run()


class _Apply:
    """One apply of a plan to a cluster.

    The main thread owns all state; workers only send requests and put what came back into C(_events).
    """

    def __init__(
        self, client: Client, plan: Plan, target: Target, settings: Settings, deadline: Deadline, may_write: Callable[[], bool]
    ) -> None:
        self._client, self._settings, self._deadline, self._may_write = client, settings, deadline, may_write
        self._target, self._items, self._live = target, target.items, target.live
        self._outcomes = {part.name: PartOutcome(part.name) for part in plan.parts}
        for failure in target.unknown:
            self._outcomes[failure.part].failed += 1
        self._first_sent: dict[str, float] = {}
        self._failures: list[Failure] = list(target.unknown)
        self._changes: list[Change] = []
        self._applied: set[Key] = set()
        self._failed: set[Key] = set()
        self._requests: Requests[Item | TriedGate] = Requests(self._send, settings.workers)
        self._ending = ""
        """Why answers are final by now."""
        self._observer = Observer(client, self._requests.wake, (made.name for made in settings.made if made.kind == "ConfigMap"))
        self._resources = target.resources
        self._started = self._progressed = time.monotonic()
        self._proven: set[TriedGate] = set()
        self._probing: dict[TriedGate, float] = {}
        """Gates that look open and are being tried, and since when."""
        self._why: dict[Gate, str] = {}
        """Closed gates, and why."""

    def run(self) -> Outcome:
        self._leave_alone(self._target.settled)
        if self._unfinished():
            self._work_through()
        return Outcome(list(self._outcomes.values()), self._failures, self._changes, self._target.orphans)

    def _leave_alone(self, settled: set[Key]) -> None:
        """Count what is as the plan wants it: it gets no PATCH."""
        self._applied |= settled
        for key in settled:
            self._outcomes[self._items[key].part].unchanged += 1

    def _work_through(self) -> None:
        try:
            self._observer.start(self._deadline)
            self._graph = Graph({key: item.body for key, item in self._items.items()}, self._resources, self._view(), self._settings.made)
            crds = {gate.crd for gates in self._graph.gates.values() for gate in gates if isinstance(gate, ConversionGate)}
            self._observer.follow_crds(crds, self._deadline)
            self._open_first()
            self._requests.start()
            while self._unfinished():
                self._step()
        finally:
            self._observer.stop()
            self._requests.stop()
        for part in self._outcomes.values():
            part.waited.sort(key=lambda waited: -waited.seconds)

    def _view(self) -> View:
        return self._observer.view(frozenset(self._applied))

    def _unfinished(self) -> bool:
        return len(self._applied) + len(self._failed) < len(self._items)

    def _open_first(self) -> None:
        prioritise(self._items, self._graph)
        left = [item for item in self._items.values() if item.key not in self._applied]
        for item in left:
            item.waiting = set(self._graph.gates[item.key])
            if not item.waiting:
                self._enqueue(item)
        self._why = dict.fromkeys({gate for item in left for gate in item.waiting}, "not looked at yet")
        self._look()

    def _step(self) -> None:
        """Handle one event, or what is due by the clock."""
        match self._requests.next(1.0):
            case Item() as item, answer:
                self._answered(item, answer)
            case gate, answer:
                self._probed(gate, answer)
        if self._requests.woken:
            self._look()
        now = time.monotonic()
        if self._deadline.expired:
            self._give_up(self._deadline.reason, last_try=False)
        elif blind := self._observer.refusal():
            self._give_up(blind, last_try=True)
        elif now - self._progressed > self._settings.stall_timeout:
            self._give_up(f"nothing has moved for {self._settings.stall_timeout:g} s", last_try=True)

    # Gates

    def _look(self) -> None:
        """Open the gates that are open by now, and let go what waited for nothing else."""
        self._deadline.wait(_LOOK_SECONDS)
        self._requests.sleep_again()
        view = self._view()
        opened: set[Gate] = set()
        for gate in self._why:
            why = gate.closed(view)
            if not why and needs_proof(gate) and gate not in self._proven:
                why = self._why[gate] if gate in self._probing else "being tried"
                self._probe(gate)
            if why:
                self._why[gate] = why
            else:
                opened.add(gate)
        if opened:
            self._progressed = time.monotonic()
        for gate in opened:
            del self._why[gate]
        for item in self._items.values():
            held_by = item.waiting & opened
            if held_by:
                item.waiting -= held_by
                self._note_wait(item, held_by)
                if not item.waiting:
                    self._enqueue(item)
        self._fail_what_waits_in_vain()

    def _probe(self, gate: TriedGate) -> None:
        if gate not in self._probing:
            self._probing[gate] = time.monotonic()
            self._requests.put(gate, FIRST)

    def _probed(self, gate: TriedGate, why: str | ApiError) -> None:
        if isinstance(why, ApiError) and not why.transient:
            # The probe itself knows the server's refusals, so this is a defect: end it by name.
            for item in self._items.values():
                if gate in item.waiting and item.key not in self._failed:
                    self._fail(item, f"{gate} cannot be tried: {why.message}")
            self._fail_what_waits_in_vain()
        elif why:
            if gate in self._why:
                self._why[gate] = f"{gate}: {why}"
            pause = (why.retry_after if isinstance(why, ApiError) else None) or self._until_next_probe(gate)
            self._requests.put(gate, FIRST, pause=pause)
        else:
            self._proven.add(gate)
            self._requests.wake()

    def _until_next_probe(self, gate: TriedGate) -> float:
        """A tenth of the time it has taken so far: soon at first, and seldom where it lasts. All gates together: a hundred a second."""
        first, most = _RETRY_SECONDS
        taken = time.monotonic() - self._probing[gate]
        return min(max(first, taken / 10, (len(self._probing) - len(self._proven)) / 100), most)

    def _note_wait(self, item: Item, gates: set[Gate]) -> None:
        seconds = round(time.monotonic() - self._started, 2)
        waited = self._outcomes[item.part].waited
        # What the plan's own objects open within the same breath is not worth a line.
        for gate in (gate for gate in gates if not isinstance(gate, ObjectGate)):
            known = next((entry for entry in waited if entry.gate == str(gate)), None)
            if known:
                known.objects += 1
            else:
                waited.append(Waited(str(gate), seconds, 1))

    def _fail_what_waits_in_vain(self) -> None:
        """A gate that is opened by an object which was refused stays closed: say so now rather than at the deadline."""
        while self._failed and (
            dead := {gate: min(lost) for gate in self._why if (lost := self._failed.intersection(self._graph.openers(gate)))}
        ):
            for item in self._items.values():
                gate = min((gate for gate in item.waiting if gate in dead), key=str, default=None)
                if gate and item.key not in self._failed:
                    what = "which failed" if str(dead[gate]) == str(gate) else f"and {dead[gate]} failed"
                    self._fail(item, f"needs {gate}, {what}", str(gate))
            # What failed just now may be what other gates wait for.
            for gate in dead:
                del self._why[gate]

    # Requests

    def _enqueue(self, item: Item, pause: float = 0.0) -> None:
        first = self._first_sent.setdefault(item.part, time.monotonic())
        self._outcomes[item.part].started = round(first - self._started, 2)
        self._requests.put(item, item.priority, pause=pause)

    def _send(self, subject: Item | TriedGate) -> Any:
        return self._patch(subject) if isinstance(subject, Item) else self._ask(subject)

    def _patch(self, item: Item) -> Any:
        if self._deadline.expired:
            raise ApiError(0, self._deadline.reason)
        if not self._may_write():
            raise ApiError(0, "the run's Lease cannot be renewed at the moment, and nothing is written without it")
        query = {"fieldManager": self._settings.field_manager, "force": "true" if self._settings.force_conflicts else "false"}
        # One attempt: what is worth another is known to _answered, and seen to stall.
        return self._client.request("PATCH", item.path, query=query, body=item.body, content_type=APPLY_PATCH)

    def _ask(self, gate: TriedGate) -> str:
        live = time.monotonic() - self._probing[gate]
        if isinstance(gate, CrdGate):
            return is_served(self._client, gate, live)
        waiting = next(
            (item for item in self._items.values() if gate in self._graph.gates[item.key] and item.key not in self._applied), None
        )
        template = pod_template(waiting.body) if waiting else None
        if not waiting or not template:
            return ""
        return pod_webhook_works(self._client, waiting.key.namespace, template, mutating=gate.webhook.mutating, live_seconds=live)

    def _answered(self, item: Item, answer: Any) -> None:
        self._outcomes[item.part].seconds = round(time.monotonic() - self._first_sent[item.part], 2)
        if not isinstance(answer, ApiError):
            self._succeed(item, answer)
        elif may_pass_later(answer) and not self._deadline.expired and item.attempts >= 0:
            item.refusal = explain(answer)
            first, most = _RETRY_SECONDS
            pause = answer.retry_after or min(first * 1.5**item.attempts, most)
            item.attempts += 1
            self._enqueue(item, pause)
        else:
            self._fail(item, explain(answer) + (f" ({self._ending})" if item.attempts < 0 else ""))
            self._fail_what_waits_in_vain()

    def _succeed(self, item: Item, after: dict[str, Any]) -> None:
        before = self._live.get(item.key)
        outcome = self._outcomes[item.part]
        self._progressed = time.monotonic()
        if before is not None and _same(before, after):
            outcome.unchanged += 1
        else:
            outcome.created += before is None
            outcome.changed += before is not None
            self._changes.append(Change(item.part, str(item.key), before, after))
        self._applied.add(item.key)
        self._requests.wake()

    def _fail(self, item: Item, message: str, because_of: str = "") -> None:
        self._failed.add(item.key)
        self._outcomes[item.part].failed += 1
        self._failures.append(Failure(item.part, str(item.key), message, because_of))

    def _give_up(self, reason: str, *, last_try: bool) -> None:
        """End what is left: send once more what only the server can judge, fail the rest by name."""
        self._requests.drop_paused()
        self._progressed = time.monotonic()
        self._ending = reason
        for item in self._items.values():
            if item.key in self._applied or item.key in self._failed:
                continue
            if last_try and item in self._requests.in_flight:
                item.attempts = -1
            elif last_try and item.attempts >= 0 and _only_the_server_knows(item):
                # The server's refusal says more than a closed gate does.
                item.waiting.clear()
                item.attempts = -1
                self._enqueue(item)
            elif item.refusal and not item.waiting:
                self._fail(item, f"{item.refusal} ({reason})")
            elif gate := min((gate for gate in item.waiting if gate in self._why), key=str, default=None):
                self._fail(item, f"waits for {self._why[gate]} ({reason})", str(gate))
            else:
                self._fail(item, f"had no answer yet ({reason})")


def _same(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """A PATCH that changes nothing leaves the resourceVersion; another's write in between moves it without being ours."""
    return bool(before["metadata"]["resourceVersion"] == after["metadata"]["resourceVersion"]) or comparable(before) == comparable(after)


def _only_the_server_knows(item: Item) -> bool:
    """Held by webhooks at most, and not by those for its pods, which would not refuse the item itself."""
    return all(isinstance(gate, WebhookGate) and not gate.for_pods for gate in item.waiting)
