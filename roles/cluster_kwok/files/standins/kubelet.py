# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The kubelets of all nodes: pods wait for what they mount and reference and for their images, then they run.

Nothing is mounted, pulled or started. What a pod waits for is looked at again the moment it appears, where a real kubelet
would let up to two minutes pass; events repeat at a kubelet's pace.
"""

from __future__ import annotations

import ipaddress
import logging
import threading
import time
import zlib

from . import pods
from .api import STRATEGIC, Api, ApiError, Object
from .ends import ends_in
from .events import Events, now
from .faults import Faults
from .mirror import Change, Key, Mirror
from .mounts import Mounts
from .own_certificates import OwnCertificates
from .pods import Progress, Reference
from .pulls import Pulls
from .rehearsal import Rehearsal
from .secret_data import SecretData
from .worker import Worker

MANAGER = "kubelet"
_WORKERS = 4
_FIRST_RETRY, _LAST_RETRY = 0.5, 122.0
_FIRST_ADDRESS = 10 << 24 | 128 << 16
_FIRST_HOST = 10 << 24 | 127 << 16
_PATHS = {pods.CONFIG_MAP: "configmaps", pods.SECRET: "secrets", pods.CLAIM: "persistentvolumeclaims"}

log = logging.getLogger(__name__)


def address(number: int) -> str:
    """The address of the pod with this number."""
    return str(ipaddress.IPv4Address(_FIRST_ADDRESS + number))


def number_of(text: str) -> int:
    """The number of the pod with this address, 0 when it is none of these."""
    try:
        number = int(ipaddress.IPv4Address(text)) - _FIRST_ADDRESS
    except ValueError:
        return 0
    return number if 0 < number < 1 << 23 else 0


def _bound(claim: Object | None) -> bool:
    return bool(claim) and ((claim or {}).get("status") or {}).get("phase") == "Bound"


class Kubelet:
    """C(claims) is the mirror of all PersistentVolumeClaims. C(programs) tells which of those that run are not ready."""

    def __init__(
        self, api: Api, claims: Mirror, secrets: SecretData, mounts: Mounts, programs: OwnCertificates, pulls: Pulls, faults: Faults
    ) -> None:
        self._api, self._claims, self._secrets = api, claims, secrets
        self._mounts, self._programs, self._pulls = mounts, programs, pulls
        self._events = Events(api, MANAGER)
        self._rehearsal = Rehearsal(faults, self._events)
        self._workers = [Worker(f"kubelet {number}", self._reconcile) for number in range(_WORKERS)]
        self._pods = Mirror(api, "/api/v1/pods", self._pod_changed, fieldSelector="spec.nodeName!=")
        self.listed = self._pods.listed
        # Only names: what is in them is nobody's business, but for the names of keys that are asked for.
        self._config_maps = Mirror(api, "/api/v1/configmaps", self._changed_of(pods.CONFIG_MAP), metadata_only=True)
        self._keys: dict[tuple[str, str, str], tuple[str, frozenset[str]]] = {}
        self._waiting: dict[tuple[str, str, str], set[Key]] = {}
        # By uid, as a pod's successor may have its name: what was said last, which images it is said to pull, its address.
        self._said: dict[str, tuple[frozenset[str], float, float]] = {}
        self._pulling: dict[str, set[str]] = {}
        self._addresses: dict[str, str] = {}
        self._uids: dict[Key, str] = {}
        self._hosts: dict[str, str] = {}
        self._token_requests = False
        self._last_number = 0
        self._lock = threading.Lock()
        claims.listen(self._changed_of(pods.CLAIM))
        secrets.listen(self._changed_of(pods.SECRET))
        mounts.listen(self._add)
        faults.listen(self._faults_changed)

    def start(self) -> None:
        for worker in self._workers:
            worker.start()
        self._config_maps.start()
        self._pods.start()

    def pod(self, namespace: str, name: str) -> Object | None:
        """A pod that is on a node."""
        return self._pods.get(namespace, name)

    def _faults_changed(self) -> None:
        for key in self._pods.names():
            self._add(key)

    def _add(self, key: Key, after: float = 0.0) -> None:
        self._workers[hash(key) % _WORKERS].add(key, after)

    def _pod_changed(self, key: Key, found: Object | None) -> None:
        uid = found["metadata"]["uid"] if found else ""
        if (before := self._uids.pop(key, uid)) != uid:
            self._forget(before)
        if uid:
            self._uids[key] = uid
        if taken := number_of(((found or {}).get("status") or {}).get("podIP", "")):
            with self._lock:
                self._last_number = max(self._last_number, taken)
        self._add(key)

    def _forget(self, uid: str) -> None:
        """A pod is gone."""
        self._events.forget(uid)
        self._rehearsal.forget(uid)
        self._mounts.forget(uid)
        self._programs.ended(uid)
        for known in (self._said, self._pulling, self._addresses):
            known.pop(uid, None)

    def _changed_of(self, kind: str) -> Change:
        def changed(key: Key, _found: Object | None) -> None:
            with self._lock:
                waiting = self._waiting.pop((kind, *key), ())
            for pod in waiting:
                self._add(pod)

        return changed

    # What is there

    def _look(self, namespace: str, reference: Reference) -> str:
        if reference.kind == pods.TOKEN:
            return "" if self._has_token_requests() else pods.MISSING
        # A mirror may be behind, and an event that is not true helps nobody: what is missing in it is asked for.
        path = f"/api/v1/namespaces/{namespace}/{_PATHS[reference.kind]}/{reference.name}"
        if reference.kind == pods.CLAIM:
            claim = self._claims.get(namespace, reference.name)
            if not _bound(claim):
                claim = self._api.find(path)
            return "" if _bound(claim) else pods.UNBOUND if claim else pods.MISSING
        found = (self._secrets.metadata if reference.kind == pods.SECRET else self._config_maps.get)(namespace, reference.name)
        if found is None:
            found = self._api.find(path)
        if found is None:
            return pods.MISSING
        if not reference.keys:
            return ""
        known = self._keys.get((reference.kind, namespace, reference.name))
        if known is None or known[0] != found["metadata"]["resourceVersion"]:
            read = self._api.find(path)
            if read is None:
                return pods.MISSING
            names = frozenset([*(read.get("data") or {}), *(read.get("binaryData") or {})])
            known = self._keys[reference.kind, namespace, reference.name] = read["metadata"]["resourceVersion"], names
        return next((key for key in reference.keys if key not in known[1]), "")

    def _has_token_requests(self) -> bool:
        if not self._token_requests:
            served = self._api.request("GET", "/api/v1").get("resources") or []
            self._token_requests = any(resource["name"] == "serviceaccounts/token" for resource in served)
        return self._token_requests

    def _host(self, node: str) -> str:
        if node not in self._hosts:
            found = self._api.find(f"/api/v1/nodes/{node}") or {}
            addresses = {item["type"]: item["address"] for item in (found.get("status") or {}).get("addresses") or []}
            # Simulated nodes have no address of their own.
            self._hosts[node] = addresses.get("InternalIP") or str(ipaddress.IPv4Address(_FIRST_HOST + zlib.crc32(node.encode()) % 65536))
        return self._hosts[node]

    def _address(self, pod: Object) -> str:
        if given := (pod.get("status") or {}).get("podIP"):
            return str(given)
        if pod["spec"].get("hostNetwork"):
            return self._host(pod["spec"]["nodeName"])
        with self._lock:
            uid = pod["metadata"]["uid"]
            if uid not in self._addresses:
                self._last_number += 1
                self._addresses[uid] = address(self._last_number)
            return self._addresses[uid]

    # One pod

    def _reconcile(self, key: Key) -> None:
        pod = self._pods.get(*key)
        if pod is None:
            return
        status = pod.get("status") or {}
        if "deletionTimestamp" in pod["metadata"]:
            self._end(key, pod)
        elif status.get("phase") not in ("Succeeded", "Failed"):
            self._run(key, pod)

    def _run(self, key: Key, pod: Object) -> None:
        progress, problems, wake = self._progress(key, pod)
        wanted = pods.status_of(pod, progress, (self._host(pod["spec"]["nodeName"]), self._address(pod) if progress.mounted else ""), now())
        if pods.differs(pod.get("status") or {}, wanted):
            self._write(pod, wanted)
        if problems:
            self._complain(key, pod, problems)
        else:
            self._said.pop(pod["metadata"]["uid"], None)
        if wake:
            self._add(key, wake)

    def _progress(self, key: Key, pod: Object) -> tuple[Progress, dict[str, tuple[str, str]], float]:
        """How far the pod may be, what is wrong (message → reason and field path), and when to look again."""
        namespace, node = key[0], pod["spec"]["nodeName"]
        live = pod.get("status") or {}
        known = {item["name"]: item for kind in ("initC", "c") for item in live.get(f"{kind}ontainerStatuses") or []}
        begun = {name for name, found in known.items() if pods.has_begun(found)}
        inits = pod["spec"].get("initContainers") or []
        everything = [*inits, *pod["spec"]["containers"]]
        for container in everything:
            if container["name"] in begun:
                self._pulls.has(node, container["image"])

        def look(reference: Reference) -> str:
            if not self._look(namespace, reference):
                return ""
            with self._lock:
                self._waiting.setdefault((reference.kind, namespace, reference.name), set()).add(key)
            # Again: it may have come just before there was somebody to be told.
            return self._look(namespace, reference)

        progress = Progress(mounted=bool(live.get("podIP")))
        waits = ("PodInitializing" if inits else "ContainerCreating", "")
        if not progress.mounted:
            if unmounted := pods.mount_problems(pod, look):
                progress.waiting = {container["name"]: waits for container in everything}
                return progress, dict.fromkeys(unmounted.values(), ("FailedMount", "")), 0.0
            progress.mounted = True
        self._mounts.take(pod)
        problems: dict[str, tuple[str, str]] = {}
        wake, clock = 0.0, time.time()
        blocked, pulling = False, self._pulling.setdefault(pod["metadata"]["uid"], set())
        for container in everything:
            name, init = container["name"], container in inits
            path = f"spec.{'initContainers' if init else 'containers'}{{{name}}}"
            if blocked and name not in begun:
                progress.waiting[name] = waits
                continue
            if pods.may_end(known.get(name), init=init) and (
                ends := self._rehearsal.run(pod, container, known.get(name) or {}, path, clock)
            ):
                progress.failing[name], again = ends
                wake = min(filter(None, (wake, again)), default=0.0)
                blocked = blocked or (init and not pods.is_up(progress.failing[name], container))
                continue
            if name in begun:
                continue
            if not self._pulls.is_there(node, container["image"]) and (held := self._rehearsal.pull(pod, container, path, clock)):
                progress.waiting[name] = (held.reason, held.message)
                wake, blocked = min(filter(None, (wake, held.wake))), blocked or init
                continue
            pull = self._pulls.pull(node, container["image"], clock)
            if pull.end > clock and name not in pulling:
                pulling.add(name)
                self._events.say(pod, "Normal", "Pulling", f'Pulling image "{container["image"]}"', path)
            if pull.end > clock:
                progress.waiting[name], blocked, wake = waits, True, min(filter(None, (wake, pull.end - clock)))
                continue
            if name in pulling:
                pulling.discard(name)
                text = f'Successfully pulled image "{container["image"]}" in {pull.seconds:g}s'
                self._events.say(pod, "Normal", "Pulled", text, path)
            if found := pods.environment_problem(container, namespace, look):
                progress.waiting[name] = ("CreateContainerConfigError", found[1])
                problems[f"Error: {found[1]}"] = ("Failed", path)
                blocked = init
        if not progress.waiting:
            # A program that ends at once writes no certificate.
            progress.unready, later = (set(), 0.0) if progress.failing else self._programs.runs_in(pod)
            asked = {
                item["name"]: self._rehearsal.unready(pod, item, f"spec.containers{{{item['name']}}}", clock)
                for item in pod["spec"]["containers"]
            }
            progress.unready |= {name for name, again in asked.items() if again}
            wake = min(filter(None, (wake, later, *asked.values())), default=0.0)
            if pods.of_a_job(pod) and live.get("phase") == "Running":
                progress.ended = pods.that_end(pod) - progress.failing.keys()
        return progress, problems, wake

    def _complain(self, key: Key, pod: Object, problems: dict[str, tuple[str, str]]) -> None:
        """Say what is wrong, again and again with growing pauses."""
        uid = pod["metadata"]["uid"]
        said, due, pause = self._said.get(uid, (frozenset(), 0.0, 0.0))
        if said != problems.keys():
            due, pause = 0.0, 0.0
        if time.monotonic() >= due:
            for message, (reason, path) in problems.items():
                self._events.say(pod, "Warning", reason, message, path)
            pause = min(_LAST_RETRY, pause * 2) or _FIRST_RETRY
            self._said[uid] = frozenset(problems), time.monotonic() + pause, pause
            self._add(key, pause)

    def _write(self, pod: Object, status: Object) -> None:
        metadata = pod["metadata"]
        path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}/status"
        body = {"metadata": {"uid": metadata["uid"]}, "status": status}
        try:
            self._api.request("PATCH", path, body, content_type=STRATEGIC, manager=MANAGER)
        except ApiError as error:
            # Gone, or another of the same name.
            if error.status not in (404, 409):
                raise

    def _end(self, key: Key, pod: Object) -> None:
        """Its programs have ended and nothing of it is left on the node; its finalizers are for others to remove."""
        metadata = pod["metadata"]
        if (rest := ends_in(pod, time.time())) > 0:
            self._add(key, rest)
            return
        if metadata.get("finalizers") and (pod.get("status") or {}).get("phase") not in ("Succeeded", "Failed"):
            self._write(pod, {"phase": "Failed"})
        if metadata.get("deletionGracePeriodSeconds") == 0 and metadata.get("finalizers"):
            return
        path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}"
        body = {"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0, "preconditions": {"uid": metadata["uid"]}}
        try:
            self._api.request("DELETE", path, body)
        except ApiError as error:
            if error.status not in (404, 409):
                raise
