# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Programs that make the certificate of their webhooks themselves, while they run: L(programs) tells which, and how."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection

from . import pods
from .api import MERGE, Api, Object
from .authority import Authority, Issued
from .mirror import Key
from .mounts import Mounts
from .programs import PROGRAMS, SERVICES, Program
from .secret_data import Data, SecretData, encoded
from .services import Services
from .worker import Worker

# github.com/open-policy-agent/cert-controller@v0.14.0 pkg/rotator/rotator.go, ensureCertsMounted: it looks for its files, pauses
# for one to two seconds, and each time for twice as long.
_FIRST_PAUSE, _FACTOR = 1.5, 2.0
_MOUNTED = {program.secret for program in PROGRAMS.values() if program.mounted}


def look_after(seconds: float) -> float:
    """When a program that started at 0 first looks for its files after so many seconds.

    >>> [look_after(seconds) for seconds in (0, 1, 1.5, 60)]
    [0.0, 1.5, 1.5, 94.5]
    """
    look, pause = 0.0, _FIRST_PAUSE
    while look < seconds:
        look, pause = look + pause, pause * _FACTOR
    return look


class OwnCertificates:
    """Their Secrets, and what is in them.

    :param authority: of real nodes, where programs present what this one has signed, and run when their services are ready.
    :param left_out: services whose programs run themselves.
    """

    def __init__(
        self,
        api: Api,
        secrets: SecretData,
        mounts: Mounts,
        services: Services,
        authority: Authority | None = None,
        *,
        left_out: Collection[str] = (),
    ) -> None:
        self._left_out = frozenset(left_out)
        self._api, self._secrets, self._mounts, self._services = api, secrets, mounts, services
        self._authority = authority
        self._worker = Worker("own certificates", self._reconcile)
        # Since when programs run that present what they mount, by uid of their pods; and which of these are ready.
        self._running: dict[str, tuple[Key, float]] = {}
        self._ready: set[str] = set()
        self._held: dict[Key, Data] = {}
        self._presented: dict[Key, tuple[bytes, Issued]] = {}
        self._told: dict[Key, bytes] = {}
        self._listeners: list[Callable[[Key], None]] = []
        self._lock = threading.RLock()
        secrets.listen(self._secret_changed)
        services.listen(self._service_turned)

    def listen(self, listener: Callable[[Key], None]) -> None:
        """Call this with a service (namespace and name) whose authority is there, or another. To be used before C(start)."""
        self._listeners.append(listener)

    def start(self) -> None:
        self._worker.start()

    # The pods of those that mount their Secret

    def runs_in(self, pod: Object) -> tuple[set[str], float]:
        """All containers of this pod run. Which of them are not ready, and in how many seconds to ask again (0: when told)."""
        uid, namespace = pod["metadata"]["uid"], pod["metadata"]["namespace"]
        source = next((found for found in pods.secret_volumes(pod) if found.secret in _MOUNTED), None)
        if source is None or uid in self._ready:
            return set(), 0.0
        service = namespace, SERVICES[source.secret]
        if uid not in self._running:
            self._running[uid] = service, time.monotonic()
            self._worker.add(service)
        waiting = pods.probed_with(pod, source.volume)
        files, since = self._mounts.files(uid, source.secret)
        if PROGRAMS[service[1]].files.certificate not in files:
            return waiting, 0.0
        started = self._running[uid][1]
        left = started + look_after(since - started) - time.monotonic() if self._mounts.seconds() else 0.0
        if left > 0:
            return waiting, left
        self._ready.add(uid)
        return set(), 0.0

    def ended(self, uid: str) -> None:
        self._running.pop(uid, None)
        self._ready.discard(uid)

    # What others ask for

    def runs(self, service: Key) -> bool:
        """Whether it is there to act."""
        if PROGRAMS[service[1]].mounted and self._authority is None:
            return any(found == service for found, _since in list(self._running.values()))
        return self._services.ready(*service)

    def bundle(self, service: Key) -> bytes:
        """The certificate of its authority, empty while it has none."""
        data = self._data(service) if self.runs(service) else None
        return data[PROGRAMS[service[1]].files.authority] if data else b""

    def pair(self, service: Key) -> tuple[bytes, bytes] | None:
        """Certificate and key that it presents, None while it has none."""
        program = PROGRAMS[service[1]]
        data = self._data(service) if self.runs(service) else None
        if data is None:
            return None
        certificate, key = data[program.files.certificate], data[program.files.key]
        if not program.signs:
            return certificate, key
        with self._lock:
            known = self._presented.get(service)
            if known is None or known[0] != certificate:
                host = f"{service[1]}.{service[0]}.svc"
                known = self._presented[service] = certificate, Authority(certificate, key).issue(host, [host])
        return known[1].certificate, known[1].key

    # Secrets

    def _secret_changed(self, key: Key, _found: Object | None) -> None:
        if SERVICES.get(key[1], "") not in ("", *self._left_out):
            self._worker.add((key[0], SERVICES[key[1]]))

    def _service_turned(self, service: Key) -> None:
        if service[1] in PROGRAMS and service[1] not in self._left_out:
            if not self._services.ready(*service):
                self._held.pop(service, None)
            self._worker.add(service)

    def _reconcile(self, service: Key) -> None:
        bundle = self.bundle(service)
        if not bundle:
            # A program that starts anew does its work again, with the same authority, too.
            self._told.pop(service, None)
        if bundle and self._told.get(service) != bundle:
            self._told[service] = bundle
            for listener in self._listeners:
                listener(service)

    def _data(self, service: Key) -> Data | None:
        """What is in its Secret, which is written where that is missing."""
        (namespace, name), program = service, PROGRAMS[service[1]]
        with self._lock:
            if service in self._held:
                return self._held[service]
            data = self._secrets.data(namespace, program.secret)
            if data is None and not program.creates:
                return None
            if data is None or not self._fits(program, data):
                made = program.make(namespace, name, self._authority)
                self._write(namespace, program.secret, made, there=data is not None)
                data = made
            if program.holds:
                self._held[service] = data
            return data

    def _fits(self, program: Program, data: Data) -> bool:
        return program.fits(data) and (self._authority is None or data[program.files.authority] == self._authority.pem)

    def _write(self, namespace: str, name: str, data: Data, *, there: bool) -> None:
        program = PROGRAMS[SERVICES[name]]
        path = f"/api/v1/namespaces/{namespace}/secrets"
        if there:
            self._api.request("PATCH", f"{path}/{name}", {"data": encoded(data)}, content_type=MERGE, manager=program.manager)
            return
        metadata = {"name": name, "namespace": namespace, "annotations": dict(program.annotations)}
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": program.type, "data": encoded(data)}
        self._api.request("POST", path, body, manager=program.manager)
