# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Events as the kubelet writes them: one object for each message of a pod, counted up when it is said again."""

from __future__ import annotations

import datetime
import itertools
import threading
import time

from .api import MERGE, Api, ApiError, Object


def now() -> str:
    """This moment, as the API writes times."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Events:
    """C(component) is who says it."""

    def __init__(self, api: Api, component: str) -> None:
        self._api, self._component = api, component
        self._said: dict[tuple[str, str, str], tuple[str, int]] = {}
        self._order = itertools.count(time.time_ns())
        self._lock = threading.Lock()

    def forget(self, uid: str) -> None:
        with self._lock:
            for key in [key for key in self._said if key[0] == uid]:
                del self._said[key]

    def say(self, pod: Object, kind: str, reason: str, message: str, container: str = "") -> None:
        """One event about a pod, or about a container of it. C(kind) is Normal or Warning."""
        metadata = pod["metadata"]
        key = (metadata["uid"], reason, message)
        path = f"/api/v1/namespaces/{metadata['namespace']}/events"
        with self._lock:
            name, count = self._said.get(key, ("", 0))
            name = name or f"{metadata['name']}.{next(self._order):x}"
            self._said[key] = name, count + 1
        try:
            if count:
                self._api.request("PATCH", f"{path}/{name}", {"count": count + 1, "lastTimestamp": now()}, content_type=MERGE)
                return
            involved = {name: metadata[name] for name in ("name", "namespace", "uid", "resourceVersion")}
            involved |= {"apiVersion": "v1", "kind": "Pod"} | ({"fieldPath": container} if container else {})
            event = {
                "apiVersion": "v1",
                "kind": "Event",
                "metadata": {"name": name, "namespace": metadata["namespace"]},
                "involvedObject": involved,
                "type": kind,
                "reason": reason,
                "message": message,
                "source": {"component": self._component, "host": pod["spec"].get("nodeName", "")},
                "firstTimestamp": now(),
                "lastTimestamp": now(),
                "count": 1,
            }
            self._api.request("POST", path, event, manager=self._component)
        except ApiError as error:
            # It has expired, or the namespace is going.
            if error.status not in (403, 404, 409):
                raise
            with self._lock:
                self._said.pop(key, None)
