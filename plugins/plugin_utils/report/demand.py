# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the objects of a part ask of a cluster: CPU, memory, pods, storage; and which images they bring."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...module_utils._objects.demand import claims_of, pods_of
from ...module_utils._objects.objects import pod_template, split_version
from .model import Requests

Thing = dict[str, Any]


def requests_of(objects: Iterable[Thing], nodes: int) -> Requests:
    """The sum over all pods and claims that the objects make by themselves.

    What webhooks add to pods, and what controllers make of custom resources, is not in the plan.
    """
    some = list(objects)
    total = Requests()
    for pods in pods_of(some, nodes):
        total += Requests(cpu=float(pods.cpu * pods.count), memory=int(pods.memory * pods.count), pods=pods.count)
    for claims in claims_of(some, nodes):
        total += Requests(claims=claims.count, storage=claims.storage * claims.count)
    return total


def images_of(objects: Iterable[Thing]) -> list[str]:
    """Images of all containers, each once."""
    found: set[str] = set()
    for item in objects:
        spec = (pod_template(item) or {}).get("spec") or {}
        for name in ("initContainers", "containers"):
            found |= {str(container["image"]) for container in spec.get(name) or () if container.get("image")}
    return sorted(found)


def is_secret(item: Thing) -> bool:
    """Whether it is a Secret with contents of its own: those of others are filled by controllers."""
    return (split_version(item["apiVersion"])[0], item["kind"]) == ("", "Secret") and bool(item.get("data") or item.get("stringData"))
