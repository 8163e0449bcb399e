# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a wait looks at: every kind of the plan, and the pods, ReplicaSets and events where the plan's workloads are."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .._client.discovery import Resource, Resources
from .._client.endpoints import endpoint_slices_path, ready_services
from .._client.http import ApiError, Client
from .._client.parallel import in_parallel
from .._client.watch import Objects, Reflector
from .._common.deadline import Deadline
from .._objects.objects import Key, is_going, key_of
from .._objects.webhooks import Webhook
from .._render.plan import Plan
from .events import Event, Events
from .judge import OwnRules, needs_content
from .pod_failures import Declared
from .rule import Item, Seen
from .sidecar import injectors

KEEP_RUNNING = {("apps", kind) for kind in ("Deployment", "StatefulSet", "DaemonSet")}
"""Kinds whose pods are to stay up; those of Jobs end."""
WORKLOADS = {*KEEP_RUNNING, ("batch", "Job")}
_RBAC = "rbac.authorization.k8s.io"
_INJECTING = ("admissionregistration.k8s.io", "MutatingWebhookConfiguration")
_REVISION = "deployment.kubernetes.io/revision"


@dataclass(frozen=True)
class Expected:
    """One object of the plan; C(resource) is None when the cluster does not know its kind."""

    part: str
    key: Key
    resource: Resource | None


@dataclass(frozen=True)
class View:
    """The cluster at one moment, as pure data."""

    live: Mapping[Resource, Objects]
    unreadable: Mapping[Resource, str]
    """Why objects of a kind cannot be read."""
    seen: Seen
    pods: list[Item]
    replica_sets: Mapping[str, Item]
    """By UID, of each its metadata alone."""
    injectors: list[Webhook]

    def of(self, expected: Expected) -> Item | None:
        """An object of the plan as it is live."""
        if expected.resource is None:
            return None
        return self.live[expected.resource].get((expected.key.namespace, expected.key.name))

    @functools.cached_property
    def _pods_by_owner(self) -> Mapping[str, list[Item]]:
        found: dict[str, list[Item]] = {}
        for pod in self.pods:
            if not is_going(pod):
                found.setdefault(controller_of(pod), []).append(pod)
        return found

    @functools.cached_property
    def _replica_sets_by_owner(self) -> Mapping[str, list[Item]]:
        found: dict[str, list[Item]] = {}
        for item in self.replica_sets.values():
            found.setdefault(controller_of(item), []).append(item)
        return found

    def replica_sets_of(self, workload: Item) -> list[Item]:
        return self._replica_sets_by_owner.get(workload["metadata"]["uid"], [])

    def pods_of(self, workload: Item) -> list[Item]:
        """The pods that a workload has made and that are not about to go, by C(ownerReferences)."""
        owners = (workload["metadata"]["uid"], *(item["metadata"]["uid"] for item in self.replica_sets_of(workload)))
        return [pod for uid in owners for pod in self._pods_by_owner.get(uid, ())]

    def newest_pods_of(self, workload: Item) -> list[Item]:
        """Without those of a Deployment's former templates, which go."""
        revision = (workload["metadata"].get("annotations") or {}).get(_REVISION)
        old = {
            item["metadata"]["uid"]
            for item in self.replica_sets_of(workload)
            if revision and (item["metadata"].get("annotations") or {}).get(_REVISION) != revision
        }
        return [pod for pod in self.pods_of(workload) if controller_of(pod) not in old]


def controller_of(item: Item) -> str:
    """UID of what made an object, or an empty string."""
    return next((str(owner["uid"]) for owner in item["metadata"].get("ownerReferences") or () if owner.get("controller")), "")


class Watched:
    """Of kinds that have no status only the names, since they are ready once they exist.

    :arg own: the user's own rules.
    :arg changed: called when something has changed, from any thread.
    """

    def __init__(self, client: Client, plan: Plan, own: OwnRules, deadline: Deadline, changed: Callable[[], None]) -> None:
        """:raises ApiError: when the API server refuses, or does not answer until the deadline."""
        resources = Resources.discover(client, (item for part in plan.parts for item in part.objects), deadline)
        self.expected = [Expected(part.name, resources.live_key(item), resources.of(item)) for part in plan.parts for item in part.objects]
        self.declared = declared_keys(item for part in plan.parts for item in part.objects)
        self.events = Events()

        def reflector(path: str, *, metadata_only: bool = False) -> Reflector:
            return Reflector(client, path, changed, metadata_only=metadata_only)

        self._kinds = {
            resource: reflector(resource.collection, metadata_only=not needs_content(resource, own))
            for resource in {expected.resource for expected in self.expected if expected.resource}
        }
        (slices,) = in_parallel([functools.partial(endpoint_slices_path, client, deadline)], deadline)
        self._slices = reflector(slices)
        # Nearly every plan has some.
        self._namespaces = self._of_kind("", "Namespace") or reflector("/api/v1/namespaces")
        profiles = self._of_kind("kubeflow.org", "Profile")
        bindings = f"/apis/{_RBAC}/v1/rolebindings"
        self._bindings = (self._of_kind(_RBAC, "RoleBinding") or reflector(bindings, metadata_only=True)) if profiles else None

        # Istio may be there from elsewhere.
        configurations = f"/apis/{_INJECTING[0]}/v1/mutatingwebhookconfigurations"
        self._injectors = self._of_kind(*_INJECTING) or reflector(configurations)

        def homes(kinds: set[tuple[str, str]]) -> list[str]:
            keys = (expected.key for expected in self.expected)
            return sorted({key.namespace for key in keys if (key.group, key.kind) in kinds and key.namespace})

        self._pods = [reflector(f"/api/v1/namespaces/{home}/pods") for home in homes(WORKLOADS)]
        self._replica_sets = [
            reflector(f"/apis/apps/v1/namespaces/{home}/replicasets", metadata_only=True) for home in homes({("apps", "Deployment")})
        ]
        judged = {(resource.group, resource.kind) for resource in self._kinds if needs_content(resource, own)}
        self._told = [reflector(f"/api/v1/namespaces/{home}/events") for home in homes(judged)]
        self._taken: dict[tuple[str, str], Event] = {}

    def _of_kind(self, group: str, kind: str) -> Reflector | None:
        return next((found for resource, found in self._kinds.items() if (resource.group, resource.kind) == (group, kind)), None)

    def _needed(self) -> Iterator[Reflector]:
        yield from (*self._kinds.values(), *self._pods, *self._replica_sets)
        yield from {
            found
            for found in (self._slices, self._namespaces, self._bindings, self._injectors)
            if found and found not in self._kinds.values()
        }

    def start(self, deadline: Deadline) -> None:
        """:raises ApiError: when a list is refused or has no answer until the deadline."""

        def hint(reflector: Reflector) -> bool:
            try:
                reflector.start(deadline)
            except ApiError:
                # Without events the verdicts still stand; their causes are told less well.
                return False
            return True

        starts: list[Callable[[], object]] = [functools.partial(reflector.start, deadline) for reflector in self._needed()]
        starts += [functools.partial(hint, reflector) for reflector in self._told]
        in_parallel(starts, deadline)

    def stop(self) -> None:
        for reflector in (*self._needed(), *self._told):
            reflector.stop()

    @property
    def refusal(self) -> str:
        """Why something cannot be seen any more, or an empty string."""
        return next((reflector.refusal for reflector in self._needed() if reflector.refusal), "")

    def take_events(self) -> list[Event]:
        """Those that are new since it was asked last, which C(events) then knows."""
        new = list[Event]()
        for reflector in self._told:
            for name, event in reflector.objects().items():
                if self._taken.get(name) is not event:
                    self._taken[name] = event
                    self.events.take(event)
                    new.append(event)
        return new

    def view(self) -> View:
        """The cluster now."""
        live = {resource: reflector.objects() for resource, reflector in self._kinds.items()}
        return View(
            live,
            {resource: reflector.unreadable for resource, reflector in self._kinds.items() if reflector.unreadable},
            Seen(
                ready_services(self._slices.objects()),
                self._namespaces.objects(),
                self._bindings.objects() if self._bindings else None,
            ),
            [pod for reflector in self._pods for pod in reflector.objects().values()],
            {item["metadata"]["uid"]: item for reflector in self._replica_sets for item in reflector.objects().values()},
            injectors(self._injectors.objects().values()),
        )


def declared_keys(objects: Iterable[dict[str, Any]]) -> Declared:
    """What the ConfigMaps and Secrets of a plan hold."""
    found = {}
    for item in objects:
        key = key_of(item)
        if key.group == "" and key.kind in ("ConfigMap", "Secret"):
            fields = (item.get(field) or {} for field in ("data", "binaryData", "stringData"))
            found[key] = frozenset(name for field in fields for name in field)
    return found
