# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What keeps the pods of a workload from being ready, in their own words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .._client.http import ApiError, Client
from .._common.deadline import Deadline
from .._objects.objects import is_going
from .._objects.webhooks import selects

# Of a container that waits for its turn, or for what its pod's own conditions say better.
_ORDINARY = {"PodInitializing", "ContainerCreating"}


def troubles(pod: Mapping[str, Any]) -> Iterator[str]:
    """A line for each thing that is wrong with a pod, as its status tells; none for one that is only slow.

    Where they stand: core/v1 PodStatus, C(containerStatuses[].state), C(lastState), and the condition PodScheduled.
    """
    status = pod.get("status") or {}
    for condition in status.get("conditions") or ():
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            yield f"{condition.get('reason', 'not scheduled')}: {condition.get('message', '')}".rstrip(": ")
    for container in (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())):
        waiting = (container.get("state") or {}).get("waiting") or {}
        ended = (container.get("lastState") or {}).get("terminated") or (container.get("state") or {}).get("terminated") or {}
        if waiting and waiting.get("reason") not in _ORDINARY:
            words = [f"container {container['name']}: {waiting.get('reason', 'waiting')}", waiting.get("message", "")]
            if ended:
                words.append(f"it ended with exit code {ended.get('exitCode')} {ended.get('message') or ''}".rstrip())
            yield ", ".join(word for word in words if word)
        elif ended.get("exitCode"):
            yield f"container {container['name']}: ended with exit code {ended['exitCode']} {ended.get('message') or ''}".rstrip()


def pods_of(workload: Mapping[str, Any], pods: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of the pods of its namespace, those that a workload selects and that are not about to go."""
    wanted = (workload.get("spec") or {}).get("selector") or {}
    return [pod for pod in pods if not is_going(pod) and selects(wanted, pod["metadata"].get("labels") or {})]


def trouble_of(client: Client, workload: Mapping[str, Any], deadline: Deadline) -> str:
    """What is wrong with the pods of a live Deployment, StatefulSet or DaemonSet; empty when nothing is, or nothing can be seen."""
    labels = ((workload.get("spec") or {}).get("selector") or {}).get("matchLabels") or {}
    if not labels:
        return ""
    query = {"labelSelector": ",".join(f"{name}={value}" for name, value in sorted(labels.items()))}
    try:
        pods = client.get(f"/api/v1/namespaces/{workload['metadata']['namespace']}/pods", query=query, deadline=deadline)["items"]
    except ApiError:
        # A hint: without it the verdict still stands.
        return ""
    return "; ".join(dict.fromkeys(line for pod in pods for line in troubles(pod)))
