# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Gates that look open, tried by a request."""

from __future__ import annotations

from typing import Any

from .._client.discovery import CRDS, plurals_of
from .._client.http import METADATA_LIST, ApiError, Client
from .._client.refusals import is_uncallable_webhook
from .._objects.objects import is_going
from .gates import CrdGate, GoneGate, KindsGate
from .going import why_going

# A mutating webhook may have nothing to change in this pod; the API server's view is never this far behind.
SETTLED_SECONDS = 10.0
# On a busy API server a new kind takes a while; then it is worth reading the CRD, which may be large.
_LATE_SECONDS = 5.0


def unserved_reason(client: Client, gate: CrdGate, applied_seconds: float) -> str:
    """Why objects of a CRD cannot be sent yet, or an empty string.

    Its Established condition says less: the API server answers 404 for a moment after it.

    :arg applied_seconds: how long the CRD has been applied.
    :raises ApiError: when the API server cannot tell at the moment.
    """
    try:
        client.get(gate.collection, query={"limit": 1}, accept=METADATA_LIST)
    except ApiError as error:
        if error.transient:
            raise
        # Any other refusal comes from behind the point where the kind has to be known.
        if error.status == 404:
            return _unserved_reason_of(client, gate.name, gate.version) if applied_seconds >= _LATE_SECONDS else "not served yet"
    return ""


def undiscovered_reason(client: Client, gate: KindsGate, applied_seconds: float) -> str:
    """Why controllers would not find all kinds of a part yet, or an empty string.

    :arg applied_seconds: how long their CRDs have been applied.
    :raises ApiError: when the API server cannot tell at the moment.
    """
    found = plurals_of(client, gate.group, gate.version)
    missing = next((name for name in gate.crds if name.partition(".")[0] not in found), None)
    if not missing:
        return ""
    reason = _unserved_reason_of(client, missing, gate.version) if applied_seconds >= _LATE_SECONDS else "not served yet"
    return reason if len(gate.crds) == 1 else f"{missing}: {reason}"


def _unserved_reason_of(client: Client, name: str, version: str) -> str:
    try:
        crd = client.get(CRDS.path("", name))
    except ApiError as error:
        return f"not served yet, and it cannot be read: {error.message}"
    if not any(entry["name"] == version and entry["served"] for entry in crd["spec"]["versions"]):
        return f"{version} is not among the versions that it serves"
    conditions = {condition["type"]: condition for condition in (crd.get("status") or {}).get("conditions") or ()}
    for name in ("NamesAccepted", "Established"):
        if conditions.get(name, {}).get("status") != "True":
            return f"not {name}: {conditions.get(name, {}).get('message', 'no such condition yet')}"
    return "not served yet"


def remaining_reason(client: Client, gate: GoneGate) -> str:
    """What still holds an object that is being deleted, or an empty string once it is gone.

    :raises ApiError: when the API server cannot tell at the moment.
    """
    try:
        live = client.get(gate.path)
    except ApiError as error:
        if error.transient:
            raise
        return "" if error.status == 404 else f"{gate.key}: {error.message}"
    return why_going(live) if live["metadata"].get("uid") == gate.uid and is_going(live) else ""


def pod_webhook_fault(client: Client, namespace: str, template: dict[str, Any], *, mutating: bool, live_seconds: float) -> str:
    """Why a webhook for pods does not work yet, or an empty string. A pod is sent with C(dryRun=All) and never made.

    An endpoint that is ready says that the provider runs, not that the API server already calls it: its own view of the
    webhook configurations lags behind. Nobody refuses a pod that slips through, so this is asked before a workload is sent.

    :arg template: pod template of a workload that waits for the webhook.
    :arg mutating: whether the webhook is expected to change the pod.
    :arg live_seconds: how long the webhook's configuration has been live.
    :raises ApiError: when the API server cannot tell at the moment.
    """
    # Labels alone choose the webhooks; annotations could tell the webhook to leave the pod as it is.
    labels = (template.get("metadata") or {}).get("labels") or {}
    # Without what the namespace may not have yet: the account, volumes.
    declared = (template.get("spec") or {}).get("containers") or ()
    containers = [{name: container[name] for name in ("name", "image") if name in container} for container in declared]
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"generateName": "kubeflow-gate-", "namespace": namespace, "labels": labels},
        "spec": {"containers": containers, "automountServiceAccountToken": False},
    }
    try:
        made = client.request("POST", f"/api/v1/namespaces/{namespace}/pods", query={"dryRun": "All"}, body=pod)
    except ApiError as error:
        # Pod Security and quotas judge after the webhooks, so their refusal is a proof too.
        if error.transient:
            raise
        not_reached = is_uncallable_webhook(error) or "service account" in error.message
        return error.message if not_reached else ""
    if not mutating or live_seconds >= SETTLED_SECONDS or _mutated(pod, made):
        return ""
    return "the API server does not call it yet"


def _mutated(sent: dict[str, Any], made: dict[str, Any]) -> bool:
    names = [
        {container.get("name") for container in (*spec["containers"], *(spec.get("initContainers") or ()))}
        for spec in (sent["spec"], made["spec"])
    ]
    return names[0] != names[1] or bool(made["metadata"].get("annotations"))
