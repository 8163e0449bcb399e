# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How soon everything could be ready if only what really has to come first did, and everything but pulling images took no time."""

from __future__ import annotations

import heapq
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.graph import Graph
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.objects import Key, pod_template


@dataclass(frozen=True)
class Pod:
    """Images in the order in which the node pulls them."""

    node: str
    images: tuple[str, ...]


@dataclass(frozen=True)
class Link:
    """An object that is there (a workload: ready) after C(seconds), and what it waited for last."""

    key: Key
    seconds: float
    after: Key | None


def needs_of(graph: Graph) -> dict[Key, set[Key]]:
    """What each object waits for, directly; what makes Secrets and caBundles of Certificates is added."""
    needs = {
        key: {opener for gate in gates for opener in graph.openers(gate) if opener in graph.gates} for key, gates in graph.gates.items()
    }
    makers = {key for key in needs if key.kind == "Deployment" and key.namespace == "cert-manager"}
    for key in needs:
        # Nobody waits for a Certificate but for the Secret or the caBundle that is made of it, by cert-manager's own pods.
        if (key.group, key.kind) == ("cert-manager.io", "Certificate"):
            needs[key] |= makers
    return needs


def pods_of(workloads: Mapping[Key, dict[str, Any]], live: Iterable[dict[str, Any]]) -> dict[Key, list[Pod]]:
    """The live pods of each workload, by the labels of its template: with their nodes, and the sidecars that they were given."""
    found: dict[Key, list[Pod]] = defaultdict(list)
    for pod in live:
        labels = (pod["metadata"].get("labels") or {}).items()
        spec = pod["spec"]
        images = tuple(container["image"] for container in [*(spec.get("initContainers") or ()), *spec["containers"]])
        for key, item in workloads.items():
            wanted = (pod_template(item) or {}).get("metadata", {}).get("labels") or {}
            if key.namespace == pod["metadata"]["namespace"] and wanted and wanted.items() <= labels:
                found[key].append(Pod(spec.get("nodeName", ""), images))
                break
    return found


def schedule(needs: Mapping[Key, set[Key]], pods: Mapping[Key, list[Pod]], seconds_of: Callable[[str], float]) -> dict[Key, Link]:
    """When each object is there at the earliest.

    A pod pulls its images one after the other, a node pulls for all its pods at once, and pulls no image twice.
    """
    left = {key: set(some) for key, some in needs.items()}
    waiting: dict[Key, list[Key]] = defaultdict(list)
    for key, some in needs.items():
        for opener in some:
            waiting[opener].append(key)
    on_node: dict[tuple[str, str], float] = {}
    unready = {key: len(pods.get(key, ())) for key in needs}
    links: dict[Key, Link] = {}
    last: dict[Key, Key] = {}
    number = itertools.count()
    # Time, then for a pod its workload, itself, and how many of its images are there.
    events: list[tuple[float, int, Key, Pod | None, int]] = []
    for key in (key for key, some in left.items() if not some):
        heapq.heappush(events, (0.0, next(number), key, None, 0))
    while events:
        now, _number, key, pod, pulled = heapq.heappop(events)
        if pod is None and unready[key]:
            for one in pods[key]:
                heapq.heappush(events, (now, next(number), key, one, 0))
            continue
        if pod is not None and pulled < len(pod.images):
            image = pod.images[pulled]
            end = on_node.setdefault((pod.node, image), now + seconds_of(image))
            heapq.heappush(events, (max(now, end), next(number), key, pod, pulled + 1))
            continue
        if pod is not None:
            unready[key] -= 1
            if unready[key]:
                continue
        links[key] = Link(key, now, last.get(key))
        for other in waiting[key]:
            left[other].discard(key)
            if not left[other]:
                last[other] = key
                heapq.heappush(events, (now, next(number), other, None, 0))
    return links


def longest_chain(links: Mapping[Key, Link]) -> list[Link]:
    """The links that end last, first link first; those that take no time are left out."""
    chain = [max(links.values(), key=lambda link: link.seconds)]
    while chain[-1].after is not None:
        chain.append(links[chain[-1].after])
    chain.reverse()
    return [link for link, before in zip(chain, [None, *chain], strict=False) if link.seconds > (before.seconds if before else 0)]
