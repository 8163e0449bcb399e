# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which certificate a webhook server presents: the one that its pod mounts, else the one that its program makes.

So the API server finds out whether the caBundle of whoever calls it is of the same authority, as it does on any cluster.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable

from .api import Object
from .authority import self_signed, server_context
from .mounts import Mounts
from .own_certificates import OwnCertificates
from .programs import PROGRAMS
from .services import Services

# Certificates are few; renewed ones take the place of the oldest.
_MOST = 256


class Serving:
    """C(pod(namespace, name)) gives a pod."""

    def __init__(self, mounts: Mounts, programs: OwnCertificates, services: Services, pod: Callable[[str, str], Object | None]) -> None:
        self._mounts, self._programs, self._services, self._pod = mounts, programs, services, pod
        self._contexts: dict[bytes, ssl.SSLContext] = {}
        self._nobodys: dict[str, tuple[bytes, bytes]] = {}
        self._lock = threading.Lock()

    def __call__(self, namespace: str, service: str, address: str) -> ssl.SSLContext | None:
        """What this service presents at this address, None when nothing serves there."""
        if not self._services.ready(namespace, service):
            return None
        key, pair = self._services.pod_at(namespace, service, address), None
        if key and (pod := self._pod(*key)):
            self._mounts.take(pod)
            pair = self._mounts.pair(pod["metadata"]["uid"])
        if pair is None and service in PROGRAMS:
            if PROGRAMS[service].mounted:
                return None
            pair = self._programs.pair((namespace, service))
        elif pair is None:
            pair = self._of_nobody(f"{service}.{namespace}.svc")
        return self._context(*pair) if pair else None

    def _of_nobody(self, host: str) -> tuple[bytes, bytes]:
        """A program that nobody knows must have some certificate; no caBundle fits it."""
        with self._lock:
            if host not in self._nobodys:
                made = self_signed(host, [host])
                self._nobodys[host] = made.certificate, made.key
            return self._nobodys[host]

    def _context(self, certificate: bytes, key: bytes) -> ssl.SSLContext:
        with self._lock:
            known = self._contexts.pop(certificate, None) or server_context(certificate, key)
            self._contexts[certificate] = known
            if len(self._contexts) > _MOST:
                del self._contexts[next(iter(self._contexts))]
            return known
