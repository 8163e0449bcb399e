# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What holds objects taken away, on request: finalizers of controllers that do not answer, and conversions by servers that are gone.

Kubernetes' own finalizers stay: it answers them itself, and without them data would be lost or pods left behind. A namespace is freed by what
is in it, object by object, and never by its C(finalize) subresource, which would leave them as orphans that nobody can list.
"""

from __future__ import annotations

from collections.abc import Iterable

from .._client.discovery import CRDS, Resource, conversion_service, list_metadata, stored_version
from .._client.http import ApiError, Client
from .._common.deadline import Deadline
from .._inventory.installed import Installed
from .deleting import Remaining
from .look import Live, key_of_metadata
from .stuck import held_in

_MERGE = "application/merge-patch+json"
# meta/v1: FinalizerOrphanDependents, FinalizerDeleteDependents; apiextensions: CustomResourceCleanupFinalizer.
_OWN = ("foregroundDeletion", "orphan", "customresourcecleanup.apiextensions.k8s.io")


def foreign(finalizers: Iterable[str]) -> list[str]:
    """Those that are not Kubernetes' own: its names end with C(kubernetes.io), like C(batch.kubernetes.io/job-tracking)."""
    return [name for name in finalizers if name not in _OWN and not f".{name.partition('/')[0]}".endswith(".kubernetes.io")]


def clear(client: Client, installed: Installed, remaining: Remaining, deadline: Deadline) -> list[str]:
    """Take away what holds an object that is being deleted.

    :returns: what was done, for people; empty when there is nothing that may be taken away.
    :raises ApiError: when the API server refuses, or does not answer until the deadline.
    """
    entry = remaining.object
    done: list[str] = []
    if remaining.refusal is not None:
        return done
    if (entry.key.group, entry.key.kind) == (CRDS.group, CRDS.kind):
        done += convert_nothing(client, entry.key.name, deadline)
        done += _clear_instances(client, installed, entry.key.name, deadline)
    elif (entry.key.group, entry.key.kind) == ("", "Namespace"):
        for live in held_in(client, installed.served, entry.key.name):
            done += _clear_one(client, live, deadline)
    live = Live(entry.key, entry.resource, remaining.metadata)
    return done + _clear_one(client, live, deadline)


def convert_nothing(client: Client, crd: str, deadline: Deadline) -> list[str]:
    """Let objects of a kind that goes be read as they are stored, whoever converts them being gone.

    :returns: what was done, for people.
    """
    path = CRDS.path("", crd)
    try:
        live = client.get(path, deadline=deadline)
        service = conversion_service(live)
        if not service:
            return []
        change = {"spec": {"conversion": {"strategy": "None", "webhook": None}}}
        client.request("PATCH", path, body=change, content_type=_MERGE, deadline=deadline)
    except ApiError as error:
        if error.status == 404:
            return []
        raise
    return [f"CustomResourceDefinition {crd}: its objects are not converted by Service {'/'.join(service)} any more"]


def _clear_instances(client: Client, installed: Installed, crd: str, deadline: Deadline) -> list[str]:
    plural, _dot, group = crd.partition(".")
    resource = installed.served.by_plural(plural, group)
    if resource is None:
        return []
    used, items = list_metadata(client, resource, deadline)
    done = []
    for item in items:
        if item["metadata"].get("deletionTimestamp"):
            done += _clear_one(client, Live(key_of_metadata(used, item["metadata"]), used, item["metadata"]), deadline)
    return done


def _clear_one(client: Client, live: Live, deadline: Deadline) -> list[str]:
    resource: Resource = live.resource
    try:
        try:
            metadata = client.get(resource.path(live.key.namespace, live.key.name), deadline=deadline)["metadata"]
        except ApiError as error:
            if error.status != 500:
                raise
            resource = stored_version(client, resource, deadline)
            metadata = client.get(resource.path(live.key.namespace, live.key.name), deadline=deadline)["metadata"]
        held_by = foreign(metadata.get("finalizers") or ())
        if not held_by or not metadata.get("deletionTimestamp") or metadata["uid"] != live.uid:
            return []
        rest = [name for name in metadata["finalizers"] if name not in held_by]
        change = {"metadata": {"finalizers": rest, "resourceVersion": metadata["resourceVersion"]}}
        path = resource.path(live.key.namespace, live.key.name)
        client.request("PATCH", path, body=change, content_type=_MERGE, deadline=deadline)
    except ApiError as error:
        if error.status in (404, 409):
            # Gone; or changed, and then there is a next time.
            return []
        raise
    return [f"{live.key}: finalizers {', '.join(held_by)} taken away"]
