# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A cluster for tests of removal, small plans of toys, and their user's objects."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cluster_snapshot import settles_as, snapshot
from conftest import Cluster, Ran, SpareCluster, embedded_cluster, write_plan
from test_apply import config_map, crd, deployment, service, space, thing, webhook
from waiting import until

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.deadline import Deadline

Thing = dict[str, Any]
FINALIZER = "example.com/hold"
GROUP = "toys.example.com"
KINDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def own_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SpareCluster]:
    """A cluster of this module alone: an uninstall is about all that is installed."""
    with embedded_cluster(tmp_path_factory.mktemp("whole"), f"pytest-{secrets.token_hex(4)}") as (kubeconfig, hosts, state):
        yield SpareCluster(kubeconfig, hosts, state)


def left_bare(whole: SpareCluster) -> Iterator[SpareCluster]:
    """The same, and nothing on it before and after."""
    before = snapshot(whole)
    yield whole
    for name in ("user", "strangers"):
        leave(whole, name)
    # A namespace in which something still had a finalizer is looked at again after 8 seconds (pkg/controller/namespace, finalizerEstimateSeconds).
    ended = uninstall(whole, delete_data=True, clear_finalizers=True, stall_timeout=30)
    assert not ended.failed, ended["msg"]
    settles_as(whole, before)


def uninstall(cluster: Cluster, **arguments: Any) -> Ran:
    how = {name: arguments.pop(name) for name in ("check",) if name in arguments}
    # The namespace controller waits for 5 seconds before it begins (pkg/controller/namespace, namespaceDeletionGracePeriod).
    return cluster.module("uninstall", {"timeout": 60, "stall_timeout": 15, **arguments}, **how)


def toy_kind() -> Thing:
    return crd(GROUP, "Toy", "v1")


def toys(namespace: str) -> str:
    return f"/apis/{GROUP}/v1/namespaces/{namespace}/toys"


def toy(name: str, *finalizers: str) -> Thing:
    return {"apiVersion": f"{GROUP}/v1", "kind": "Toy", "metadata": {"name": name, "finalizers": [*finalizers]}, "spec": {}}


def users_toy(cluster: Cluster, *finalizers: str) -> str:
    """One of the kind of the plan, in a namespace of its user."""
    if cluster.get("/api/v1/namespaces/user") is None:
        cluster.create("/api/v1/namespaces", space("user"))
    # A kind that was made, removed and made again answers 429 for a moment.
    cluster.client.request("POST", toys("user"), body=toy("mine", *finalizers), deadline=Deadline(20))
    return f"{toys('user')}/mine"


def let_go(cluster: Cluster, path: str) -> None:
    cluster.patch(path, {"metadata": {"finalizers": None}})


def leave(cluster: Cluster, name: str = "user") -> None:
    """The user goes, too."""
    cluster.delete(f"/api/v1/namespaces/{name}")
    until(lambda: cluster.get(f"/api/v1/namespaces/{name}") is None, 30)


def install(cluster: Cluster, folder: Path, **parts: list[Thing]) -> None:
    requires = {"b": ["a"]} if "b" in parts else {}
    ran = cluster.apply(write_plan(folder, **parts), requires=requires)
    assert not ran.failed, ran["msg"]


def small() -> list[Thing]:
    role = thing("rbac.authorization.k8s.io/v1", "ClusterRole", "toys", rules=[])
    return [space("lab"), toy_kind(), deployment("lab", "controller"), config_map("lab", "thing"), service("lab", "controller"), role]


def slow(seconds: int) -> Thing:
    """Fields of a pod that takes so long for its end, and might take twice as long."""
    container = {"name": "main", "image": "example.com/main:1", "lifecycle": {"preStop": {"sleep": {"seconds": seconds}}}}
    return {"containers": [container], "terminationGracePeriodSeconds": 2 * seconds}


def is_there(cluster: Cluster, kind: str, name: str, namespace: str = "lab") -> bool:
    group = "/apis/apps/v1" if kind == "deployments" else "/api/v1"
    return cluster.get(f"{group}/namespaces/{namespace}/{kind}/{name}") is not None


def claim(namespace: str, name: str) -> Thing:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}
    return thing("v1", "PersistentVolumeClaim", name, namespace, spec=spec)


def guard(namespace: str) -> Thing:
    """A fail-closed webhook about toys, of which nobody can be asked."""
    found = webhook(namespace, name="absent")
    rule = {"apiGroups": [GROUP], "apiVersions": ["*"], "operations": ["DELETE"], "resources": ["toys"]}
    found["webhooks"][0].update(rules=[rule], namespaceSelector={})
    found["webhooks"][0]["clientConfig"].pop("caBundle")
    return found
