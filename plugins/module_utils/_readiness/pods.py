# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a pod does, or waits for, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .._client.http import ApiError, Client
from .._common.deadline import Deadline
from .._common.times import seconds_of
from .._objects.objects import is_going
from .events import Event, Pull, cause_of_pull, newest, pulls_of

Pod = Mapping[str, Any]
# Of a container that waits for its turn, or for what its pod's events say better.
ORDINARY = {"PodInitializing", "ContainerCreating", ""}
NO_IMAGE = {"ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "RegistryUnavailable", "ImageInspectError"}
# What keeps a pod from its first container (pkg/kubelet/events/event.go).
BEFORE_CONTAINERS = ("FailedMount", "FailedAttachVolume", "FailedMapVolume", "FailedCreatePodSandBox")
_SIDECAR = "istio-proxy"


def doing(pod: Pod, events: Sequence[Event] = (), now: float = 0.0) -> str:
    """What keeps a pod from being ready, in words; empty when it is ready, or has done its work.

    :arg events: those about this pod, the newest last.
    :arg now: seconds since the epoch.
    """
    status = pod.get("status") or {}
    phase, conditions = status.get("phase") or "Pending", _conditions(pod)
    if phase == "Succeeded":
        return ""
    if phase == "Failed":
        return ": ".join(word for word in ("it has failed", status.get("reason"), status.get("message")) if word)
    if is_going(pod):
        return "it is being deleted"
    if (conditions.get("Ready") or {}).get("status") == "True":
        return ""
    if not (pod.get("spec") or {}).get("nodeName"):
        return _scheduling(conditions.get("PodScheduled") or {})
    words = list(_containers(pod, events, now))
    if words:
        return "; ".join(dict.fromkeys(words))
    if before := newest(events, *BEFORE_CONTAINERS):
        return f"{before.get('reason')}: {before.get('message')}"
    gates = [gate["conditionType"] for gate in (pod.get("spec") or {}).get("readinessGates") or ()]
    closed = [name for name in gates if (conditions.get(name) or {}).get("status") != "True"]
    if closed:
        return f"its readiness gate {closed[0]} is not open"
    return "its volumes are mounted and its containers are made" if not _begun(pod) else "it is not ready yet"


def _scheduling(condition: Mapping[str, Any]) -> str:
    if condition.get("status") == "False":
        return ": ".join(word for word in (condition.get("reason"), condition.get("message")) if word) or "it has no node"
    return "it has no node yet"


def _containers(pod: Pod, events: Sequence[Event], now: float) -> Iterator[str]:
    """A line for each container that has something to say; while init containers work, only for the first of those."""
    pulls = pulls_of(events)
    images = {container["name"]: container.get("image") or "" for container in spec_containers(pod)}
    status = pod.get("status") or {}
    sidecars = {one["name"] for one in (pod.get("spec") or {}).get("initContainers") or () if one.get("restartPolicy") == "Always"}
    for container in status.get("initContainerStatuses") or ():
        over = (container.get("state") or {}).get("terminated") is not None and not _exit_code(container)
        if over or (container["name"] in sidecars and container.get("ready")):
            continue
        words = _container(container, images, pulls, events, now)
        # A sidecar goes on while the others have their turn.
        started = container["name"] in sidecars and (container.get("state") or {}).get("running") is not None and container.get("started")
        if words:
            yield words if container["name"] == _SIDECAR else f"init {words}"
        if not started:
            return
    for container in status.get("containerStatuses") or ():
        if not container.get("ready") and (words := _container(container, images, pulls, events, now)):
            yield words


def _container(
    container: Mapping[str, Any], images: Mapping[str, str], pulls: Mapping[str, Pull], events: Sequence[Event], now: float
) -> str:
    name, state = container["name"], container.get("state") or {}
    waiting, running = state.get("waiting"), state.get("running")
    image = images.get(name) or container.get("image") or ""
    pull = pulls.get(image)
    if waiting is not None or not state:
        reason, message = (waiting or {}).get("reason") or "", (waiting or {}).get("message") or ""
        if reason in NO_IMAGE:
            error = cause_of_pull(message) or (cause_of_pull(pull.error) if pull else "")
            return f"cannot pull {image}: {reason}" + (f": {error}" if error else "")
        if reason in ORDINARY:
            return f"pulling {image}{_since(pull.again, now)}" if pull and pull.runs else ""
        ended = _last_end(container)
        return ", ".join(word for word in (f"container {name}: {reason}", message, ended) if word)
    if running is not None:
        restarts = container.get("restartCount") or 0
        again = f", after {restarts} restart{'s' if restarts > 1 else ''}" + (f" ({ended})" if (ended := _last_end(container)) else "")
        probe = newest([event for event in events if _is_about(event, name)], "Unhealthy")
        why = f": {probe.get('message')}" if probe else ""
        return f"container {name} runs{_since(seconds_of(running.get('startedAt')), now)} and is not ready{again if restarts else ''}{why}"
    return f"container {name}: {_end(state['terminated'])}" if state.get("terminated") and _exit_code(container) else ""


def _is_about(event: Event, container: str) -> bool:
    """fieldPath is like C(spec.containers{main})."""
    path = str((event.get("involvedObject") or {}).get("fieldPath") or "")
    return not path or path.endswith(f"{{{container}}}")


def _since(start: float | None, now: float) -> str:
    return "" if start is None or now < start else f" for {now - start:.0f} s"


def _exit_code(container: Mapping[str, Any]) -> int:
    code = ((container.get("state") or {}).get("terminated") or {}).get("exitCode")
    return code if isinstance(code, int) else 0


def _last_end(container: Mapping[str, Any]) -> str:
    ended = (container.get("lastState") or {}).get("terminated")
    return f"it {_end(ended)}" if ended else ""


def _end(ended: Mapping[str, Any]) -> str:
    reason = ended.get("reason")
    # Error and Completed say no more than the exit code does.
    why = f" ({reason})" if reason and reason not in ("Error", "Completed") else ""
    return f"ended with exit code {ended.get('exitCode')}{why} {ended.get('message') or ''}".rstrip()


def _conditions(pod: Pod) -> dict[str, Mapping[str, Any]]:
    return {str(entry.get("type")): entry for entry in (pod.get("status") or {}).get("conditions") or ()}


def _begun(pod: Pod) -> bool:
    return any((status.get("state") or {}).get("waiting") is None and status.get("state") for status in container_statuses(pod))


def spec_containers(pod: Pod) -> Iterator[Mapping[str, Any]]:
    """Init containers, then containers."""
    spec = pod.get("spec") or {}
    yield from spec.get("initContainers") or ()
    yield from spec.get("containers") or ()


def container_statuses(pod: Pod) -> Iterator[Mapping[str, Any]]:
    """Of init containers, then of containers."""
    status = pod.get("status") or {}
    yield from status.get("initContainerStatuses") or ()
    yield from status.get("containerStatuses") or ()


def trouble_of(client: Client, workload: Mapping[str, Any], deadline: Deadline, now: float) -> str:
    """What the pods of a live workload do that are not ready, asked for once; empty when all are, or nothing can be seen.

    :arg now: seconds since the epoch.
    """
    labels = ((workload.get("spec") or {}).get("selector") or {}).get("matchLabels") or {}
    if not labels:
        return ""
    query = {"labelSelector": ",".join(f"{name}={value}" for name, value in sorted(labels.items()))}
    home = f"/api/v1/namespaces/{workload['metadata']['namespace']}"
    try:
        pods = client.get(f"{home}/pods", query=query, deadline=deadline)["items"]
    except ApiError:
        # A hint: without it the verdict still stands.
        return ""
    try:
        events = client.get(f"{home}/events", deadline=deadline)["items"] if pods else []
    except ApiError:
        events = []
    by_pod: dict[str, list[Event]] = {}
    for event in events:
        by_pod.setdefault((event.get("involvedObject") or {}).get("uid") or "", []).append(event)
    lines = (doing(pod, by_pod.get(pod["metadata"]["uid"], ()), now) for pod in pods)
    return "; ".join(dict.fromkeys(line for line in lines if line))
