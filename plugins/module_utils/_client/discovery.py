# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where the API server keeps a kind: discovery, completed by the CRDs of the plan."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .._common.deadline import Deadline
from .._objects.objects import Key, group_resource, key_of, split_version
from .http import METADATA_LIST, ApiError, Client
from .parallel import in_parallel
from .refusals import is_unreadable_kind


@dataclass(frozen=True)
class Resource:
    """One served resource; C(planned) when only a CRD of the plan says so yet. C(has_status): it has a subresource C(status)."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool
    planned: bool = False
    has_status: bool = False

    @property
    def collection(self) -> str:
        """Path of all its objects, over all namespaces."""
        return f"{_root(self.group, self.version)}/{self.plural}"

    @property
    def name(self) -> str:
        """C(deployments.apps), C(pods)."""
        return group_resource(self.group, self.plural)

    def live(self, key: Key) -> Key:
        """The key that an object of a manifest is live under: some give a namespace to a kind that has none, some leave it out."""
        return key._replace(namespace=(key.namespace or "default") if self.namespaced else "")

    def path(self, namespace: str, name: str) -> str:
        """Path of one object."""
        scope = f"/namespaces/{namespace}" if self.namespaced else ""
        return f"{_root(self.group, self.version)}{scope}/{self.plural}/{name}"


# A kind that was made just now has no cache for about a second.
_CACHE_SECONDS = 5.0
CRDS = Resource("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", namespaced=False)


def _root(group: str, version: str) -> str:
    return f"/apis/{group}/{version}" if group else f"/api/{version}"


class Resources:
    """The resources of the group-versions that a plan uses."""

    def __init__(self, found: dict[tuple[str, str, str], Resource]) -> None:
        self._found = found

    def of(self, item: dict[str, Any]) -> Resource | None:
        """The resource of an object, or None when neither the cluster nor the plan knows its kind."""
        group, version = split_version(item["apiVersion"])
        return self._found.get((group, version, item["kind"]))

    def live_key(self, item: dict[str, Any]) -> Key:
        """The key under which an object of a manifest is live; as it is written where its kind is not known."""
        resource = self.of(item)
        return resource.live(key_of(item)) if resource else key_of(item)

    @classmethod
    def discover(cls, client: Client, objects: Iterable[dict[str, Any]], deadline: Deadline) -> Resources:
        """Ask the API server for each group-version of C(objects), and add what their CRDs will serve.

        :raises ApiError: when the API server refuses, or does not answer until the deadline.
        """
        objects = list(objects)
        planned = {entry: resource for item in objects for entry, resource in _of_crd(item)}
        versions = sorted({split_version(item["apiVersion"]) for item in objects})

        def served(group_version: tuple[str, str]) -> list[Resource]:
            try:
                return _served(client, *group_version, deadline)
            except ApiError as error:
                if error.status == 404:
                    return []
                raise

        answers = in_parallel([functools.partial(served, version) for version in versions], deadline)
        live = {(found.group, found.version, found.kind): found for resources in answers for found in resources}
        return cls({**planned, **live})


def _served(client: Client, group: str, version: str, deadline: Deadline) -> list[Resource]:
    answer = client.get(_root(group, version), deadline=deadline)
    names = {entry["name"] for entry in answer["resources"]}
    return [
        Resource(group, version, entry["kind"], entry["name"], entry["namespaced"], has_status=f"{entry['name']}/status" in names)
        for entry in answer["resources"]
        if "/" not in entry["name"]
    ]


def plurals_of(client: Client, group: str, version: str) -> set[str]:
    """The resources that discovery tells of now; none when it does not know the version.

    :raises ApiError: when the API server refuses, or does not answer.
    """
    try:
        return {entry["name"] for entry in client.get(_root(group, version))["resources"]}
    except ApiError as error:
        if error.status == 404:
            return set()
        raise


def _of_crd(item: dict[str, Any]) -> list[tuple[tuple[str, str, str], Resource]]:
    if item["kind"] != "CustomResourceDefinition":
        return []
    try:
        spec = item["spec"]
        names, group = spec["names"], spec["group"]
        # v1beta1 may name a single version at the top.
        versions = list(spec.get("versions") or ()) or [{"name": spec["version"]}]
        namespaced = spec.get("scope") != "Cluster"
        hash((group, names["kind"], names["plural"], *(version["name"] for version in versions)))
        return [
            (
                (group, version["name"], names["kind"]),
                Resource(
                    *(group, version["name"], names["kind"], names["plural"], namespaced),
                    planned=True,
                    # v1beta1 may say it for all versions at the top.
                    has_status="status" in (version.get("subresources") or spec.get("subresources") or {}),
                ),
            )
            for version in versions
        ]
    except (AttributeError, KeyError, TypeError):
        # No CRD, whatever it calls itself; the API server will say so.
        return []


def find_kinds(client: Client, group_kinds: Iterable[str], deadline: Deadline) -> list[Resource]:
    """The resources of kinds (C(Deployment.apps)) in whatever version the API server prefers; those it does not serve are left out."""
    found: list[Resource] = []
    for entry in group_kinds:
        kind, _dot, group = entry.partition(".")
        try:
            version = client.get(f"/apis/{group}", deadline=deadline)["preferredVersion"]["version"] if group else "v1"
            found.extend(resource for resource in _served(client, group, version, deadline) if resource.kind == kind)
        except ApiError as error:
            if error.status != 404:
                raise
    return found


def conversion_service(crd: Mapping[str, Any]) -> tuple[str, str] | None:
    """Namespace and name of the Service of a kind's conversion webhook; None where there is none."""
    conversion = crd["spec"].get("conversion") or {}
    if conversion.get("strategy") != "Webhook":
        return None
    # v1 has webhook.clientConfig, v1beta1 webhookClientConfig.
    client_config = (conversion.get("webhook") or {}).get("clientConfig") or conversion.get("webhookClientConfig") or {}
    service = client_config.get("service")
    return (service["namespace"], service["name"]) if service else None


def stored_version(client: Client, resource: Resource, deadline: Deadline) -> Resource:
    """A custom resource in the version that it is stored in, which needs no conversion."""
    crd = client.get(CRDS.path("", resource.name), deadline=deadline)
    version = next(entry["name"] for entry in crd["spec"]["versions"] if entry["storage"])
    return dataclasses.replace(resource, version=version)


@dataclass
class Served:
    """Every kind that the API server lists, each in one version: the preferred one of its group where that has it."""

    resources: list[Resource]
    unreadable: dict[str, str] = field(default_factory=dict)
    """Group-versions that discovery names and does not tell about, with why: the server behind an APIService is gone."""

    def by_plural(self, plural: str, group: str) -> Resource | None:
        return next((resource for resource in self.resources if (resource.plural, resource.group) == (plural, group)), None)


def served_kinds(client: Client, deadline: Deadline) -> Served:
    """Ask the API server for all that it has, a request for each group-version.

    :raises ApiError: when the API server refuses, or does not answer until the deadline.
    """
    groups = client.get("/apis", deadline=deadline)["groups"]
    versions = [("", "v1"), *((group["name"], version["version"]) for group in groups for version in _preferred_first(group))]

    def ask(group: str, version: str) -> list[dict[str, Any]] | str:
        try:
            # An APIService whose server is gone is answered with 503 for good, so that is no reason to ask again.
            answer = client.get(_root(group, version), deadline=deadline if not group else None)
        except ApiError as error:
            if error.status in (404, 503):
                return "" if error.status == 404 else error.message
            raise
        return list(answer["resources"])

    answers = in_parallel([functools.partial(ask, *version) for version in versions], deadline)
    found: dict[tuple[str, str], Resource] = {}
    unreadable: dict[str, str] = {}
    for (group, version), answer in zip(versions, answers, strict=True):
        if isinstance(answer, str):
            if answer:
                unreadable[f"{group}/{version}"] = answer
            continue
        for entry in answer:
            if "/" not in entry["name"] and {"list", "delete"} <= set(entry.get("verbs") or ()):
                resource = Resource(group, version, entry["kind"], entry["name"], entry["namespaced"])
                found.setdefault((group, entry["name"]), resource)
    return Served(list(found.values()), unreadable)


def _preferred_first(group: dict[str, Any]) -> list[dict[str, Any]]:
    preferred = group["preferredVersion"]["version"]
    return sorted(group["versions"], key=lambda version: version["version"] != preferred)


def list_metadata(
    client: Client, resource: Resource, deadline: Deadline, *, labels: str = "", namespace: str = ""
) -> tuple[Resource, list[dict[str, Any]]]:
    """The metadata of all objects of a kind, with the version that they were read in; none when the API server does not know the kind any more.

    Where the webhook that converts a custom resource cannot be called, the list is read in the version that is stored.

    :arg labels: a label selector.
    :arg namespace: that namespace alone.
    :raises ApiError: when the API server refuses, or does not answer until the deadline.
    """
    return list_kind(client, resource, deadline, labels=labels, namespace=namespace, accept=METADATA_LIST)


def list_kind(
    client: Client, resource: Resource, deadline: Deadline, *, labels: str = "", namespace: str = "", accept: str = "application/json"
) -> tuple[Resource, list[dict[str, Any]]]:
    """All objects of a kind, as C(list_metadata) in all else.

    :arg accept: how much of them.
    """
    query = {"labelSelector": labels} if labels else None

    def ask(resource: Resource) -> tuple[Resource, list[dict[str, Any]]]:
        path = resource.path(namespace, "").rstrip("/") if namespace else resource.collection
        # A cache that cannot be filled is answered with 429 for good.
        soon = Deadline(min(_CACHE_SECONDS, deadline.remaining))
        try:
            return resource, list(client.get(path, query=query, accept=accept, deadline=soon).get("items") or ())
        except ApiError as error:
            if not error.transient or is_unreadable_kind(error) or deadline.expired:
                raise
        return resource, list(client.get(path, query=query, accept=accept, deadline=deadline).get("items") or ())

    try:
        return ask(resource)
    except ApiError as error:
        if error.status in (404, 405):
            return resource, []
        if not is_unreadable_kind(error):
            raise
        return ask(stored_version(client, resource, deadline))
