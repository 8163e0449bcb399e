# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The status of a workload by its pods: what they wait for, whether they stay up, have their sidecar, or cannot become ready."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .._objects.objects import Key
from .conditions import not_observed
from .events import Events, is_telling
from .failure import Failure
from .image_failures import pull_errors
from .pod_failures import Declared, claim_failure, claims_of, failure_of, refused_pods
from .pods import doing
from .rule import Item
from .sidecar import missing_sidecar
from .status import CURRENT, Status, in_progress
from .steady import Steady
from .watched import KEEP_RUNNING, View

# Of a message; a controller's may quote a whole pod.
_LONG = 500
# Different things that pods of one workload do.
_MOST_WORDS = 3


@dataclass(frozen=True)
class Judged:
    """A status, and the failure that it shows, which may still heal. C(restarts): of containers, since they were seen first."""

    status: Status
    failure: Failure | None = None
    restarts: int = 0


class Workloads:
    """Judges workloads, look by look. C(now) is seconds of a clock that only goes on, C(wall) since the epoch.

    :arg declared: what ConfigMaps and Secrets of the plan hold.
    :arg planned: keys of the plan; what is in it has a status of its own.
    """

    def __init__(self, events: Events, declared: Declared, planned: Iterable[Key]) -> None:
        self._events, self._declared, self._planned = events, declared, frozenset(planned)
        self._steady = Steady()
        self._errors: dict[str, dict[str, str]] = {}

    def look(self, pods: Sequence[Item], now: float) -> None:
        """Take notice of pods as they are."""
        self._steady.look(pods, now)
        for pod in pods:
            if errors := pull_errors(pod):
                self._errors.setdefault(pod["metadata"]["uid"], {}).update(errors)

    def judge(self, key: Key, item: Item, status: Status, view: View, now: float, wall: float) -> Judged:
        """What pods make of the status that a live workload has by its own words."""
        pods = view.pods_of(item)
        restarts = self._steady.restarts(pods) if (key.group, key.kind) in KEEP_RUNNING else 0
        # A Job has a generation, and no word about which of them its controller has seen.
        if status.state == "Failed" or ((key.group, key.kind) in KEEP_RUNNING and not_observed(item)):
            return Judged(status, restarts=restarts)
        if status == CURRENT:
            return self._judge_ready(key, view, pods, restarts, now, wall)
        newest_pods = view.newest_pods_of(item)
        sets = [one["metadata"]["uid"] for one in view.replica_sets_of(item)]
        refused, failure = refused_pods(item, self._events.about(item["metadata"]["uid"], *sets))
        words = [refused] if refused else []
        for pod in newest_pods:
            said, wrong = self._pod(key, view, pod, wall)
            failure = failure or wrong
            words.append(said)
        words = list(dict.fromkeys(word for word in words if word))
        if failure:
            words = [failure.message]
        more = f"; and {len(words) - _MOST_WORDS} more" if len(words) > _MOST_WORDS else ""
        told = "; ".join(words[:_MOST_WORDS]) + more
        message = f"{status.message}: {told}" if told else status.message
        message = message if len(message) <= _LONG else f"{message[:_LONG]} …"
        reason = failure.reason if failure else status.reason
        return Judged(dataclasses.replace(status, message=message, reason=reason), failure, restarts)

    def _judge_ready(self, key: Key, view: View, pods: Sequence[Item], restarts: int, now: float, wall: float) -> Judged:
        if (key.group, key.kind) not in KEEP_RUNNING:
            return Judged(CURRENT)
        namespace = view.seen.namespaces.get(("", key.namespace))
        for pod in pods:
            if failure := missing_sidecar(pod, namespace, view.injectors):
                return Judged(in_progress(failure.message, reason=failure.reason), failure, restarts)
        why = self._steady.why_not(pods, now, wall)
        return Judged(in_progress(why) if why else CURRENT, restarts=restarts)

    def _pod(self, key: Key, view: View, pod: Item, wall: float) -> tuple[str, Failure | None]:
        """What a pod does, and its failure."""
        metadata = pod["metadata"]
        events = self._events.about(metadata["uid"])
        said = doing(pod, events, wall)
        if not said:
            return "", None
        failure = failure_of(pod, events, self._declared, self._errors.get(metadata["uid"]))
        if failure is None and (key.group, key.kind) in KEEP_RUNNING:
            failure = missing_sidecar(pod, view.seen.namespaces.get(("", key.namespace)), view.injectors)
        if failure is None and not (pod.get("spec") or {}).get("nodeName"):
            said, failure = self._claims(pod, said)
        return said, failure

    def _claims(self, pod: Item, said: str) -> tuple[str, Failure | None]:
        """Of a pod without a node: the claim that it waits for."""
        namespace = pod["metadata"]["namespace"]
        for name in claims_of(pod):
            if failure := claim_failure(name, self._events.named("PersistentVolumeClaim", namespace, name)):
                if Key("", "PersistentVolumeClaim", namespace, name) in self._planned:
                    return f"it waits for {failure.message}", None
                return said, failure
        return said, None

    def judge_claim(self, key: Key, item: Item, status: Status) -> Judged:
        """A claim that is not bound, by what was said of it."""
        events = self._events.about(item["metadata"]["uid"])
        failure = claim_failure(key.name, events) if status.state == "InProgress" and item["metadata"].get("uid") else None
        if failure is None:
            return Judged(status)
        return Judged(dataclasses.replace(status, message=f"{status.message}: {failure.message}", reason=failure.reason), failure)

    def last_word(self, item: Item) -> str:
        """The last warning about an object itself, or what else tells what it waits for."""
        said = next((event for event in reversed(self._events.about(item["metadata"].get("uid") or "-")) if is_telling(event)), None)
        if said is None:
            return ""
        what = "warning" if said.get("type") == "Warning" else "event"
        return f"last {what}: {said.get('reason', '')}: {said.get('message', '')}".strip()
