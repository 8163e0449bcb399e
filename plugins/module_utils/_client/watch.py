# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A list kept up to date by a watch."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from .._common.deadline import Deadline
from .http import METADATA_LIST, METADATA_WATCH, ApiError, Client
from .refusals import is_uncallable_webhook

# An API server that has just started refuses what it grants a moment later: it reads its roles meanwhile.
_REFUSED_SECONDS = 5.0

Objects = Mapping[tuple[str, str], dict[str, Any]]
"""Objects of one kind by namespace and name."""


class Reflector:
    """Lists a collection, then watches it in a thread of its own until C(stop).

    Named after client-go's tools/cache.Reflector, and like it lists again when the server has forgotten the version
    it asked for (410), and connects again when the connection ends.

    :arg on_change: called without arguments after every change, from the reflector's thread.
    :arg metadata_only: ask for names, labels and the like, not for contents.
    """

    def __init__(
        self,
        client: Client,
        path: str,
        on_change: Callable[[], None],
        *,
        query: Mapping[str, Any] | None = None,
        metadata_only: bool = False,
    ) -> None:
        self._client, self._path, self._on_change = client, path, on_change
        self._query = dict(query or {})
        self._list_as, self._watch_as = (METADATA_LIST, METADATA_WATCH) if metadata_only else ("application/json", "application/json")
        self._objects: dict[tuple[str, str], dict[str, Any]] = {}
        self._version = ""
        self.refusal = ""
        """Why nothing is seen any more, once that has lasted: who waits for a change has to look here too."""
        self.unreadable = ""
        """Why nothing can be seen at the moment: the webhook that converts what is asked for cannot be called."""
        self._refused_since: float | None = None
        self._stopped = Deadline(float("inf"))
        self._lock = threading.Lock()

    def start(self, deadline: Deadline) -> Reflector:
        """List now, then watch.

        :raises ApiError: when the list is refused, or has no answer until the deadline.
        """
        self._list(deadline)
        threading.Thread(target=self._follow, name=f"watch {self._path}", daemon=True).start()
        return self

    def stop(self) -> None:
        self._stopped.cancel()

    def objects(self) -> Objects:
        """A snapshot."""
        with self._lock:
            return dict(self._objects)

    def _list(self, deadline: Deadline) -> None:
        try:
            answer = self._client.get(self._path, query=self._query, accept=self._list_as, deadline=deadline)
        except ApiError as error:
            if is_uncallable_webhook(error):
                # It comes up or is mended, and then the list can be read.
                self.unreadable = error.message
                return
            if error.status != 404:
                raise
            # The API server does not know the collection: its CRD is missing, or gone.
            with self._lock:
                self._objects = {}
            return
        self.unreadable = ""
        with self._lock:
            self._objects = {_name(item): item for item in answer.get("items") or ()}
            self._version = answer["metadata"]["resourceVersion"]

    def _follow(self) -> None:
        pause = 0.2
        while not self._stopped.expired:
            asked_to_wait = 0.0
            try:
                if not self._version:
                    self._list(self._stopped)
                    self._on_change()
                if self._version:
                    for event in self._client.watch(self._path, self._version, query=self._query, accept=self._watch_as):
                        if self._stopped.expired:
                            return
                        self._take(event)
                        self._seen()
                        pause = 0.2
                self._seen()
            except ApiError as error:
                asked_to_wait = error.retry_after or 0.0
                if error.status in (404, 410):
                    self._version = ""
                elif is_uncallable_webhook(error):
                    self._version, self.unreadable = "", error.message
                    self._on_change()
                elif not error.transient:
                    self._refused(error.message)
            except Exception as error:  # a defect here would be a wait without end elsewhere
                self._refused(f"{type(error).__name__}: {error}")
            # Ended, not served, or the connection failed: come back, less and less often.
            self._stopped.wait(max(pause, asked_to_wait))
            pause = min(pause * 2, 2.0)

    def _seen(self) -> None:
        self.refusal, self._refused_since = "", None

    def _refused(self, why: str) -> None:
        now = time.monotonic()
        self._refused_since = self._refused_since or now
        if now - self._refused_since >= _REFUSED_SECONDS:
            self.refusal = f"{self._path} cannot be watched any more: {why}"
            self._on_change()

    def _take(self, event: dict[str, Any]) -> None:
        item = event["object"]
        self._version = item["metadata"]["resourceVersion"]
        if event["type"] == "BOOKMARK":
            return
        with self._lock:
            if event["type"] == "DELETED":
                self._objects.pop(_name(item), None)
            else:
                self._objects[_name(item)] = item
        self._on_change()


def _name(item: dict[str, Any]) -> tuple[str, str]:
    return item["metadata"].get("namespace") or "", item["metadata"]["name"]
