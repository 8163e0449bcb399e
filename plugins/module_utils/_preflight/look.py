# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One look at a cluster, for all checks: each kind is read once, all at a time."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .._client.clock import clock_of
from .._client.endpoints import ready_services
from .._client.http import ApiError, Client
from .._client.pages import pages
from .._client.parallel import in_parallel
from .._common.deadline import Deadline
from .._inventory.applysets import PART_OF
from .._objects.objects import group_resource, is_going

Item = Mapping[str, Any]

# Group and plural, as in a ClusterRole. Of the second tuple the names only: contents are none of our business, or tens of megabytes.
_WHOLE = (
    ("", "namespaces"),
    ("", "nodes"),
    ("", "pods"),
    ("", "services"),
    ("", "persistentvolumeclaims"),
    ("", "resourcequotas"),
    ("", "limitranges"),
    ("apps", "deployments"),
    ("apps", "daemonsets"),
    ("storage.k8s.io", "storageclasses"),
    ("storage.k8s.io", "csidrivers"),
    ("discovery.k8s.io", "endpointslices"),
    ("admissionregistration.k8s.io", "mutatingwebhookconfigurations"),
    ("admissionregistration.k8s.io", "validatingwebhookconfigurations"),
    ("apiregistration.k8s.io", "apiservices"),
)
_NAMES = (
    ("", "secrets"),
    ("apiextensions.k8s.io", "customresourcedefinitions"),
    ("scheduling.k8s.io", "priorityclasses"),
)
_LEASES = "leases.coordination.k8s.io"
GROWING = ("karpenter.sh", "eks.amazonaws.com")
"""API groups of what adds nodes by itself: Karpenter."""
SIMULATED = "kwok.x-k8s.io/node"
"""Annotation of a node that KWOK simulates."""


@dataclass(frozen=True)
class Look:
    """What is on the cluster.

    * C(now): the API server's time; C(ahead): by how many seconds it is before ours, None when it does not tell.
    * C(core): what C(GET /api/v1) lists, subresources too; C(groups): the served versions of each group, the preferred one first.
    * C(found): by resource, as C(deployments.apps). C(gaps): what could not be read, and why.
    """

    now: float = 0.0
    ahead: float | None = None
    core: frozenset[str] = frozenset()
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    found: Mapping[str, tuple[Item, ...]] = field(default_factory=dict)
    gaps: Mapping[str, ApiError] = field(default_factory=dict)

    def of(self, resource: str) -> tuple[Item, ...]:
        """All objects of a resource; none when the cluster does not have the kind.

        :raises ApiError: when it could not be read.
        """
        if resource in self.gaps:
            raise self.gaps[resource]
        return self.found.get(resource, ())

    @functools.cached_property
    def namespaces(self) -> Mapping[str, Mapping[str, str]]:
        """Labels of the namespaces that are there and stay, by name."""
        return {name_of(item): item["metadata"].get("labels") or {} for item in self.of("namespaces") if not is_going(item)}

    @functools.cached_property
    def answering(self) -> frozenset[tuple[str, str]]:
        """Services with a ready endpoint.

        :raises ApiError: when it could not be read.
        """
        items = self.of("endpointslices.discovery.k8s.io")
        return ready_services({(item["metadata"]["namespace"], name_of(item)): dict(item) for item in items})

    @property
    def simulated(self) -> bool:
        """Whether nodes are simulated by KWOK: no program runs there, so none can be looked for."""
        nodes = self.found.get("nodes") or ()
        return bool(nodes) and all(SIMULATED in (node["metadata"].get("annotations") or {}) for node in nodes)


def name_of(item: Item) -> str:
    return str(item["metadata"]["name"])


def is_ours(item: Item) -> bool:
    """Whether a run has applied it: KEP-3659's label."""
    return PART_OF in (item["metadata"].get("labels") or {})


def look_at(client: Client, deadline: Deadline) -> Look:
    """Read it all. What cannot be read is a gap.

    :raises ApiError: when discovery is refused, without which nothing can be asked for.
    """
    headers, _content = client.read("/version", deadline=deadline)
    now, ahead = clock_of(headers)
    core, groups = in_parallel(
        [functools.partial(client.get, path, deadline=deadline) for path in ("/api/v1", "/apis")],
        deadline,
    )
    served = {group["name"]: _versions(group) for group in groups.get("groups") or ()}
    found: dict[str, tuple[Item, ...]] = {}
    gaps: dict[str, ApiError] = {}

    def read(resource: str, path: str, names: bool) -> None:
        try:
            found[resource] = tuple(pages(client, path, deadline, names=names))
        except ApiError as error:
            # A kind that its group does not have in this version of Kubernetes.
            if error.status != 404:
                gaps[resource] = error

    wanted = [(*entry, False) for entry in _WHOLE] + [(*entry, True) for entry in _NAMES]
    calls = []
    for group, plural, names in wanted:
        if not group or group in served:
            root = f"/apis/{group}/{served[group][0]}" if group else "/api/v1"
            calls.append(functools.partial(read, group_resource(group, plural), f"{root}/{plural}", names))
    calls.append(functools.partial(read, _LEASES, "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases", False))
    in_parallel(calls, deadline)
    return Look(now, ahead, frozenset(entry["name"] for entry in core.get("resources") or ()), served, found, gaps)


def _versions(group: Mapping[str, Any]) -> tuple[str, ...]:
    preferred = group["preferredVersion"]["version"]
    return (preferred, *(entry["version"] for entry in group["versions"] if entry["version"] != preferred))
