# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A snapshot of a cluster as pure data, with the look-ups that rules share."""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .._apply.made import Made, maker_of
from .._client.endpoints import ready_services
from .._common.times import seconds_or
from .._objects.objects import Key, is_going, key_of, pod_template
from .._objects.webhooks import Webhook, selects, webhooks_of
from .._readiness.judge import status_of
from .._readiness.pods import BEFORE_CONTAINERS, container_statuses
from .._readiness.rule import Seen
from .._readiness.watched import WORKLOADS

Item = Mapping[str, Any]

# Rules of readiness that look at nothing but the object itself.
_JUDGED = frozenset(
    {
        *WORKLOADS,
        ("", "PersistentVolumeClaim"),
        ("apiregistration.k8s.io", "APIService"),
        ("cert-manager.io", "Certificate"),
        ("cert-manager.io", "ClusterIssuer"),
        ("cert-manager.io", "Issuer"),
    }
)
# A kubelet repeats FailedMount at most every two minutes, a controller FailedCreate every 17, the scheduler says it every five.
_EVENT_SECONDS = 20 * 60.0
# Of a pod that comes up, crashes and comes up again; it counts as ready between when nobody probes it.
_FLAPPING_RESTARTS, _FLAPPING_SECONDS = 3, 30.0
# An object as str(Key) names it.
_NAMED = re.compile(r"\b([A-Z]\w+(?:\.[a-z0-9.-]+)?) ((?:[a-z0-9.-]+/)?[a-z0-9][a-z0-9.-]*)")


@dataclass(frozen=True)
class Event:
    """One event; C(first) and C(last) in seconds since the epoch."""

    about: Key
    reason: str
    message: str
    warning: bool = True
    count: int = 1
    first: float = 0.0
    last: float = 0.0
    uid: str = ""

    def __str__(self) -> str:
        return f"{self.about}: {self.reason}: {self.message}"


@dataclass(frozen=True)
class Log:
    """The end of what a container wrote; C(previous): before it was started anew."""

    pod: Key
    container: str
    text: str
    previous: bool = False


@dataclass(frozen=True)
class Refusal:
    """An object that the phase apply could not apply."""

    part: str
    about: Key
    message: str
    because_of: str = ""


@dataclass(frozen=True)
class Evidence:
    """What is known of a cluster.

    * C(now): the cluster's time in seconds since the epoch; C(ahead): by how many seconds it is before the controller's clock.
    * C(api_resources): what C(/api/v1) lists, subresources too; None when it was not to be had.
    * C(objects): by key; of Secrets and ConfigMaps nothing but their names.
    * C(read): group, kind and namespace (empty for all) of lists that were read to the end, so that what is not in them is not there.
    * C(planned): the part of each object of the plan; None without a plan. C(passing): those that go by themselves.
    * C(homes): the namespaces of the install.
    * C(issuer): of the cluster's own tokens, as its API server says it; empty when it does not.
    * C(gaps): what could not be read, and why.
    """

    now: float
    version: str = ""
    ahead: float | None = None
    api_resources: frozenset[str] | None = None
    objects: Mapping[Key, Item] = field(default_factory=dict)
    read: frozenset[tuple[str, str, str]] = frozenset()
    events: tuple[Event, ...] = ()
    logs: tuple[Log, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    made: tuple[Made, ...] = ()
    planned: Mapping[Key, str] | None = None
    passing: frozenset[Key] = frozenset()
    homes: frozenset[str] = frozenset()
    issuer: str = ""
    gaps: tuple[str, ...] = ()

    def of(self, group: str, kind: str) -> list[tuple[Key, Item]]:
        """Objects of a kind that are not about to go."""
        return [(key, item) for key, item in self._by_kind[group, kind] if not is_going(item)]

    @functools.cached_property
    def _by_kind(self) -> Mapping[tuple[str, str], list[tuple[Key, Item]]]:
        found: dict[tuple[str, str], list[tuple[Key, Item]]] = defaultdict(list)
        for key, item in self.objects.items():
            found[key.group, key.kind].append((key, item))
        return found

    def is_missing(self, key: Key) -> bool:
        """Whether an object is not there for certain."""
        listed = (key.group, key.kind, key.namespace) in self.read or (key.group, key.kind, "") in self.read
        return listed and key not in self.objects

    def owner(self, key: Key) -> Key:
        """The workload that made a pod or a ReplicaSet; the object itself where there is none that is known here."""
        for _step in range(4):
            item = self.objects.get(key)
            references = (item["metadata"].get("ownerReferences") or ()) if item else ()
            above = next((entry for entry in references if entry.get("controller")), None)
            if above is None:
                return key
            group = above["apiVersion"].rpartition("/")[0]
            if (group, above["kind"]) not in {*WORKLOADS, ("apps", "ReplicaSet")}:
                return key
            key = Key(group, above["kind"], key.namespace, above["name"])
        return key

    @functools.cached_property
    def _pods_by_owner(self) -> Mapping[Key, list[tuple[Key, Item]]]:
        found: dict[Key, list[tuple[Key, Item]]] = defaultdict(list)
        for key, item in self.of("", "Pod"):
            found[self.owner(key)].append((key, item))
        return found

    def pods_of(self, workload: Key) -> list[tuple[Key, Item]]:
        """The pods that a workload has made."""
        return self._pods_by_owner.get(workload, [])

    def age(self, item: Item) -> float:
        """Seconds since an object was made."""
        return self.now - seconds_or(item["metadata"].get("creationTimestamp"), self.now)

    # What is not as it should be

    def pod_is_well(self, pod: Item) -> bool:
        status = pod.get("status") or {}
        if status.get("phase") == "Succeeded":
            return True
        if not any(entry["type"] == "Ready" and entry["status"] == "True" for entry in status.get("conditions") or ()):
            return False
        for container in status.get("containerStatuses") or ():
            ended = (container.get("lastState") or {}).get("terminated") or {}
            started = ((container.get("state") or {}).get("running") or {}).get("startedAt")
            again = container.get("restartCount", 0) >= _FLAPPING_RESTARTS and ended.get("exitCode")
            if again and self.now - seconds_or(started, self.now) < _FLAPPING_SECONDS:
                return False
        return True

    def is_ours(self, key: Key) -> bool:
        """Whether an object may belong to the install: of what is in no namespace, only what the plan holds does for certain."""
        if key.namespace:
            return True
        return key.kind == "ClusterIssuer" if self.planned is None else key in self.planned

    @functools.cached_property
    def unwell(self) -> Mapping[Key, str]:
        """Objects that are not as they should be, and why in the words of readiness; pods are told by their workload."""
        found: dict[Key, str] = {}
        for key, item in self.objects.items():
            if is_going(item) or (key.group, key.kind) not in _JUDGED or not self.is_ours(key):
                continue
            if (key.group, key.kind) == ("batch", "Job") and (item.get("spec") or {}).get("suspend"):
                continue
            status = status_of(key.group, key.kind, item, Seen())
            if status.state != "Current":
                found[key] = status.message
        for key, pod in self.of("", "Pod"):
            owner = self.owner(key)
            if owner not in found and not self.pod_is_well(pod) and not self._is_over(owner):
                found[owner] = f"{key} is {(pod.get('status') or {}).get('phase', 'Pending')}"
        for refusal in self.refusals:
            found.setdefault(refusal.about, refusal.message)
        return found

    def _is_over(self, owner: Key) -> bool:
        """A Job that has completed is, whatever became of the pods before its last."""
        item = self.objects.get(owner)
        return owner.kind == "Job" and item is not None and status_of(owner.group, owner.kind, item, Seen()).state == "Current"

    @functools.cached_property
    def unwell_pods(self) -> list[tuple[Key, Item]]:
        return [(key, pod) for key, pod in self.of("", "Pod") if not self.pod_is_well(pod) and not self._is_over(self.owner(key))]

    # What is said of it

    @functools.cached_property
    def current_events(self) -> tuple[Event, ...]:
        """Events that still say something: about objects that are there and not as they should be, and not about what is over."""
        return tuple(event for event in self.events if self.now - event.last < _EVENT_SECONDS and self._is_current(event))

    def _is_current(self, event: Event) -> bool:
        item = self.objects.get(event.about)
        if item is None or is_going(item):
            return False
        if event.about.kind == "Pod":
            if self.pod_is_well(item):
                return False
            status = item.get("status") or {}
            if event.reason in BEFORE_CONTAINERS:
                return not status.get("podIP") and not has_begun(item)
            if event.reason == "FailedScheduling":
                return not (item.get("spec") or {}).get("nodeName")
            return True
        owner = self.owner(event.about)
        if event.reason == "FailedCreate":
            return owner in self.unwell and self._lacks_pods(event.about, item)
        return owner in self.unwell or (event.about.group, event.about.kind) not in _JUDGED

    def _lacks_pods(self, key: Key, item: Item) -> bool:
        status, spec = item.get("status") or {}, item.get("spec") or {}
        if key.kind == "Job":
            return not status.get("active") and not status.get("succeeded")
        if key.kind == "DaemonSet":
            return bool(status.get("currentNumberScheduled", 0) < status.get("desiredNumberScheduled", 1))
        return bool(status.get("replicas", 0) < spec.get("replicas", 1))

    # What belongs together

    @functools.cached_property
    def answering(self) -> frozenset[tuple[str, str]]:
        """Services with a ready endpoint."""
        slices = {(key.namespace, key.name): dict(item) for key, item in self._by_kind["discovery.k8s.io", "EndpointSlice"]}
        return ready_services(slices)

    def behind(self, service: tuple[str, str]) -> list[Key]:
        """The workloads behind a Service, by its selector."""
        item = self.objects.get(Key("", "Service", *service))
        selector = ((item or {}).get("spec") or {}).get("selector")
        if not selector:
            return []
        return [key for key, labels in self._templates[service[0]] if selects({"matchLabels": selector}, labels)]

    @functools.cached_property
    def _templates(self) -> Mapping[str, list[tuple[Key, Mapping[str, str]]]]:
        found: dict[str, list[tuple[Key, Mapping[str, str]]]] = defaultdict(list)
        for group, kind in WORKLOADS:
            for key, item in self.of(group, kind):
                template = pod_template({**item, "apiVersion": f"{group}/v1", "kind": kind}) or {}
                found[key.namespace].append((key, (template.get("metadata") or {}).get("labels") or {}))
        return found

    @functools.cached_property
    def webhooks(self) -> tuple[Webhook, ...]:
        return tuple(
            webhook
            for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
            for _key, item in self.of("admissionregistration.k8s.io", kind)
            for webhook in webhooks_of({**item, "apiVersion": "admissionregistration.k8s.io/v1", "kind": kind})
        )

    def certificate_of(self, secret: Key) -> Key | None:
        """The Certificate that a Secret comes from."""
        for key, item in self.of("cert-manager.io", "Certificate"):
            if key.namespace == secret.namespace and (item.get("spec") or {}).get("secretName") == secret.name:
                return key
        return None

    def maker(self, key: Key) -> Key | None:
        """What makes a ConfigMap or Secret: a Certificate, or a controller's Deployment."""
        certificate = self.certificate_of(key) if key.kind == "Secret" else None
        return certificate or maker_of(key, self.made)

    @functools.cached_property
    def held(self) -> tuple[tuple[Refusal, tuple[Key, ...]], ...]:
        """Refusals with the objects that they name: what an object waited for in vain when it was to be applied."""
        named = {str(key): key for key in {*self.objects, *(self.planned or {})}}
        found = []
        for refusal in self.refusals:
            keys = []
            for kind, name in _NAMED.findall(f"{refusal.because_of} {refusal.message}"):
                text = f"{kind} {name.rstrip('.')}"
                key = named.get(text)
                if key is None and kind in ("ConfigMap", "Secret", "Service") and "/" in name:
                    # One that somebody is to make.
                    key = Key("", kind, *name.rstrip(".").split("/", 1))
                if key is not None and key != refusal.about:
                    keys.append(key)
            found.append((refusal, tuple(dict.fromkeys(keys))))
        return tuple(found)

    def logs_of(self, workload: Key) -> Iterator[Log]:
        return (log for log in self.logs if self.owner(log.pod) == workload)


def goes_by_itself(item: Item) -> bool:
    """A Job with a time to live, once it has completed."""
    return item["kind"] == "Job" and "ttlSecondsAfterFinished" in (item.get("spec") or {})


def has_begun(pod: Item) -> bool:
    """Whether any container of a pod has ever been started."""
    for status in container_statuses(pod):
        state = status.get("state") or {}
        if "running" in state or "terminated" in state or status.get("restartCount"):
            return True
    return False


def objects_by_key(items: list[dict[str, Any]]) -> dict[Key, Item]:
    return {key_of(item): item for item in items}
