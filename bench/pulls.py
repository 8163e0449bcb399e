# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""With images that take 20 to 60 s to be pulled: the whole install beside the longest chain of what really has to come first."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.graph import Graph
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.made import Made
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.view import Observer
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.connection import connect
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.discovery import Resources
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.deadline import Deadline
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.objects import Key, key_of, pod_template, to_send

from .cluster import BenchError, Cluster
from .ideal import Link, longest_chain, needs_of, pods_of, schedule
from .once import installed
from .plan import Plan

SHORTEST, LONGEST = 20, 60


def pull_seconds(image: str) -> int:
    """Between 20 and 60, always the same for an image."""
    return SHORTEST + int(hashlib.sha256(image.encode()).hexdigest(), 16) % (LONGEST - SHORTEST + 1)


def images_of(value: Any) -> set[str]:
    """Every image that an object names, wherever: sidecars come from templates in ConfigMaps, as pods of the plan name them too."""
    if isinstance(value, dict):
        own = {value["image"]} if isinstance(value.get("image"), str) else set()
        return own.union(*map(images_of, value.values()))
    return set().union(*map(images_of, value)) if isinstance(value, list) else set()


def chain_on(cluster: Cluster, plan: Plan, seconds_of: Callable[[str], float]) -> list[Link]:
    """The longest chain, with pods where they were scheduled and with the sidecars that they were given."""
    client = connect({"kubeconfig": str(cluster.kubeconfig)})
    written = json.loads(plan.objects.read_text())
    resources = Resources.discover(client, written, Deadline(60))
    objects: dict[Key, dict[str, Any]] = {}
    for item in written:
        resource = resources.of(item)
        if resource is None:
            raise BenchError(f"{key_of(item)} is of a kind that the cluster does not know")
        sent = to_send(item, namespaced=resource.namespaced)
        objects[key_of(sent)] = sent
    observer = Observer(client, lambda: None)
    observer.start(Deadline(60))
    try:
        made = tuple(Made(**entry) for entry in plan.prepared.made_by_controllers)
        graph = Graph(objects, resources, observer.view(frozenset()), made)
    finally:
        observer.stop()
    workloads = {key: item for key, item in objects.items() if pod_template(item) is not None}
    pods = pods_of(workloads, client.get("/api/v1/pods")["items"])
    return longest_chain(schedule(needs_of(graph), pods, seconds_of))


def run(folder: Path, plan: Plan, keep: Callable[[dict[str, Any]], None], say: Callable[[str], None]) -> None:
    release = plan.prepared.release
    times = {image: pull_seconds(image) for image in sorted(images_of(json.loads(plan.objects.read_text())))}
    usual = (SHORTEST + LONGEST) / 2
    settings = {"cluster_kwok_pull_seconds": usual, "cluster_kwok_pull_seconds_by_image": times}
    with installed(folder / f"{release}-pulls", plan, **settings) as found:
        chain = chain_on(found.cluster, plan, lambda image: times.get(image, usual))
    record = {
        "release": release,
        "images": len(times),
        "seconds": found.measured.seconds,
        "ready_seconds": found.ready_seconds,
        "chain_seconds": chain[-1].seconds,
        "ratio": round(found.ready_seconds / chain[-1].seconds, 3),
        "chain": [{"object": str(link.key), "seconds": link.seconds} for link in chain],
    }
    say(f"{release} with pulls: ready after {found.ready_seconds} s, longest chain {chain[-1].seconds} s, ratio {record['ratio']}")
    keep(record)
