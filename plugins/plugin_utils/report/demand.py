# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the objects of a part ask of a cluster: CPU, memory, pods, storage; and which images they bring."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from ...module_utils._objects.objects import key_of, pod_template, split_version
from ...module_utils._objects.quantity import parse_quantity
from .model import Requests

Thing = dict[str, Any]


def requests_of(objects: Iterable[Thing], nodes: int) -> Requests:
    """The sum over all pods and claims that the objects make by themselves.

    A DaemonSet is counted once for each of C(nodes), a CronJob not at all: its pods come and go. What webhooks add to pods, and what
    controllers make of custom resources, is not in the plan.
    """
    some = list(objects)
    least = _least_replicas(some)
    total = Requests()
    for item in some:
        template = pod_template(item)
        if item["kind"] == "PersistentVolumeClaim":
            total += _claim(item)
        elif template is not None and item["kind"] != "CronJob":
            pods = _pods(item, nodes, least)
            cpu, memory = _pod(template.get("spec") or {})
            total += Requests(cpu=float(cpu * pods), memory=int(memory * pods), pods=pods)
            for claim in (item.get("spec") or {}).get("volumeClaimTemplates") or ():
                for _pod_of_it in range(pods):
                    total += _claim(claim)
    return total


def images_of(objects: Iterable[Thing]) -> list[str]:
    """Images of all containers, each once."""
    found: set[str] = set()
    for item in objects:
        spec = (pod_template(item) or {}).get("spec") or {}
        for name in ("initContainers", "containers"):
            found |= {str(container["image"]) for container in spec.get(name) or () if container.get("image")}
    return sorted(found)


def _least_replicas(objects: Iterable[Thing]) -> dict[tuple[str, str, str], int]:
    """Where a HorizontalPodAutoscaler has the say, a workload has no fewer pods than its least."""
    found = {}
    for item in objects:
        if item["kind"] == "HorizontalPodAutoscaler":
            spec = item.get("spec") or {}
            target = spec.get("scaleTargetRef") or {}
            where = (target.get("kind", ""), item["metadata"].get("namespace") or "", target.get("name", ""))
            found[where] = int(spec.get("minReplicas") or 1)
    return found


def _pods(item: Thing, nodes: int, least: Mapping[tuple[str, str, str], int]) -> int:
    spec, kind = item.get("spec") or {}, item["kind"]
    if kind == "DaemonSet":
        return nodes
    if kind == "Pod":
        return 1
    # A missing number is 1 in all of them, and a 0 is meant.
    given = spec.get("parallelism" if kind == "Job" else "replicas")
    wanted = 1 if given is None else int(given)
    key = key_of(item)
    return max(wanted, least.get((kind, key.namespace, key.name), 0)) if wanted else 0


def _pod(spec: Mapping[str, Any]) -> tuple[Decimal, Decimal]:
    """CPU and memory that a scheduler sets aside for a pod.

    Containers and sidecars run together; init containers one after the other, each beside the sidecars before it.
    Source: KEP-753, section "Resources calculation for scheduling and pod admission".
    """
    found = []
    for resource in ("cpu", "memory"):
        sidecars = peak = Decimal(0)
        for container in spec.get("initContainers") or ():
            asked = _asked(container, resource)
            if container.get("restartPolicy") == "Always":
                sidecars += asked
                peak = max(peak, sidecars)
            else:
                peak = max(peak, sidecars + asked)
        running = sum((_asked(container, resource) for container in spec.get("containers") or ()), sidecars)
        found.append(max(running, peak) + (parse_quantity((spec.get("overhead") or {}).get(resource, 0)) or Decimal(0)))
    return found[0], found[1]


def _asked(container: Mapping[str, Any], resource: str) -> Decimal:
    """The API server takes a limit for the request where there is none (SetDefaults_Pod, pkg/apis/core/v1/defaults.go)."""
    resources = container.get("resources") or {}
    for name in ("requests", "limits"):
        given = (resources.get(name) or {}).get(resource)
        if given is not None:
            return parse_quantity(given) or Decimal(0)
    return Decimal(0)


def _claim(item: Mapping[str, Any]) -> Requests:
    asked = (((item.get("spec") or {}).get("resources") or {}).get("requests") or {}).get("storage", 0)
    return Requests(claims=1, storage=int(parse_quantity(asked) or 0))


def is_secret(item: Thing) -> bool:
    """Whether it is a Secret with contents of its own: those of others are filled by controllers."""
    return (split_version(item["apiVersion"])[0], item["kind"]) == ("", "Secret") and bool(item.get("data") or item.get("stringData"))
