# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What pods see of the Secrets that they mount: what was there when they started, and changes only after a while.

A kubelet looks again at what a pod mounts when it syncs the pod: each C(syncFrequency), which is a minute, and up to half
as long again (k8s.io/kubernetes@v1.34.4 pkg/kubelet/apis/config/v1beta1/defaults.go; pkg/kubelet/pod_workers.go,
C(workerResyncIntervalJitterFactor)).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from . import pods
from .api import Object
from .mirror import Key, key_of
from .secret_data import Data, SecretData
from .worker import Worker

# Certificate and key, as programs name the files.
_PAIRS = (("tls.crt", "tls.key"), ("cert.pem", "key.pem"), ("server-cert.pem", "server-key.pem"))


@dataclass
class _Volume:
    """Files of one volume, and since when they are what they are (monotonic)."""

    source: pods.SecretVolume
    files: Data = field(default_factory=dict)
    since: float = 0.0


class Mounts:
    """C(seconds) tells after how long a change is seen."""

    def __init__(self, secrets: SecretData, seconds: Callable[[], float]) -> None:
        self._secrets, self.seconds = secrets, seconds
        self._taken: dict[str, tuple[Key, list[_Volume]]] = {}
        self._lock = threading.Lock()
        self._worker = Worker("mounts", self._refresh)
        self._listeners: list[Callable[[Key], None]] = []
        secrets.listen(self._changed)

    def start(self) -> None:
        self._worker.start()

    def listen(self, listener: Callable[[Key], None]) -> None:
        """Call this with the pod that sees something new. To be used before C(start)."""
        self._listeners.append(listener)

    def take(self, pod: Object) -> None:
        """The pod's volumes are set up, unless they are already."""
        uid, key = pod["metadata"]["uid"], key_of(pod)
        with self._lock:
            if uid in self._taken:
                return
            volumes = [_Volume(source) for source in pods.secret_volumes(pod)]
            for volume in volumes:
                self._look(key[0], volume)
            self._taken[uid] = key, volumes

    def forget(self, uid: str) -> None:
        with self._lock:
            self._taken.pop(uid, None)

    def files(self, uid: str, secret: str) -> tuple[Data, float]:
        """The files of a Secret that a pod sees, and since when."""
        _key, volumes = self._taken.get(uid, (None, []))
        return next(((volume.files, volume.since) for volume in volumes if volume.source.secret == secret), ({}, 0.0))

    def pair(self, uid: str) -> tuple[bytes, bytes] | None:
        """Certificate and key that a program finds in what its pod mounts."""
        _key, volumes = self._taken.get(uid, (None, []))
        for volume in volumes:
            for certificate, key in _PAIRS:
                if certificate in volume.files and key in volume.files:
                    return volume.files[certificate], volume.files[key]
        return None

    def _changed(self, key: Key, _found: Object | None) -> None:
        with self._lock:
            mounted = any(pod[0] == key[0] and any(v.source.secret == key[1] for v in volumes) for pod, volumes in self._taken.values())
        if mounted:
            self._worker.add(key, self.seconds())

    def _look(self, namespace: str, volume: _Volume) -> bool:
        """Whether there is something new. What was deleted stays in the pod."""
        data = self._secrets.data(namespace, volume.source.secret)
        if data is None:
            return False
        files = volume.source.files(data)
        if files == volume.files:
            return False
        volume.files, volume.since = files, time.monotonic()
        return True

    def _refresh(self, key: Key) -> None:
        with self._lock:
            taken = [(pod, volume) for pod, volumes in self._taken.values() for volume in volumes]
        for pod, volume in taken:
            if (pod[0], volume.source.secret) == key and self._look(key[0], volume):
                for listener in self._listeners:
                    listener(pod)
