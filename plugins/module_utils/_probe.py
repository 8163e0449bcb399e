# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Proof that a webhook for pods works: a pod that is sent with C(dryRun=All) and never made.

An endpoint that is ready says that the provider runs, not that the API server already calls it: its own view of the
webhook configurations lags behind. Nobody refuses a pod that slips through, so this is asked before a workload is sent.

PRIVATE: for the modules of this collection only.
"""

from __future__ import annotations

from typing import Any

from ._client import ApiError, Client
from ._refusals import is_uncallable_webhook

# A mutating webhook may have nothing to change in this pod; the API server's view is never this far behind.
SETTLED_SECONDS = 10.0


def pod_webhook_works(client: Client, namespace: str, template: dict[str, Any], *, mutating: bool, live_seconds: float) -> str:
    """Why not yet, or an empty string.

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
