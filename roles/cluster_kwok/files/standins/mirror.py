# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A kept copy of one kind of object: list, watch, list again when the watch fell behind or the server went away."""

from __future__ import annotations

import http.client
import json
import logging
import random
import threading
from collections.abc import Callable, Iterator

from .api import Api, ApiError, Object

Key = tuple[str, str]
Change = Callable[[Key, Object | None], None]

_WATCH_SECONDS = 600

log = logging.getLogger(__name__)


def key_of(thing: Object) -> Key:
    """Namespace and name."""
    metadata = thing["metadata"]
    return metadata.get("namespace", ""), metadata["name"]


class Mirror:
    """Objects at C(path). C(on_change) is called in this mirror's thread, with None for what is gone.

    :param older: where they are on servers that do not serve C(path).
    """

    def __init__(
        self, api: Api, path: str, on_change: Change | None = None, *, older: str = "", metadata_only: bool = False, **query: str
    ) -> None:
        self._api, self._path, self._older, self._query = api, path, older, query
        self._metadata_only = metadata_only
        self._listeners = [on_change] if on_change else []
        self._objects: dict[Key, Object] = {}
        self.listed = threading.Event()
        self._nudged = threading.Event()

    def listen(self, on_change: Change) -> None:
        """Call this as well. To be used before C(start)."""
        self._listeners.append(on_change)

    def start(self) -> Mirror:
        threading.Thread(target=self._run, name=f"mirror {self._path}", daemon=True).start()
        return self

    def nudge(self) -> None:
        """Try again now: what was not served yet may be there."""
        self._nudged.set()

    def get(self, namespace: str, name: str) -> Object | None:
        return self._objects.get((namespace, name))

    def names(self) -> list[Key]:
        return list(self._objects)

    def __iter__(self) -> Iterator[Object]:
        return iter(list(self._objects.values()))

    def _tell(self, key: Key, thing: Object | None) -> None:
        if thing is None:
            self._objects.pop(key, None)
        else:
            self._objects[key] = thing
        for listener in self._listeners:
            listener(key, thing)

    def _list(self) -> str:
        answer = self._api.request("GET", self._path, metadata_only="List" if self._metadata_only else None, **self._query)
        now = {key_of(item): item for item in answer.get("items") or []}
        for key in [key for key in self._objects if key not in now]:
            self._tell(key, None)
        for key, item in now.items():
            before = self._objects.get(key)
            if before is None or before["metadata"].get("resourceVersion") != item["metadata"].get("resourceVersion"):
                self._tell(key, item)
        self.listed.set()
        return str(answer["metadata"]["resourceVersion"])

    def _follow(self, version: str) -> None:
        """Watch from a version on until the server refuses to go on."""
        while True:
            query = {**self._query, "resourceVersion": version}
            for event in self._api.watch(self._path, _WATCH_SECONDS, metadata_only=self._metadata_only, **query):
                thing = event["object"]
                if event["type"] == "ERROR":
                    raise ApiError(int(thing.get("code", 410)), str(thing.get("message", "watch ended")))
                version = thing["metadata"]["resourceVersion"]
                if event["type"] != "BOOKMARK":
                    self._tell(key_of(thing), None if event["type"] == "DELETED" else thing)

    def _run(self) -> None:
        pause = 0.05
        while True:
            try:
                version = self._list()
                pause = 0.05
                self._follow(version)
            except (ApiError, OSError, http.client.HTTPException, json.JSONDecodeError, KeyError) as error:
                log.debug("%s: %s", self._path, error)
                if self._older and isinstance(error, ApiError) and error.status == 404:
                    self._path, self._older = self._older, self._path
            # A kind that is not served yet costs one request in two seconds, unless its CRD's arrival nudges.
            if self._nudged.wait(pause * random.uniform(0.8, 1.2)):
                self._nudged.clear()
                pause = 0.05
            pause = min(2.0, pause * 2)
