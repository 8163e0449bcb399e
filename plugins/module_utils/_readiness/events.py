# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Events of a wait, by what they are about. A cluster forgets its events after an hour (kube-apiserver C(--event-ttl))."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._common.times import seconds_of

Event = Mapping[str, Any]
# Normal events that say what is waited for. FailedBinding is the only word about a claim without a class
# (pkg/controller/volume/persistentvolume); the others are of the kubelet, the scheduler and the cluster autoscaler.
_TELLING = {
    "FailedBinding",
    "WaitForFirstConsumer",
    "WaitForPodScheduled",
    "ExternalProvisioning",
    "Provisioning",
    "Pulling",
    "Pulled",
    "TriggeredScaleUp",
    "NotTriggerScaleUp",
}
# Of one object; a kubelet that says something new again and again would fill the memory.
_MOST = 100


def is_telling(event: Event) -> bool:
    """Whether it is a warning, or tells what something waits for."""
    return event.get("type") == "Warning" or event.get("reason") in _TELLING


def first_seen(event: Event) -> float:
    """When it was said first, in seconds since the epoch; 0 for one that does not tell."""
    times = (event.get("firstTimestamp"), event.get("eventTime"), (event.get("metadata") or {}).get("creationTimestamp"))
    return next((seconds for text in times if (seconds := seconds_of(text)) is not None), 0.0)


def last_seen(event: Event) -> float:
    """When it was said last; an event that repeats is one object that is counted up (core/v1 C(count), events.k8s.io C(series))."""
    last = seconds_of((event.get("series") or {}).get("lastObservedTime")) or seconds_of(event.get("lastTimestamp"))
    return first_seen(event) if last is None else last


def _order(event: Event) -> tuple[float, int]:
    """Most events have whole seconds: within one, the later write is the later event."""
    version = str((event.get("metadata") or {}).get("resourceVersion") or "")
    return last_seen(event), int(version) if version.isdigit() else 0


class Events:
    """What was said during a wait, in order of time."""

    def __init__(self) -> None:
        self._by_uid: dict[str, dict[str, Event]] = defaultdict(dict)
        self._by_name: dict[tuple[str, str, str], dict[str, Event]] = defaultdict(dict)

    def take(self, event: Event) -> None:
        """Take notice of one, in place of what it was before."""
        about, uid = event.get("involvedObject") or {}, str((event.get("metadata") or {}).get("uid") or "")
        name = (about.get("kind") or "", about.get("namespace") or "", about.get("name") or "")
        for known in (self._by_uid[about.get("uid") or ""], self._by_name[name]):
            known[uid] = event
            if len(known) > _MOST:
                del known[min(known, key=lambda one: _order(known[one]))]

    def about(self, *uids: str) -> list[Event]:
        """Those about the objects with these UIDs, the newest last."""
        return sorted((event for uid in uids if uid in self._by_uid for event in self._by_uid[uid].values()), key=_order)

    def named(self, kind: str, namespace: str, name: str) -> list[Event]:
        """Those about an object whose UID is not known, the newest last."""
        return sorted(self._by_name.get((kind, namespace, name), {}).values(), key=_order)


# pkg/kubelet/images/image_manager.go and pkg/kubelet/events: the words for one image.
_IMAGE = re.compile(r'(?:Pulling|Successfully pulled|Failed to pull|Back-off pulling|Container|pulled) image "([^"]+)"')


@dataclass
class Pull:
    """How the pull of one image went: C(began) first and C(again) last, in seconds since the epoch; C(ended) once it is there."""

    image: str
    began: float | None = None
    again: float | None = None
    ended: float | None = None
    error: str = ""
    """What the last attempt ended with."""

    @property
    def runs(self) -> bool:
        return self.again is not None and self.ended is None and not self.error


def pulls_of(events: Iterable[Event]) -> dict[str, Pull]:
    """The pulls that a kubelet tells of, by image.

    :arg events: about one pod, the newest last.
    """
    found: dict[str, Pull] = {}
    for event in events:
        reason, message = event.get("reason"), str(event.get("message") or "")
        named = _IMAGE.search(message)
        if not named:
            continue
        pull = found.setdefault(named.group(1), Pull(named.group(1)))
        if reason == "Pulling":
            pull.began = first_seen(event) if pull.began is None else min(pull.began, first_seen(event))
            pull.again, pull.error = last_seen(event), ""
        elif reason == "Pulled":
            pull.ended, pull.error = last_seen(event), ""
        elif reason == "Failed" and message.startswith("Failed to pull image"):
            pull.error = message
    return found


# What kubelets and container runtimes put before the registry's own words.
_BEFORE_THE_CAUSE = re.compile(
    r'Back-off pulling image "[^"]*"(: )?|(?:ErrImagePull|ImagePullBackOff): |Failed to pull image "[^"]*": |rpc error: code = \w+ desc = '
    r'|failed to pull and unpack image "[^"]*": |failed to resolve reference "[^"]*": |Error response from daemon: '
)


def cause_of_pull(text: str) -> str:
    """Why a pull has ended, without the words around it, which say the image up to four times."""
    return _BEFORE_THE_CAUSE.sub("", text).strip()


def newest(events: Sequence[Event], *reasons: str) -> Event | None:
    """The newest with one of these reasons."""
    return next((event for event in reversed(events) if event.get("reason") in reasons), None)
