# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One run at a time: a Lease that the writing module holds, renews, and without which it does not write.

Works like client-go's tools/leaderelection: a Lease is judged by how long it has not changed on our own clock, so the
clocks of two machines need not agree.
"""

from __future__ import annotations

import getpass
import os
import platform
import secrets
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from .._common.deadline import Deadline
from .http import ApiError, Client

DURATION_SECONDS = 15
_RENEW_SECONDS = 5.0


class LeaseHeldError(Exception):
    """Another run holds the Lease; the message names it."""


def whoami() -> str:
    """Who we are, for people: C(user@host)."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        # A container may run under a number that has no name.
        user = str(os.getuid())
    return f"{user}@{platform.node()}"


def identity() -> str:
    """Who we are, for people and unique: C(user@host/process-random)."""
    return f"{whoami()}/{os.getpid()}-{secrets.token_hex(3)}"


class Lease:
    """A C(coordination.k8s.io/v1) Lease, held from C(acquire) to C(release).

    :arg on_lost: called once, from the renewing thread, with the reason when the Lease was lost.

    An API server that cannot be reached loses it for nobody: C(held) is false for so long, and renewing goes on. It is
    written on top of what was written last, so that it succeeds only when nobody took it meanwhile.
    """

    def __init__(self, client: Client, namespace: str, name: str, holder: str, on_lost: Callable[[str], None]) -> None:
        self._client, self._holder, self._on_lost = client, holder, on_lost
        self._collection = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"
        self._name = name
        self._live: dict[str, Any] = {}
        self._renewed = 0.0
        self._renewing = Deadline(float("inf"))
        """Until the Lease is given back."""
        self.taken_from = ""
        """Who held it and did not give it back."""
        self._thread = threading.Thread(target=self._renew_until_released, name="lease", daemon=True)

    @property
    def held(self) -> bool:
        """Whether it is ours for certain: nobody else may take it yet."""
        return time.monotonic() - self._renewed < DURATION_SECONDS

    def acquire(self, deadline: Deadline, on_wait: Callable[[str], None] = lambda _holder: None) -> bool:
        """Take the Lease. One whose holder died is taken when it has not been renewed for its duration.

        :arg on_wait: called with the name of the holder at every look while that is waited for.
        :returns: True when it had to be waited for, so that what was read of the cluster before may be old.
        :raises LeaseHeldError: when another run holds and renews it.
        :raises ApiError: when the API server refuses, or does not answer until the deadline.
        """
        waited = False
        seen: tuple[str, float] | None = None
        while True:
            live = self._read(deadline)
            holder = ((live or {}).get("spec") or {}).get("holderIdentity") or ""
            now = time.monotonic()
            if live is not None and holder:
                version, duration = live["metadata"]["resourceVersion"], live["spec"].get("leaseDurationSeconds") or DURATION_SECONDS
                if seen and seen[0] != version:
                    since = live["spec"].get("acquireTime", "an unknown time")
                    raise LeaseHeldError(f"{holder} is at work on this cluster since {since}. Wait until that run has ended.")
                seen = seen or (version, now)
                if now - seen[1] <= duration:
                    waited = True
                    on_wait(holder)
                    if not deadline.wait(0.5):
                        raise LeaseHeldError(f"{holder} holds the run's Lease, and it was not waited for to the end: {deadline.reason}.")
                    continue
            if self._write(live, deadline, acquired=True):
                self.taken_from = holder
                self._thread.start()
                return waited
            # Somebody was faster: look again at who it is.
            seen = None

    def keep(self) -> None:
        """Renew it no more, and do not give it back: what comes next ends with the Lease itself being deleted."""
        self._renewing.cancel()
        if self._thread.is_alive():
            self._thread.join()
        self._live = {}

    def release(self) -> None:
        """Give the Lease back, so that the next run need not wait."""
        self._renewing.cancel()
        if self._thread.is_alive():
            self._thread.join()
        if self._live:
            self._live["spec"]["holderIdentity"] = ""
            try:
                self._client.request("PUT", f"{self._collection}/{self._name}", body=self._live, deadline=Deadline(5))
            except ApiError:
                # It runs out by itself.
                return

    def _read(self, deadline: Deadline) -> dict[str, Any] | None:
        try:
            live: dict[str, Any] = self._client.get(f"{self._collection}/{self._name}", deadline=deadline)
            return live
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def _write(self, live: dict[str, Any] | None, deadline: Deadline, *, acquired: bool = False) -> bool:
        """Write ourselves as the holder, on top of exactly what was read; False when somebody else wrote meanwhile."""
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        body: dict[str, Any] = live or {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": self._name}}
        acquire_time = now if acquired else body["spec"]["acquireTime"]
        body["spec"] = {
            "holderIdentity": self._holder,
            "leaseDurationSeconds": DURATION_SECONDS,
            "acquireTime": acquire_time,
            "renewTime": now,
        }
        method, path = ("PUT", f"{self._collection}/{self._name}") if live else ("POST", self._collection)
        sent = time.monotonic()
        try:
            self._live = self._client.request(method, path, body=body, deadline=deadline)
        except ApiError as error:
            if error.status != 409:
                raise
            # Written already, perhaps by an attempt of ours whose answer was lost.
            found = self._read(deadline)
            if not found or (found.get("spec") or {}).get("holderIdentity") != self._holder:
                return False
            self._live = found
        self._renewed = sent
        return True

    def _renew_until_released(self) -> None:
        while self._renewing.wait(_RENEW_SECONDS):
            try:
                kept = self._write(self._live, self._renewing)
            except ApiError as error:
                if not self._renewing.expired:
                    self._lost(f"the run's Lease could not be renewed: {error.message}")
                return
            if not kept:
                self._lost("another run took the Lease")
                return

    def _lost(self, reason: str) -> None:
        # Not ours any more, so not ours to give back.
        self._live = {}
        self._on_lost(reason)
