# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The last thing of note that the cluster said about something."""

from __future__ import annotations

import re
from typing import Any

from .._common.deadline import Deadline
from .._objects.objects import Key
from .http import ApiError, Client

_SECONDS = 10.0


# Normal events that say what is waited for. FailedBinding is the only word about a claim without a class
# (pkg/controller/volume/persistentvolume); the others are of the kubelet, the scheduler and the cluster autoscaler.
_TELLING = {
    "FailedBinding",
    "WaitForFirstConsumer",
    "WaitForPodScheduled",
    "ExternalProvisioning",
    "Provisioning",
    "Pulling",
    "TriggeredScaleUp",
    "NotTriggerScaleUp",
}


def last_events(client: Client, keys: list[Key]) -> dict[Key, str]:
    """The newest event of each object or of what was made of it (the pods of a workload): C(last warning: reason: message).

    Warnings, and those of the others that tell what is waited for (C(last event: …)).
    """
    deadline = Deadline(_SECONDS)
    found: dict[Key, str] = {}
    for namespace in {key.namespace for key in keys if key.namespace}:
        try:
            events = client.get(f"/api/v1/namespaces/{namespace}/events", deadline=deadline)["items"]
        except ApiError:
            # Events are a hint: without them the verdict still stands.
            continue
        events = sorted((event for event in events if event.get("type") == "Warning" or event.get("reason") in _TELLING), key=_when)
        for key in (key for key in keys if key.namespace == namespace):
            mine = [event for event in events if _about(event, key)]
            if mine:
                what = "warning" if mine[-1].get("type") == "Warning" else "event"
                found[key] = f"last {what}: {mine[-1].get('reason', '')}: {mine[-1].get('message', '')}".strip()
    return found


def _when(event: dict[str, Any]) -> str:
    """RFC 3339 times of one zone sort as text."""
    series = event.get("series") or {}
    return str(
        series.get("lastObservedTime")
        or event.get("lastTimestamp")
        or event.get("eventTime")
        or event["metadata"].get("creationTimestamp")
        or ""
    )


# Names that controllers make end in characters that spell no words (k8s.io/apimachinery/pkg/util/rand), so that
# ml-pipeline-ui's pods are not taken for those of ml-pipeline.
_RANDOM = "[bcdfghjklmnpqrstvwxz2456789]"
_MADE_OF = {
    "Deployment": rf"(-{_RANDOM}{{5,10}}){{1,2}}",
    "StatefulSet": r"-\d+",
    "DaemonSet": rf"-{_RANDOM}{{5}}",
    "ReplicaSet": rf"-{_RANDOM}{{5}}",
    "Job": rf"-{_RANDOM}{{5}}",
}


def _about(event: dict[str, Any], key: Key) -> bool:
    kind, name = event["involvedObject"].get("kind", ""), event["involvedObject"].get("name", "")
    if name == key.name:
        return bool(kind == key.kind)
    return key.kind in _MADE_OF and bool(re.fullmatch(re.escape(key.name) + _MADE_OF[key.kind], name))
