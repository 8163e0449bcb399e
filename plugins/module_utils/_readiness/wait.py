# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Waiting until a plan is ready, by watches, with a verdict per part."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from .._client.discovery import Resource, Resources
from .._client.endpoints import endpoint_slices_path, ready_services
from .._client.events import last_warnings
from .._client.http import ApiError, Client
from .._client.watch import Reflector
from .._common.deadline import Deadline
from .._objects.objects import Key, key_of
from .._render.plan import Plan
from .judge import has_status, status_of
from .rule import Seen
from .status import CURRENT, Status


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


@dataclass(frozen=True)
class _Expected:
    part: str
    key: Key
    resource: Resource | None


class Wait:
    """Watches every kind of the plan; of those without a status only the names, since existing is all they can do."""

    def __init__(self, client: Client, plan: Plan, deadline: Deadline) -> None:
        """:raises ApiError: when the API server does not answer."""
        self._client = client
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
        self._slices = Reflector(client, endpoint_slices_path(client, deadline), self._changed.set)
        self._known: dict[Key, Status] = {}

    def run(self, deadline: Deadline, *, stall_seconds: float) -> list[Verdict]:
        """Until everything is ready, or something failed for good, or time is over; one look when the deadline is over already.

        :arg stall_seconds: end also when nothing has changed for so long.
        :raises ApiError: when the first lists fail, or a watch is refused for good.
        """
        started = moved = time.monotonic()
        try:
            self._start(deadline)
            while True:
                self._changed.clear()
                before = dict(self._known)
                self._look(started)
                now = time.monotonic()
                if self._known != before:
                    moved = now
                finished = all(verdict.ready for verdict in self._verdicts.values())
                failed = any(status.state == "Failed" for status in self._known.values())
                if finished or failed or deadline.expired or now - moved > stall_seconds:
                    self._add_warnings()
                    return list(self._verdicts.values())
                if refusal := next((reflector.refusal for reflector in self._all() if reflector.refusal), ""):
                    raise ApiError(403, refusal)
                self._changed.wait(min(1.0, deadline.remaining))
                # Watch events come in bursts.
                deadline.wait(0.05)
        finally:
            for reflector in self._all():
                reflector.stop()

    def _all(self) -> list[Reflector]:
        return [*self._reflectors.values(), self._slices]

    def _add_warnings(self) -> None:
        pending = {str(key): key for key, status in self._known.items() if status != CURRENT}
        warnings = last_warnings(self._client, list(pending.values()))
        for entry in (entry for verdict in self._verdicts.values() for entry in verdict.not_ready):
            warning = warnings.get(pending[entry.object])
            if warning:
                entry.message += f"; last warning: {warning}"

    def _start(self, deadline: Deadline) -> None:
        # Even a wait of no time at all may list.
        listing = deadline if deadline.remaining > 30 else Deadline(30)
        with ThreadPoolExecutor(max_workers=16) as pool:
            list(pool.map(lambda reflector: reflector.start(listing), self._all()))

    def _look(self, started: float) -> None:
        seen = Seen(ready_services(self._slices.objects()))
        live = {resource: reflector.objects() for resource, reflector in self._reflectors.items()}
        for verdict in self._verdicts.values():
            verdict.not_ready = []
        for expected in self._expected:
            key = expected.key
            item = live[expected.resource].get((key.namespace, key.name)) if expected.resource else None
            status = self._known[key] = status_of(key.group, key.kind, item, seen)
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
        lines.append(f"{verdict.name:<{width}}  {state}")
        lines.extend(f"{'':<{width}}    {entry.object}: {entry.message}" for entry in verdict.not_ready)
    return "\n".join(lines)
