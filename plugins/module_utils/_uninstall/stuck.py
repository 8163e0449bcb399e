# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why an object does not go: what the cluster says of it, and what to do about it."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Any

from .._apply.going import why_going
from .._client.discovery import CRDS, Resource, Served, conversion_service, list_metadata
from .._client.http import ApiError, Client
from .._client.parallel import in_parallel
from .._client.refusals import is_uncallable_webhook, stranger_in
from .._common.deadline import Deadline
from .._common.naming import option_name
from .._common.words import few
from .._inventory.installed import Installed
from .deleting import Remaining
from .doomed import Stuck
from .look import Live, key_of_metadata

_API_SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices"


class Evidence:
    """Looks at what is stuck. Each look ends by itself soon."""

    def __init__(self, client: Client, installed: Installed) -> None:
        self._client, self._installed = client, installed

    def of(self, remaining: Remaining) -> Stuck:
        """What is known of one that is left."""
        entry = remaining.object
        part = "" if isinstance(entry, Live) else entry.part
        if remaining.refusal is not None:
            return Stuck(part, str(entry.key), f"it cannot be deleted: {remaining.refusal.message}", _remedy_for(remaining.refusal))
        try:
            item = self._client.get(entry.path if not isinstance(entry, Live) else entry.resource.path(entry.key.namespace, entry.key.name))
        except ApiError as error:
            item = {"metadata": {"deletionTimestamp": "some time", **remaining.metadata}}
            if error.status == 404:
                return Stuck(part, str(entry.key), "it has gone just now", "Run this again.")
        if not item["metadata"].get("deletionTimestamp"):
            return Stuck(part, str(entry.key), "it was not deleted, although what it belongs to was", "Look at who holds its owner.")
        why = why_going(item)
        if entry.key.kind == "Namespace" and not entry.key.group:
            return self._namespace(part, str(entry.key), entry.key.name, why)
        if (entry.key.group, entry.key.kind) == (CRDS.group, CRDS.kind):
            return self._kind(part, str(entry.key), item, why)
        if entry.key.kind == "Pod" and not item["metadata"].get("finalizers"):
            return self._pod(part, str(entry.key), item, why)
        controllers = self._controllers(part)
        if controllers:
            why += f"; its controllers: {controllers}"
        return Stuck(part, str(entry.key), why, _mend("the controller that has to answer the finalizer", item))

    def _pod(self, part: str, name: str, pod: Mapping[str, Any], why: str) -> Stuck:
        node = str((pod.get("spec") or {}).get("nodeName") or "")
        why += f"; its containers have not ended on node {node}"
        try:
            conditions = (self._client.get(f"/api/v1/nodes/{node}").get("status") or {}).get("conditions") or ()
            ready: Mapping[str, Any] = next((one for one in conditions if one["type"] == "Ready"), {})
            if ready.get("status") != "True":
                why += f", which is not ready: {ready.get('message') or 'its kubelet has said nothing'}"
        except ApiError as error:
            why += f", which cannot be read: {error.message}"
        return Stuck(
            part,
            name,
            why,
            f"Look at what its kubelet does (journalctl -u kubelet on {node}). If the node is gone for good, kubectl delete node {node} lets its "
            "pods go.",
        )

    def _controllers(self, part: str) -> str:
        """The state of a part's workloads; empty where the part is not known."""
        words = []
        found = self._installed.parts.get(part)
        for member in found.members if found else ():
            if member.key.kind in ("Deployment", "StatefulSet"):
                try:
                    item = self._client.get(member.path)
                except ApiError as error:
                    words.append(f"{member.key} is not there" if error.status == 404 else f"{member.key}: {error.message}")
                    continue
                status, wanted = item.get("status") or {}, (item.get("spec") or {}).get("replicas", 1)
                words.append(f"{member.key} has {status.get('readyReplicas') or 0} of {wanted} pods ready")
        return ", ".join(words)

    def _namespace(self, part: str, name: str, namespace: str, why: str) -> Stuck:
        holders = held_in(self._client, self._installed.served, namespace)
        if holders:
            shown = [f"{live.key} ({', '.join(live.metadata.get('finalizers') or ())})" for live in holders]
            why += f"; in it: {few(shown, 5)}"
        if dead := self._dead_services():
            names = ", ".join(dead)
            why += f"; APIServices that do not answer: {'; '.join(f'{service}: {words}' for service, words in dead.items())}"
            return Stuck(
                part,
                name,
                why,
                f"Mend what serves them, or delete them (kubectl delete apiservice {names.replace(',', '')}), and run this again.",
            )
        return Stuck(part, name, why, _mend("the controllers that have to answer the finalizers", None))

    def _dead_services(self) -> dict[str, str]:
        try:
            items = self._client.get(_API_SERVICES)["items"]
        except ApiError:
            return {}
        found = {}
        for item in items:
            conditions = (item.get("status") or {}).get("conditions") or ()
            bad = next((one for one in conditions if one["type"] == "Available" and one["status"] != "True"), None)
            if bad:
                found[item["metadata"]["name"]] = bad.get("message") or bad.get("reason") or "not available"
        return found

    def _kind(self, part: str, name: str, crd: Mapping[str, Any], why: str) -> Stuck:
        terminating = next((one for one in (crd.get("status") or {}).get("conditions") or () if one["type"] == "Terminating"), None)
        if terminating and terminating.get("message"):
            why += f"; {terminating['message']}"
        if service := conversion_service(crd):
            why += f"; its objects are converted by Service {'/'.join(service)}"
        return Stuck(part, name, why, _mend("what holds its objects, or the server of its conversion webhook", None))


def held_in(client: Client, served: Served, namespace: str) -> list[Live]:
    """Objects in a namespace that are being deleted and have finalizers; none of kinds that cannot be listed."""
    deadline = Deadline(10)

    def ask(resource: Resource) -> list[Live]:
        try:
            used, items = list_metadata(client, resource, deadline, namespace=namespace)
        except ApiError:
            return []
        return [
            Live(key_of_metadata(used, item["metadata"]), used, item["metadata"])
            for item in items
            if item["metadata"].get("deletionTimestamp") and item["metadata"].get("finalizers")
        ]

    answers = in_parallel([functools.partial(ask, resource) for resource in served.resources if resource.namespaced], deadline)
    return [live for some in answers for live in some]


def _mend(what: str, item: Mapping[str, Any] | None) -> str:
    finalizers = (item or {}).get("metadata", {}).get("finalizers") if item else None
    if finalizers == ["foregroundDeletion"]:
        return "Look at its pods: they have not ended. When they have, it goes by itself."
    return (
        f"Mend {what}, and run this again; or let them be taken away, if what they guard may be left as it is: "
        f"{option_name('clear_finalizers')}: true"
    )


def _remedy_for(error: ApiError) -> str:
    stranger = stranger_in(error)
    if error.status in (401, 403) and not stranger:
        return "Use credentials that may delete it, like those of cluster-admin."
    if is_uncallable_webhook(error):
        return f"Mend or delete the webhook configuration with {stranger or 'that webhook'}, and run this again."
    if stranger:
        return f"Ask who set up {stranger}; it refuses."
    return "Run this again when the API server accepts it."


def unreadable_kinds(client: Client, unreadable: Mapping[str, str], crds: Iterable[tuple[str, str, str]]) -> list[Stuck]:
    """Kinds whose objects could not be listed: their conversion webhook cannot be called.

    :arg crds: part, kind (C(Notebook.kubeflow.org)) and name of the CustomResourceDefinitions that go.
    """
    found = []
    for part, kind, name in crds:
        if kind not in unreadable:
            continue
        try:
            service = conversion_service(client.get(CRDS.path("", name)))
        except ApiError:
            service = None
        why = f"its objects cannot be listed: {unreadable[kind]}" + (
            f"; they are converted by Service {'/'.join(service)}" if service else ""
        )
        remedy = _mend(f"Service {'/'.join(service)}, which converts them" if service else "what converts them", None)
        found.append(Stuck(part, f"CustomResourceDefinition {name}", why, remedy))
    return found
