# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What faults do to the containers of a pod, as a kubelet would write it and say it."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass

from .api import Object
from .back_off import Crashing, crashing, pulling
from .events import Events
from .faults import Fault, Faults

_UNPACK = 'failed to pull and unpack image "{image}": '
_RESOLVE = _UNPACK + 'failed to resolve reference "{image}": '
# containerd 2's words, as kubelets hand them on: with the code where it tells something.
_REFUSALS = {
    "image_not_found": "rpc error: code = NotFound desc = " + _RESOLVE + "{image}: not found",
    "image_denied": _RESOLVE
    + "pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed",
    "rate_limited": _UNPACK
    + "failed to copy: httpReadSeeker: failed open: unexpected status code https://{host}/v2/{path}/manifests/{tag}: 429 Too Many Requests"
    " - Server message: toomanyrequests: You have reached your unauthenticated pull rate limit.",
    "registry_unreachable": _RESOLVE
    + 'failed to do request: Head "https://{host}/v2/{path}/manifests/{tag}": dial tcp: lookup {host} on 10.96.0.10:53: no such host',
    "wrong_architecture": "rpc error: code = NotFound desc = " + _UNPACK + "no match for platform in manifest: not found",
}
_PROBE_SECONDS = 10.0


def refusal(fault: str, image: str) -> str:
    """What a container runtime says of an image.

    >>> refusal("image_not_found", "example.org/a:1")[-29:]
    '1": example.org/a:1: not found'
    """
    first, _slash, rest = image.partition("/")
    host, path = (first, rest) if rest and ("." in first or ":" in first) else ("registry-1.docker.io", image)
    name, _colon, tag = path.partition("@")[0].partition(":")
    return _REFUSALS[fault].format(image=image, host=host, path=name, tag=tag or "latest")


def _time(clock: float) -> str:
    return datetime.datetime.fromtimestamp(clock, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _ended(at: Crashing, finished: float) -> Object:
    killed = at.fault.fault == "out_of_memory"
    end: Object = {"exitCode": 137 if killed else at.fault.exit_code, "reason": "OOMKilled" if killed else "Error"}
    return {"terminated": end | {"startedAt": _time(at.began), "finishedAt": _time(finished)}}


def container_status(at: Crashing, pod: Object, container: Object, base: int) -> Object:
    """What a container that ends again and again adds to its status.

    :arg base: restarts that it had before.
    """
    metadata = pod["metadata"]
    status: Object = {"ready": False, "started": False, "restartCount": base + at.restarts}
    if at.ended is None:
        status |= {"state": {"running": {"startedAt": _time(at.began)}}, "started": True}
        # A container that nobody probes counts as ready.
        status["ready"] = not container.get("readinessProbe")
        if at.restarts:
            status["lastState"] = _ended(at, at.began)
    elif at.state == "terminated":
        status["state"] = _ended(at, at.ended)
    else:
        who = f"container={container['name']} pod={metadata['name']}_{metadata['namespace']}({metadata['uid']})"
        waiting = {"reason": "CrashLoopBackOff", "message": f"back-off {at.pause:g}s restarting failed {who}"}
        status |= {"state": {"waiting": waiting}, "lastState": _ended(at, at.ended)}
    return status


@dataclass(frozen=True)
class Held:
    """What a container waits for, and when to look again, in seconds."""

    reason: str
    message: str
    wake: float


class Rehearsal:
    """Remembers since when a fault is about which container. Times are seconds since the epoch."""

    def __init__(self, faults: Faults, events: Events) -> None:
        self._faults, self._events = faults, events
        self._since: dict[tuple[str, str, str], tuple[float, int]] = {}
        self._said: dict[tuple[str, str, str], object] = {}

    def forget(self, uid: str) -> None:
        """A pod is gone."""
        for key in [key for key in list(self._since) if key[0] == uid]:
            self._since.pop(key, None)
        for key in [key for key in list(self._said) if key[0] == uid]:
            self._said.pop(key, None)

    def _once(self, key: tuple[str, str, str], what: object, say: Callable[[], None]) -> None:
        if self._said.get(key) != what:
            self._said[key] = what
            say()

    def pull(self, pod: Object, container: Object, path: str, clock: float) -> Held | None:
        """Why the image of a container that has not begun cannot be had; None when it can."""
        image, key = container["image"], (pod["metadata"]["uid"], container["name"], "pull")
        fault = self._faults.pull(image)
        if fault is None:
            self._since.pop(key, None)
            return None
        since, _base = self._since.setdefault(key, (clock, 0))
        at, words = pulling(since, clock), refusal(fault.fault, image)

        def say() -> None:
            if at.refused:
                self._events.say(pod, "Normal", "Pulling", f'Pulling image "{image}"', path)
                self._events.say(pod, "Warning", "Failed", f'Failed to pull image "{image}": {words}', path)
                self._events.say(pod, "Warning", "Failed", "Error: ErrImagePull", path)
            else:
                self._events.say(pod, "Normal", "BackOff", f'Back-off pulling image "{image}"', path)
                self._events.say(pod, "Warning", "Failed", "Error: ImagePullBackOff", path)

        self._once(key, (at.attempt, at.refused), say)
        if at.refused:
            return Held("ErrImagePull", words, at.until - clock)
        # pkg/kubelet/images/image_manager.go@v1.34.4 adds what the last attempt ended with.
        return Held("ImagePullBackOff", f'Back-off pulling image "{image}": ErrImagePull: {words}', at.until - clock)

    def run(self, pod: Object, container: Object, live: Object, path: str, clock: float) -> tuple[Object, float] | None:
        """The status of a container that ends again and again, and when to look again; None when it goes on."""
        metadata, name = pod["metadata"], container["name"]
        key = (metadata["uid"], name, "run")
        fault = self._faults.end(metadata["namespace"], metadata["name"], name)
        if fault is None:
            self._since.pop(key, None)
            return None
        since, base = self._since.setdefault(key, (clock, live.get("restartCount", 0)))
        if pod["spec"].get("restartPolicy") == "Never":
            return self._once_and_for_all(fault, since, clock)
        at = crashing(fault, since, clock)
        if at.state == "waiting":
            who = f"{name} in pod {metadata['name']}_{metadata['namespace']}({metadata['uid']})"
            text = f"Back-off restarting failed container {who}"
            self._once(key, at.restarts, lambda: self._events.say(pod, "Warning", "BackOff", text, path))
        return container_status(at, pod, container, base), at.until - clock

    @staticmethod
    def _once_and_for_all(fault: Fault, since: float, clock: float) -> tuple[Object, float]:
        end = since + fault.after
        if clock < end:
            return {"ready": False, "started": True, "state": {"running": {"startedAt": _time(since)}}}, end - clock
        at = Crashing(fault, 0, "terminated", since, end, 0.0, end)
        return {"ready": False, "started": False, "state": _ended(at, end)}, 0.0

    def unready(self, pod: Object, container: Object, path: str, clock: float) -> float:
        """Seconds until a failing readiness probe is asked again; 0 when it does not fail, or when there is none."""
        metadata, name = pod["metadata"], container["name"]
        if not container.get("readinessProbe") or not self._faults.unready(metadata["namespace"], metadata["name"], name):
            return 0.0
        key, text = (metadata["uid"], name, "probe"), "Readiness probe failed: HTTP probe failed with statuscode: 503"
        self._once(key, clock // _PROBE_SECONDS, lambda: self._events.say(pod, "Warning", "Unhealthy", text, path))
        return _PROBE_SECONDS
