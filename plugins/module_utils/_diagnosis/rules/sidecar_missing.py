# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pods without Istio's sidecar in namespaces that want it."""

from __future__ import annotations

from collections.abc import Iterator

from ..evidence import Evidence, Item
from ..rule import Match, rule

_LABEL = "sidecar.istio.io/inject"


def see(evidence: Evidence) -> Iterator[Match]:
    for key, pod in evidence.of("", "Pod"):
        space = evidence.objects.get(key._replace(kind="Namespace", namespace="", name=key.namespace))
        labels = (space["metadata"].get("labels") or {}) if space else {}
        wanted = labels.get("istio-injection") == "enabled" or "istio.io/rev" in labels
        if not wanted or (pod.get("status") or {}).get("phase") != "Running" or _has_one(pod) or _opted_out(pod):
            continue
        owner = evidence.owner(key)
        if (evidence.planned is None and key.namespace in evidence.homes) or owner in (evidence.planned or {}):
            yield Match(
                owner,
                (f"{key} has no container istio-proxy, and namespace {key.namespace} wants one in each pod",),
                words={"workload": str(owner)},
            )


def _has_one(pod: Item) -> bool:
    spec = pod.get("spec") or {}
    return any(container["name"] == "istio-proxy" for container in (*(spec.get("containers") or ()), *(spec.get("initContainers") or ())))


def _opted_out(pod: Item) -> bool:
    """By label or annotation (istio.io, Sidecar Injection), or since its network is the node's."""
    metadata = pod["metadata"]
    given = (metadata.get("labels") or {}).get(_LABEL) or (metadata.get("annotations") or {}).get(_LABEL)
    return given == "false" or bool((pod.get("spec") or {}).get("hostNetwork"))


rule(
    __name__,
    see,
    cause="Pods run without Istio's sidecar where their namespace wants one: they were made before the injector was there, and others "
    "refuse them (RBAC: access denied).",
    remedy="Make them anew: kubectl rollout restart of {workload}.",
    shown="a pod without istio-proxy in a namespace with istio-injection: enabled; RBAC: access denied",
)
