# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Waiting until objects are gone: a watch for each kind of which one is still going."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from .._client.discovery import Resource
from .._client.http import Client
from .._client.watch import Reflector
from .._common.deadline import Deadline
from .._objects.objects import Key


class Gone:
    """Watches objects until they are gone; within it, C(left) says which are not. Reading it costs no request.

    :raises ApiError: from C(follow), when a kind cannot be listed.
    """

    def __init__(self, client: Client, deadline: Deadline) -> None:
        self._client, self._deadline = client, deadline
        self._watched: dict[Resource, Reflector] = {}
        self._wanted: dict[str, tuple[Resource, Key]] = {}
        self._changed = threading.Event()

    def __enter__(self) -> Gone:
        return self

    def __exit__(self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None) -> None:
        for reflector in self._watched.values():
            reflector.stop()

    def follow(self, uid: str, resource: Resource, key: Key) -> None:
        """Wait for this one, too."""
        self._wanted[uid] = (resource, key)
        if resource not in self._watched:
            reflector = Reflector(self._client, resource.collection, self._changed.set, metadata_only=True)
            self._watched[resource] = reflector.start(self._deadline)

    def left(self) -> dict[str, Mapping[str, Any]]:
        """Metadata by uid of those that are still there."""
        seen = {resource: reflector.objects() for resource, reflector in self._watched.items()}
        found = {}
        for uid, (resource, key) in self._wanted.items():
            live = seen[resource].get((key.namespace, key.name))
            if live is not None and live["metadata"]["uid"] == uid:
                found[uid] = live["metadata"]
        return found

    def refusal(self) -> str:
        """Why nothing is seen any more; empty while all is well."""
        return next((reflector.refusal for reflector in self._watched.values() if reflector.refusal), "")

    def wait(self, seconds: float) -> None:
        """Until something changes, at most so long."""
        self._changed.wait(min(seconds, self._deadline.remaining))
        self._changed.clear()
