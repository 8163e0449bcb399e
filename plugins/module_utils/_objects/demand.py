# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What objects ask of a cluster: pods with their CPU and memory, and volumes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .objects import Key, key_of, pod_template
from .quantity import parse_quantity

Thing = dict[str, Any]
_NOTHING = Decimal(0)


@dataclass(frozen=True)
class Pods:
    """The pods that a workload makes by itself. C(cpu) in cores and C(memory) in bytes are of one pod; C(template) is what it is made by."""

    owner: Key
    count: int
    cpu: Decimal
    memory: Decimal
    template: Mapping[str, Any]


@dataclass(frozen=True)
class Claims:
    """Claims of one kind: of an object, or of a StatefulSet for each of its pods. C(storage) in bytes is of one claim.

    C(storage_class): None when it names none, and an empty text when it wants none.
    """

    owner: Key
    name: str
    count: int
    storage: int
    storage_class: str | None


def pods_of(objects: Iterable[Thing], nodes: int) -> Iterator[Pods]:
    """A DaemonSet counts once for each of C(nodes), a CronJob not at all: its pods come and go."""
    some = list(objects)
    least = _least_replicas(some)
    for item in some:
        template = pod_template(item)
        if template is not None and item["kind"] != "CronJob":
            cpu, memory = requested(template.get("spec") or {})
            yield Pods(key_of(item), _count(item, nodes, least), cpu, memory, template)


def claims_of(objects: Iterable[Thing], nodes: int) -> Iterator[Claims]:
    """What the objects claim of volumes, by C(volumeClaimTemplates) too."""
    some = list(objects)
    least = _least_replicas(some)
    for item in some:
        if item["kind"] == "PersistentVolumeClaim":
            yield _claim(key_of(item), item, 1)
        elif templates := (item.get("spec") or {}).get("volumeClaimTemplates"):
            count = _count(item, nodes, least)
            yield from (_claim(key_of(item), template, count) for template in templates)


def requested(spec: Mapping[str, Any]) -> tuple[Decimal, Decimal]:
    """CPU and memory that a scheduler sets aside for a pod.

    Containers and sidecars run together; init containers one after the other, each beside the sidecars before it.
    Source: KEP-753, section "Resources calculation for scheduling and pod admission".
    """
    found = []
    for resource in ("cpu", "memory"):
        sidecars = peak = _NOTHING
        for container in spec.get("initContainers") or ():
            asked = _asked(container, resource)
            if container.get("restartPolicy") == "Always":
                sidecars += asked
                peak = max(peak, sidecars)
            else:
                peak = max(peak, sidecars + asked)
        running = sum((_asked(container, resource) for container in spec.get("containers") or ()), sidecars)
        found.append(max(running, peak) + (parse_quantity((spec.get("overhead") or {}).get(resource, 0)) or _NOTHING))
    return found[0], found[1]


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


def _count(item: Thing, nodes: int, least: Mapping[tuple[str, str, str], int]) -> int:
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


def _asked(container: Mapping[str, Any], resource: str) -> Decimal:
    """The API server takes a limit for the request where there is none (SetDefaults_Pod, pkg/apis/core/v1/defaults.go)."""
    resources = container.get("resources") or {}
    for name in ("requests", "limits"):
        given = (resources.get(name) or {}).get(resource)
        if given is not None:
            return parse_quantity(given) or _NOTHING
    return _NOTHING


def storage_of(claim: Mapping[str, Any]) -> int:
    """Bytes that a claim asks for."""
    asked = (((claim.get("spec") or {}).get("resources") or {}).get("requests") or {}).get("storage", 0)
    return int(parse_quantity(asked) or 0)


def _claim(owner: Key, item: Mapping[str, Any], count: int) -> Claims:
    name = (item.get("metadata") or {}).get("name") or ""
    return Claims(owner, name, count, storage_of(item), (item.get("spec") or {}).get("storageClassName"))
