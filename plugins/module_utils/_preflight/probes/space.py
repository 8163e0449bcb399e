# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The namespace that everything of a probe is in: made, and removed whatever happens."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import secrets
from collections.abc import Iterator

from ..._client.http import ApiError, Client
from ..._client.lease import identity
from ..._common.deadline import Deadline
from ..._common.times import seconds_or
from ..._objects.objects import is_going
from ..look import Item, name_of
from .objects import HOLDER, LABEL, UNTIL, Thing, namespace

_NAMESPACES = "/api/v1/namespaces"
# For what is left to do once a run is over or interrupted.
_REMOVAL_SECONDS = 30.0
_SPARE_SECONDS = 120.0
_PAUSE_SECONDS = 0.3


class Space:
    """A namespace of our own. C(left) says afterwards what could not be removed, and why; C(removed) what earlier runs had left."""

    def __init__(self, client: Client, now: float, deadline: Deadline) -> None:
        """:arg now: the API server's time in seconds since the epoch."""
        self._client, self._now, self._deadline = client, now, deadline
        self.name = f"kubeflow-probe-{secrets.token_hex(4)}"
        self.left = ""
        self.removed: list[str] = []

    @contextlib.contextmanager
    def made(self) -> Iterator[None]:
        """Within it, the namespace is there.

        :raises ApiError: when it cannot be made.
        """
        self._remove_leftovers()
        try:
            self.post(_NAMESPACES, namespace(self.name, identity(), self._now + self._deadline.seconds + _SPARE_SECONDS))
            yield
        finally:
            self._remove()

    def path(self, plural: str) -> str:
        """Of a collection in it."""
        return f"{_NAMESPACES}/{self.name}/{plural}"

    def post(self, path: str, body: Thing) -> None:
        """Make an object. A namespace that is new has no ServiceAccount for a moment, without which no pod is taken.

        :raises ApiError: when it is refused.
        """
        while True:
            try:
                self._client.request("POST", path, body=body, deadline=self._deadline)
            except ApiError as error:
                # Ours: an answer was lost, and it was sent again. The namespace's name is nobody else's.
                if error.status == 409 and error.reason == "AlreadyExists":
                    return
                if not (error.status == 403 and _NO_ACCOUNT.search(error.message) and self._deadline.wait(_PAUSE_SECONDS)):
                    raise
            else:
                return

    def _remove_leftovers(self) -> None:
        """What a run left that was killed. One that may still be under way is left alone."""
        try:
            found = self._client.get(_NAMESPACES, query={"labelSelector": LABEL}, deadline=self._deadline)["items"]
        except ApiError:
            # Who may not look may have made it under other credentials.
            return
        for item in found:
            if not is_going(item) and is_left(item, self._now):
                with contextlib.suppress(ApiError):
                    self._client.request("DELETE", f"{_NAMESPACES}/{name_of(item)}", deadline=self._deadline)
                    self.removed.append(name_of(item))

    def _remove(self) -> None:
        deadline = Deadline(_REMOVAL_SECONDS)
        path = f"{_NAMESPACES}/{self.name}"
        try:
            self._client.request("DELETE", path, deadline=deadline)
            while True:
                self._client.get(path, deadline=deadline)
                if not deadline.wait(_PAUSE_SECONDS):
                    self.left = f"namespace {self.name} is being deleted, and still there after {_REMOVAL_SECONDS:g} s"
                    return
        except ApiError as error:
            # 403: it was never made, by credentials that may not.
            if error.status not in (403, 404):
                self.left = f"namespace {self.name} could not be removed: {error.message}"


_NO_ACCOUNT = re.compile(r"serviceaccount \S+ not found")


def is_left(item: Item, now: float) -> bool:
    """Whether the run that made a namespace is over: its time is, or it ran on this machine and does not any more."""
    annotations = item["metadata"].get("annotations") or {}
    if seconds_or(annotations.get(UNTIL), 0.0) < now:
        return True
    found = re.fullmatch(r"[^@]*@(.*)/(\d+)-[0-9a-f]+", str(annotations.get(HOLDER) or ""))
    if not found or found[1] != platform.node():
        return False
    try:
        os.kill(int(found[2]), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False
