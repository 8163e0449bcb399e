# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether workloads that are to open gates have failed for good, so that nobody waits for them."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping

from .._client.http import ApiError, Client
from .._common.deadline import Deadline
from .._objects.objects import Key
from .._readiness.events import Events
from .._readiness.failure import Graces
from .._readiness.judge import status_of
from .._readiness.rule import Item as Live
from .._readiness.rule import Seen
from .._readiness.watched import KEEP_RUNNING, View, declared_keys
from .._readiness.workloads import Workloads
from .background import Background
from .compare import Item

# Between two questions, and for all requests of one.
_PAUSE_SECONDS, _SECONDS = 4.0, 10.0


class Hopeless:
    """Asks in a thread of its own, a few requests for each namespace. What the API server does not say now, it is asked again."""

    def __init__(self, client: Client, items: Mapping[Key, Item]) -> None:
        self._client, self._items = client, items
        self._events = Events()
        self._workloads = Workloads(self._events, declared_keys(item.body for item in items.values()), items)
        self._graces = Graces()
        self._asking: Background[tuple[Key, ...], Mapping[Key, str]] = Background(self._look, _PAUSE_SECONDS)

    @property
    def known(self) -> Mapping[Key, str]:
        """Workloads that cannot become ready by themselves, and why."""
        return self._asking.answered[1] if self._asking.answered else {}

    def ask(self, keys: Collection[Key]) -> None:
        """Have it looked again, unless that is so just now. C(known) has the answer a moment later.

        :arg keys: of applied objects; only workloads count.
        """
        if workloads := tuple(sorted(key for key in keys if (key.group, key.kind) in KEEP_RUNNING)):
            self._asking.put(workloads, time.monotonic())

    def _look(self, keys: tuple[Key, ...]) -> Mapping[Key, str]:
        deadline = Deadline(_SECONDS)
        try:
            view = self._view({key.namespace for key in keys}, deadline)
            live = {key: self._client.get(self._items[key].path, deadline=deadline) for key in keys}
        except ApiError:
            return self.known
        now, wall = time.monotonic(), time.time()
        self._workloads.look(view.pods, now)
        failures, words = {}, {}
        for key, item in live.items():
            status = status_of(key.group, key.kind, item, view.seen)
            judged = self._workloads.judge(key, item, status, view, now, wall)
            if judged.failure:
                failures[key], words[key] = judged.failure, judged.status.message
        # Nothing is waited for here: what is about to fail as well is told with the next answer.
        return {key: words[key] for key in self._graces.look(failures, now, soon=0)}

    def _view(self, namespaces: Collection[str], deadline: Deadline) -> View:
        def listed(path: str) -> list[Live]:
            return [item for one in namespaces for item in self._client.get(path.format(one), deadline=deadline).get("items") or ()]

        try:
            for event in listed("/api/v1/namespaces/{}/events"):
                self._events.take(event)
        except ApiError:
            # A hint: without it the pods still tell.
            pass
        pods, sets = listed("/api/v1/namespaces/{}/pods"), listed("/apis/apps/v1/namespaces/{}/replicasets")
        return View({}, {}, Seen(), pods, {item["metadata"]["uid"]: item for item in sets}, [])
