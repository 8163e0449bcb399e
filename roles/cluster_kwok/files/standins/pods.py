# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a pod needs before its containers may run, and the status that a kubelet would write. No input or output here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from .api import Object

CONFIG_MAP, SECRET, CLAIM, TOKEN = "configmap", "secret", "persistentvolumeclaim", "token"
PROXY = "istio-proxy"


@dataclass(frozen=True)
class Reference:
    """Something in the pod's namespace that must be there, with these keys."""

    kind: str
    name: str
    keys: tuple[str, ...] = ()


# Empty when the reference is satisfied, else what is wrong with it: "missing", "unbound", or the key that it lacks.
Look = Callable[[Reference], str]

MISSING, UNBOUND = "missing", "unbound"


def _source(kind: str, name: str, source: Object) -> list[Reference]:
    if source.get("optional"):
        return []
    return [Reference(kind, name, tuple(item["key"] for item in source.get("items") or []))]


def volume_references(volume: Object, pod_name: str) -> list[Reference]:
    """What a volume is made from."""
    if source := volume.get("configMap"):
        return _source(CONFIG_MAP, source.get("name", ""), source)
    if source := volume.get("secret"):
        return _source(SECRET, source.get("secretName", ""), source)
    if source := volume.get("persistentVolumeClaim"):
        return [Reference(CLAIM, source["claimName"])]
    if "ephemeral" in volume:
        return [Reference(CLAIM, f"{pod_name}-{volume['name']}")]
    found: list[Reference] = []
    for source in (volume.get("projected") or {}).get("sources") or []:
        if "configMap" in source:
            found += _source(CONFIG_MAP, source["configMap"].get("name", ""), source["configMap"])
        elif "secret" in source:
            found += _source(SECRET, source["secret"].get("name", ""), source["secret"])
        elif "serviceAccountToken" in source:
            found.append(Reference(TOKEN, ""))
    return found


def environment_references(container: Object) -> list[Reference]:
    """What the environment of a container is made from."""
    found: list[Reference] = []
    for entry in container.get("envFrom") or []:
        for kind, field_name in ((CONFIG_MAP, "configMapRef"), (SECRET, "secretRef")):
            if (source := entry.get(field_name)) and not source.get("optional"):
                found.append(Reference(kind, source.get("name", "")))
    for entry in container.get("env") or []:
        for kind, field_name in ((CONFIG_MAP, "configMapKeyRef"), (SECRET, "secretKeyRef")):
            source = (entry.get("valueFrom") or {}).get(field_name)
            if source and not source.get("optional"):
                found.append(Reference(kind, source.get("name", ""), (source["key"],)))
    return found


def _containers(pod: Object) -> Iterable[Object]:
    yield from pod["spec"].get("initContainers") or []
    yield from pod["spec"]["containers"]


def used_volumes(pod: Object) -> list[Object]:
    """The volumes that some container mounts: a kubelet ignores the others."""
    used = {mount["name"] for container in _containers(pod) for mount in container.get("volumeMounts") or []}
    used |= {device["name"] for container in _containers(pod) for device in container.get("volumeDevices") or []}
    return [volume for volume in pod["spec"].get("volumes") or [] if volume["name"] in used]


@dataclass(frozen=True)
class SecretVolume:
    """A volume that shows a Secret. C(items) are keys by path, None when all are shown under their own names."""

    volume: str
    secret: str
    items: tuple[tuple[str, str], ...] | None = None

    def files(self, data: Mapping[str, bytes]) -> dict[str, bytes]:
        """What a program finds there."""
        if self.items is None:
            return dict(data)
        return {path: data[key] for path, key in self.items if key in data}


def secret_volumes(pod: Object) -> list[SecretVolume]:
    """The Secrets that some container mounts, also those that need not be there."""
    found: list[SecretVolume] = []
    for volume in used_volumes(pod):
        sources = [(source["secret"], "name") for source in (volume.get("projected") or {}).get("sources") or [] if "secret" in source]
        sources += [(volume["secret"], "secretName")] if volume.get("secret") else []
        for source, field_name in sources:
            items = tuple((item["path"], item["key"]) for item in source.get("items") or []) or None
            found.append(SecretVolume(volume["name"], source.get(field_name, ""), items))
    return found


def probed_with(pod: Object, volume: str) -> set[str]:
    """The containers that mount a volume and are asked whether they are ready."""
    mounting = [item for item in _containers(pod) if any(mount["name"] == volume for mount in item.get("volumeMounts") or [])]
    return {item["name"] for item in mounting if item.get("readinessProbe")}


def _mount_message(volume: str, reference: Reference, wrong: str, namespace: str) -> str:
    start = f'MountVolume.SetUp failed for volume "{volume}" : '
    if reference.kind == CLAIM:
        why = f'failed to fetch PVC from API server: persistentvolumeclaims "{reference.name}" not found' if wrong == MISSING else ""
        text = f"error processing PVC {namespace}/{reference.name}: {why or 'PVC is not bound'}"
        return f"Unable to attach or mount volumes: unmounted volumes=[{volume}], failed to process volumes=[{volume}]: {text}"
    if reference.kind == TOKEN:
        return f"{start}failed to fetch token: the API server does not have TokenRequest endpoints enabled"
    if wrong == MISSING:
        return f'{start}{reference.kind} "{reference.name}" not found'
    text = "configmap references non-existent config key" if reference.kind == CONFIG_MAP else "references non-existent secret key"
    return f"{start}{text}: {wrong}"


def mount_problems(pod: Object, look: Look) -> dict[Reference, str]:
    """Why volumes cannot be mounted: the kubelet's message for each reference that is not satisfied."""
    metadata = pod["metadata"]
    return {
        reference: _mount_message(volume["name"], reference, wrong, metadata["namespace"])
        for volume in used_volumes(pod)
        for reference in volume_references(volume, metadata["name"])
        if (wrong := look(reference))
    }


def environment_problem(container: Object, namespace: str, look: Look) -> tuple[Reference, str] | None:
    """Why a container cannot be configured: the first reference that is not satisfied, and the kubelet's message."""
    for reference in environment_references(container):
        if wrong := look(reference):
            if wrong == MISSING:
                return reference, f'{reference.kind} "{reference.name}" not found'
            kind = "ConfigMap" if reference.kind == CONFIG_MAP else "Secret"
            return reference, f"couldn't find key {wrong} in {kind} {namespace}/{reference.name}"
    return None


@dataclass
class Progress:
    """How far a pod has come: what each container waits for (reason and message), or that it runs or has ended.

    C(unready) are those that run and whose probe fails. C(failing) have this in place of a status that all is well.
    """

    mounted: bool = False
    waiting: dict[str, tuple[str, str]] = field(default_factory=dict)
    unready: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)
    failing: dict[str, Object] = field(default_factory=dict)


def is_sidecar(container: Object) -> bool:
    """An init container that goes on running."""
    return container.get("restartPolicy") == "Always"


def has_begun(status: Object) -> bool:
    """Whether a container has run before, by its live status."""
    state = status.get("state") or {}
    return "running" in state or "terminated" in state or "terminated" in (status.get("lastState") or {})


def may_end(status: Object | None, *, init: bool) -> bool:
    """Whether a container is still to end: an init container that has done its work is not run again."""
    done = ((status or {}).get("state") or {}).get("terminated") or {}
    return not (init and done.get("exitCode") == 0)


def is_up(status: Object, container: Object) -> bool:
    """Whether an init container that goes on running does, so that the next may begin."""
    return is_sidecar(container) and "running" in (status.get("state") or {})


def of_a_job(pod: Object) -> bool:
    return any(owner["kind"] == "Job" for owner in pod["metadata"].get("ownerReferences") or [])


def that_end(pod: Object) -> set[str]:
    """The containers that a Job's pod has done with. A proxy beside them that is no sidecar to the kubelet runs for ever."""
    names = {container["name"] for container in pod["spec"]["containers"]}
    if PROXY in names and len(names) > 1:
        return names - {PROXY}
    return names | {container["name"] for container in pod["spec"].get("initContainers") or [] if is_sidecar(container)}


def _state(live: Object, container: Object, now: str, *, init: bool, progress: Progress) -> Object:
    name = container["name"]
    status: Object = {"name": name, "image": container["image"], "imageID": "", "restartCount": live.get("restartCount", 0)}
    if name in progress.failing:
        return status | progress.failing[name]
    if live.get("lastState"):
        status["lastState"] = live["lastState"]
    if name in progress.waiting:
        reason, message = progress.waiting[name]
        waiting = {"reason": reason} | ({"message": message} if message else {})
        return status | {"ready": False, "started": False, "state": {"waiting": waiting}}
    before = live.get("state") or {}
    if (before.get("terminated") or {}).get("exitCode"):
        # It is started anew.
        before = {}
    started = (before.get("running") or before.get("terminated") or {}).get("startedAt", now)
    if (init and not is_sidecar(container)) or name in progress.ended:
        finished = (before.get("terminated") or {}).get("finishedAt", now)
        end = {"exitCode": 0, "reason": "Completed", "startedAt": started, "finishedAt": finished}
        return status | {"ready": init, "started": False, "state": {"terminated": end}}
    return status | {"ready": name not in progress.unready, "started": True, "state": {"running": {"startedAt": started}}}


def _condition(pod: Object, kind: str, reason: str, message: str, now: str) -> Object:
    status = "False" if reason else "True"
    old: Object = next((found for found in (pod.get("status") or {}).get("conditions") or [] if found["type"] == kind), {})
    changed = old.get("lastTransitionTime") if old.get("status") == status else None
    found: Object = {"type": kind, "status": status, "lastProbeTime": None, "lastTransitionTime": changed or now}
    return found | {"reason": reason or None, "message": message or None}


def _unready_gates(pod: Object) -> list[str]:
    """Readiness gates are for others to open."""
    true = {found["type"] for found in (pod.get("status") or {}).get("conditions") or [] if found["status"] == "True"}
    gates = [gate["conditionType"] for gate in pod["spec"].get("readinessGates") or []]
    return [gate for gate in gates if gate not in true]


def status_of(pod: Object, progress: Progress, addresses: tuple[str, str], now: str) -> Object:
    """The status for a merge by keys (strategic merge patch).

    :param addresses: of the host and of the pod.
    """
    live = pod.get("status") or {}
    known = {found["name"]: found for found in [*(live.get("initContainerStatuses") or []), *(live.get("containerStatuses") or [])]}

    def states(containers: list[Object], *, init: bool) -> list[Object]:
        return [_state(known.get(item["name"], {}), item, now, init=init, progress=progress) for item in containers]

    inits, mains = pod["spec"].get("initContainers") or [], pod["spec"]["containers"]
    host, address = addresses
    status: Object = {"phase": "Running", "hostIP": host, "startTime": live.get("startTime") or now}
    if progress.mounted:
        status |= {"podIP": address, "podIPs": [{"ip": address}]}
    status["containerStatuses"] = states(mains, init=False)
    if inits:
        status["initContainerStatuses"] = states(inits, init=True)
    uninitialised = [item["name"] for item in inits if item["name"] in progress.waiting]
    finished = all(item["name"] in progress.ended for item in mains)
    unready = [item["name"] for item in status["containerStatuses"] if not item["ready"]]
    broken = [item["name"] for item in inits if item["name"] in progress.failing and not is_up(progress.failing[item["name"]], item)]
    uninitialised += broken
    if finished:
        status["phase"] = "Succeeded"
    elif pod["spec"].get("restartPolicy") == "Never" and any("terminated" in found["state"] for found in progress.failing.values()):
        status["phase"] = "Failed"
    elif uninitialised or any(item["name"] in progress.waiting for item in mains):
        status["phase"] = "Pending"
    text, reason = f"containers with unready status: [{' '.join(unready)}]", "ContainersNotReady"
    if finished:
        text, reason = "", "PodCompleted"
    gates = _unready_gates(pod)
    ready, why = (reason, text) if unready else ("", "")
    if not unready and gates:
        ready, why = "ReadinessGatesNotReady", f"corresponding condition of pod readiness gate {gates[0]!r} does not exist."
    incomplete = f"containers with incomplete status: [{' '.join(uninitialised)}]" if uninitialised else ""
    status["conditions"] = [
        _condition(pod, "Initialized", "ContainersNotInitialized" if uninitialised else "", incomplete, now),
        _condition(pod, "Ready", ready, why, now),
        _condition(pod, "ContainersReady", reason if unready else "", text if unready else "", now),
    ]
    return status


def _essence(status: Object) -> object:
    """What of a status is worth a write."""
    containers = [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
    states = {}
    for item in containers:
        state = [(kind, (value or {}).get("reason"), (value or {}).get("message")) for kind, value in (item.get("state") or {}).items()]
        states[item["name"]] = item.get("ready"), item.get("restartCount", 0), state
    kinds = ("Initialized", "Ready", "ContainersReady")
    conditions = {found["type"]: found["status"] for found in status.get("conditions") or [] if found["type"] in kinds}
    return status.get("phase"), status.get("podIP"), states, conditions


def differs(live: Object, wanted: Object) -> bool:
    """Whether this status says something new."""
    return _essence(live) != _essence(wanted)
