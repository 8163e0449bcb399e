# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Waiting until a plan is ready, by watches, with a verdict per part."""

from __future__ import annotations

import functools
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from .._client.discovery import Resource, Resources
from .._client.endpoints import endpoint_slices_path, ready_services
from .._client.events import last_events
from .._client.http import ApiError, Client
from .._client.parallel import in_parallel
from .._client.watch import Reflector
from .._common.deadline import Deadline
from .._objects.objects import Key, key_of
from .._render.plan import Plan
from .judge import has_status, status_of
from .pods import pods_of
from .progress import Progress
from .rule import Seen
from .status import CURRENT, Status, in_progress
from .steady import Steady
from .wait_progress import WaitProgress

# Whose pods are to stay up; those of Jobs end.
_KEEP_RUNNING = {("apps", kind) for kind in ("Deployment", "StatefulSet", "DaemonSet")}


@dataclass
class NotReady:
    """One object that is not ready."""

    object: str
    state: str
    message: str


@dataclass
class Verdict:
    """One part; C(seconds) from the start of the wait until its last object was ready, or until the end of the wait."""

    name: str
    ready: bool = False
    objects: int = 0
    seconds: float = 0.0
    not_ready: list[NotReady] = field(default_factory=list)
    restarted: list[str] = field(default_factory=list)
    """Workloads whose containers were started anew meanwhile, and how often."""


@dataclass
class Ended:
    """How a wait has ended. C(reason): why before everything was ready; empty when all is, or when it was to be looked once only."""

    verdicts: list[Verdict]
    reason: str = ""

    @property
    def ready(self) -> bool:
        return all(verdict.ready for verdict in self.verdicts)


@dataclass(frozen=True)
class _Expected:
    part: str
    key: Key
    resource: Resource | None


class Wait:
    """Watches every kind of the plan; of those without a rule only the names, since they are ready once they exist.

    :arg deadline: for all of it, from discovery on.
    :arg told: who is told how far it is.
    """

    def __init__(self, client: Client, plan: Plan, deadline: Deadline, told: WaitProgress | None = None) -> None:
        """:raises ApiError: when the API server refuses, or does not answer until the deadline."""
        self._client, self._deadline, self._told = client, deadline, told or WaitProgress()
        resources = Resources.discover(client, (item for part in plan.parts for item in part.objects), deadline)
        self._expected = [
            _Expected(part.name, _live_key(item, resources), resources.of(item)) for part in plan.parts for item in part.objects
        ]
        self._verdicts = {part.name: Verdict(part.name) for part in plan.parts}
        for expected in self._expected:
            self._verdicts[expected.part].objects += 1
        self._changed = threading.Event()
        watched = {expected.resource for expected in self._expected if expected.resource}
        self._reflectors = {
            resource: Reflector(client, resource.collection, self._changed.set, metadata_only=not has_status(resource.group, resource.kind))
            for resource in watched
        }
        (slices,) = in_parallel([functools.partial(endpoint_slices_path, client, deadline)], deadline)
        self._slices = Reflector(client, slices, self._changed.set)
        # Nearly every plan has some.
        of_plan = (reflector for resource, reflector in self._reflectors.items() if (resource.group, resource.kind) == ("", "Namespace"))
        self._namespaces = next(of_plan, None) or Reflector(client, "/api/v1/namespaces", self._changed.set)
        homes = {expected.key.namespace for expected in self._expected if (expected.key.group, expected.key.kind) in _KEEP_RUNNING}
        self._pods = {home: Reflector(client, f"/api/v1/namespaces/{home}/pods", self._changed.set) for home in homes}
        self._steady = Steady()
        self._known: dict[Key, Status] = {}

    def run(self, *, stall_seconds: float, once: bool = False) -> Ended:
        """Until everything is ready, something has failed for good, or the deadline is over.

        :arg stall_seconds: end also when no object has come nearer to ready for so long.
        :arg once: look once, and do not wait.
        :raises ApiError: when a list is refused or has no answer until the deadline, or a watch is refused for good.
        """
        started = time.monotonic()
        try:
            in_parallel([functools.partial(reflector.start, self._deadline) for reflector in self._all()], self._deadline)
            progress = Progress(time.monotonic())
            while True:
                self._changed.clear()
                self._look(started)
                progress.look(self._known, time.monotonic())
                ended = Ended(list(self._verdicts.values()))
                if not ended.ready and not once:
                    ended.reason = self._why_end(progress, stall_seconds)
                over = ended.ready or bool(ended.reason) or once
                self._told.look(ended.verdicts, self._known, last=over)
                if over:
                    self._add_events()
                    return ended
                if refusal := next((reflector.refusal for reflector in self._all() if reflector.refusal), ""):
                    raise ApiError(403, refusal)
                self._changed.wait(min(1.0, self._deadline.remaining))
                # Watch events come in bursts.
                self._deadline.wait(0.05)
        finally:
            for reflector in self._all():
                reflector.stop()

    def _why_end(self, progress: Progress, stall_seconds: float) -> str:
        """Why not to wait any longer, or an empty string."""
        if failed := [f"{key} failed: {status.message}" for key, status in self._known.items() if status.state == "Failed"]:
            return "; ".join(failed[:3]) + (f"; and {len(failed) - 3} more" if len(failed) > 3 else "")
        if self._deadline.expired:
            return self._deadline.reason
        if time.monotonic() - progress.last > stall_seconds:
            return f"no progress for {stall_seconds:g} s, the stall_timeout"
        return ""

    def _all(self) -> list[Reflector]:
        return [*{*self._reflectors.values(), *self._pods.values(), self._slices, self._namespaces}]

    def _add_events(self) -> None:
        pending = {str(key): key for key, status in self._known.items() if status != CURRENT}
        events = last_events(self._client, list(pending.values()))
        for entry in (entry for verdict in self._verdicts.values() for entry in verdict.not_ready):
            if event := events.get(pending[entry.object]):
                entry.message += f"; {event}"

    def _look(self, started: float) -> None:
        seen = Seen(ready_services(self._slices.objects()), self._namespaces.objects())
        pods = {home: list(reflector.objects().values()) for home, reflector in self._pods.items()}
        for some in pods.values():
            self._steady.look(some, time.monotonic())
        live = {resource: reflector.objects() for resource, reflector in self._reflectors.items()}
        for verdict in self._verdicts.values():
            verdict.not_ready, verdict.restarted = [], []
        for expected in self._expected:
            key = expected.key
            item = live[expected.resource].get((key.namespace, key.name)) if expected.resource else None
            unreadable = self._reflectors[expected.resource].unreadable if expected.resource else ""
            status = in_progress(f"cannot be read yet: {unreadable}") if unreadable else status_of(key.group, key.kind, item, seen)
            if item and (key.group, key.kind) in _KEEP_RUNNING:
                mine = pods_of(item, pods[key.namespace])
                if status == CURRENT and (why := self._steady.why_not(mine, time.monotonic(), time.time())):
                    status = in_progress(why)
                if again := self._steady.restarts(mine):
                    self._verdicts[expected.part].restarted.append(f"{key} {again} times")
            self._known[key] = status
            if status != CURRENT:
                self._verdicts[expected.part].not_ready.append(NotReady(str(key), status.state, status.message))
        for verdict in self._verdicts.values():
            was_ready, verdict.ready = verdict.ready, not verdict.not_ready
            if not (was_ready and verdict.ready):
                verdict.seconds = round(time.monotonic() - started, 2)


def _live_key(item: dict[str, Any], resources: Resources) -> Key:
    """The key under which it is live: some manifests give a namespace to a cluster-scoped kind, some leave it out."""
    key, resource = key_of(item), resources.of(item)
    if resource is None:
        return key
    return key._replace(namespace=(key.namespace or "default") if resource.namespaced else "")


def table(verdicts: list[Verdict]) -> str:
    """The verdicts for people: a line per part, and below it what is not ready and why."""
    width = max((len(verdict.name) for verdict in verdicts), default=0)
    lines = []
    for verdict in verdicts:
        count = len(verdict.not_ready)
        state = f"ready after {verdict.seconds:.1f} s" if verdict.ready else f"{count} of {verdict.objects} not ready"
        restarted = f" (restarted meanwhile: {', '.join(verdict.restarted)})" if verdict.restarted else ""
        lines.append(f"{verdict.name:<{width}}  {state}{restarted}")
        lines.extend(f"{'':<{width}}    {entry.object}: {entry.message}" for entry in verdict.not_ready)
    return "\n".join(lines)
