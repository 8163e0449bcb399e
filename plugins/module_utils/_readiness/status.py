# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether an object is as it should be, in the words of kstatus (sigs.k8s.io/cli-utils/pkg/kstatus).

Pure functions of objects as the API server gives them. Keyed by group and kind: there are two kinds Certificate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from .._objects.objects import is_filled

State = Literal["Current", "InProgress", "Failed", "NotFound"]


@dataclass(frozen=True)
class Status:
    """C(message) is for people, and empty when the state is Current."""

    state: State
    message: str = ""


CURRENT = Status("Current")
NOT_FOUND = Status("NotFound", "is not there")


def _progress(message: str) -> Status:
    return Status("InProgress", message)


def _conditions(item: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {condition["type"]: condition for condition in (item.get("status") or {}).get("conditions") or ()}


def _not_observed(item: Mapping[str, Any]) -> str:
    """Whether the status is about an older generation than the spec."""
    generation, observed = item["metadata"].get("generation"), (item.get("status") or {}).get("observedGeneration")
    if generation is None:
        return ""
    return "" if observed == generation else f"its controller has seen generation {observed or 'none'} of {generation}"


def _condition(type_: str, *, observed: bool = True) -> Callable[[Mapping[str, Any]], Status]:
    """Current when the condition is True. One that should be there and is not is not ready."""

    def judge(item: Mapping[str, Any]) -> Status:
        condition = _conditions(item).get(type_)
        if not condition:
            return _progress(f"has no condition {type_} yet")
        if condition["status"] != "True":
            return _progress(
                ": ".join(part for part in (f"{type_} is {condition['status']}", condition.get("reason"), condition.get("message")) if part)
            )
        seen = condition.get("observedGeneration")
        if observed and seen is not None and seen != item["metadata"].get("generation"):
            return _progress(f"{type_} is about generation {seen} of {item['metadata'].get('generation')}")
        return CURRENT

    return judge


def _deployment(item: Mapping[str, Any]) -> Status:
    stale = _not_observed(item)
    if stale:
        return _progress(stale)
    status, wanted = item.get("status") or {}, (item.get("spec") or {}).get("replicas", 1)
    # ProgressDeadlineExceeded alone is not final: a slow image pull gets past it.
    progressing = _conditions(item).get("Progressing") or {}
    late = f"; {progressing['message']}" if progressing.get("reason") == "ProgressDeadlineExceeded" else ""
    for field, what in (("replicas", "made"), ("updatedReplicas", "updated"), ("availableReplicas", "available")):
        if status.get(field, 0) < wanted:
            return _progress(f"{status.get(field, 0)} of {wanted} replicas {what}{late}")
    if status.get("replicas", 0) > status.get("updatedReplicas", 0):
        return _progress(f"{status['replicas'] - status.get('updatedReplicas', 0)} old replicas are still there")
    return CURRENT


def _stateful_set(item: Mapping[str, Any]) -> Status:
    stale = _not_observed(item)
    if stale:
        return _progress(stale)
    spec, status = item.get("spec") or {}, item.get("status") or {}
    wanted = spec.get("replicas", 1)
    if status.get("readyReplicas", 0) < wanted:
        return _progress(f"{status.get('readyReplicas', 0)} of {wanted} replicas ready")
    strategy = spec.get("updateStrategy") or {}
    partition = (strategy.get("rollingUpdate") or {}).get("partition") or 0
    if strategy.get("type") == "OnDelete":
        return CURRENT
    if status.get("updatedReplicas", status.get("currentReplicas", 0)) < wanted - partition and status.get("currentRevision") != status.get(
        "updateRevision"
    ):
        return _progress(f"{status.get('updatedReplicas', 0)} of {wanted - partition} replicas updated")
    return CURRENT


def _daemon_set(item: Mapping[str, Any]) -> Status:
    stale = _not_observed(item)
    if stale:
        return _progress(stale)
    status = item.get("status") or {}
    wanted = status.get("desiredNumberScheduled")
    if wanted is None:
        return _progress("not scheduled yet")
    for field, what in (("currentNumberScheduled", "scheduled"), ("updatedNumberScheduled", "updated"), ("numberAvailable", "available")):
        if status.get(field, 0) < wanted:
            return _progress(f"{status.get(field, 0)} of {wanted} pods {what}")
    return CURRENT


def _job(item: Mapping[str, Any]) -> Status:
    conditions = _conditions(item)
    if conditions.get("Failed", {}).get("status") == "True":
        return Status("Failed", f"{conditions['Failed'].get('reason', 'Failed')}: {conditions['Failed'].get('message', '')}".rstrip(": "))
    return CURRENT if conditions.get("Complete", {}).get("status") == "True" else _progress("has not completed")


def _claim(item: Mapping[str, Any]) -> Status:
    phase = (item.get("status") or {}).get("phase", "Pending")
    if phase == "Lost":
        return Status("Failed", "its volume is lost")
    return CURRENT if phase == "Bound" else _progress(f"is {phase}: no volume is bound to it")


def _crd(item: Mapping[str, Any]) -> Status:
    names = _conditions(item).get("NamesAccepted") or {}
    if names.get("status") == "False":
        return Status("Failed", f"its names are taken: {names.get('message', '')}")
    return _condition("Established")(item)


def _namespace(item: Mapping[str, Any]) -> Status:
    phase = (item.get("status") or {}).get("phase")
    return CURRENT if phase == "Active" else _progress(f"is {phase}")


_JUDGES: dict[tuple[str, str], Callable[[Mapping[str, Any]], Status]] = {
    ("apps", "Deployment"): _deployment,
    ("apps", "StatefulSet"): _stateful_set,
    ("apps", "DaemonSet"): _daemon_set,
    ("batch", "Job"): _job,
    ("", "PersistentVolumeClaim"): _claim,
    ("", "Namespace"): _namespace,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _crd,
    ("apiregistration.k8s.io", "APIService"): _condition("Available"),
    ("cert-manager.io", "Certificate"): _condition("Ready"),
    ("cert-manager.io", "Issuer"): _condition("Ready"),
    ("cert-manager.io", "ClusterIssuer"): _condition("Ready"),
}

WEBHOOK_CONFIGS = (
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
)


def has_status(group: str, kind: str) -> bool:
    """Whether existing is not enough for this kind."""
    return (group, kind) in _JUDGES or (group, kind) in WEBHOOK_CONFIGS


def status_of(group: str, kind: str, item: Mapping[str, Any] | None, ready_services: frozenset[tuple[str, str]] = frozenset()) -> Status:
    """The status of an object as it is live; None is never ready."""
    if item is None:
        return NOT_FOUND
    if item["metadata"].get("deletionTimestamp"):
        return _progress("is being deleted")
    if (group, kind) in WEBHOOK_CONFIGS:
        callers = [(f"webhook {webhook['name']}", webhook.get("clientConfig") or {}) for webhook in item.get("webhooks") or ()]
        return _callable(callers, ready_services)
    status = _JUDGES.get((group, kind), _exists)(item)
    if status == CURRENT and kind == "CustomResourceDefinition" and len(item["spec"].get("versions") or ()) > 1:
        # Objects cannot even be listed while their conversion is down. With one version it is never called, and some are never set up.
        conversion = (item["spec"].get("conversion") or {}).get("webhook") or {}
        return _callable([("conversion webhook", conversion.get("clientConfig") or {})], ready_services)
    return status


def _exists(_item: Mapping[str, Any]) -> Status:
    return CURRENT


def _callable(callers: Iterable[tuple[str, Mapping[str, Any]]], ready_services: frozenset[tuple[str, str]]) -> Status:
    """Whether the API server can call the services, each given with its name and client configuration."""
    for name, client_config in callers:
        service = client_config.get("service")
        if service and (service["namespace"], service["name"]) not in ready_services:
            return _progress(f"{name}: Service {service['namespace']}/{service['name']} has no ready endpoint")
        if service and not is_filled(client_config.get("caBundle")):
            return _progress(f"{name}: its caBundle is not filled in")
    return CURRENT
