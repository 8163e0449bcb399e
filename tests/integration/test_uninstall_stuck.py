# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What holds an uninstall up is named, with what to do, and taken away where that is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import SpareCluster
from test_apply import config_map, crd, deployment, space, thing
from uninstalling import (
    FINALIZER,
    GROUP,
    KINDS,
    guard,
    install,
    is_there,
    left_bare,
    let_go,
    own_cluster,
    slow,
    small,
    uninstall,
    users_toy,
)
from waiting import until

whole, bare = pytest.fixture(scope="module")(own_cluster), pytest.fixture(left_bare)


def test_a_controller_that_never_answers_is_named_and_nothing_else_goes_until_it_is_asked_for(bare: SpareCluster, tmp_path: Path) -> None:
    install(bare, tmp_path, a=small())
    path = users_toy(bare, FINALIZER, "kubernetes.io/own")
    ran = uninstall(bare, stall_timeout=2)
    assert ran.failed
    (stuck,) = ran["stuck"]
    assert stuck["object"] == f"Toy.{GROUP} user/mine"
    assert f"held by finalizers {FINALIZER}" in stuck["why"] and "Deployment lab/controller has 1 of 1 pods ready" in stuck["why"]
    assert "clear_finalizers: true" in stuck["remedy"]
    assert is_there(bare, "deployments", "controller") and is_there(bare, "configmaps", "thing")
    # Kubernetes' own finalizer is its own.
    again = uninstall(bare, stall_timeout=2, clear_finalizers=True)
    assert again.failed
    assert again["cleared"] == [f"Toy.{GROUP} user/mine: finalizers {FINALIZER} taken away"]
    assert (bare.get(path) or {})["metadata"]["finalizers"] == ["kubernetes.io/own"]
    let_go(bare, path)
    last = uninstall(bare)
    assert not last.failed and last["empty"]


def test_pods_that_end_in_the_time_that_they_were_given_are_no_standstill(bare: SpareCluster, tmp_path: Path) -> None:
    install(bare, tmp_path, a=[space("lab"), deployment("lab", "requests-under-way", **slow(13))])
    # A stranger's goes with the namespace.
    bare.create("/api/v1/namespaces/lab/pods", thing("v1", "Pod", "anothers", "lab", spec=slow(13)))
    until(lambda: (bare.get("/api/v1/namespaces/lab/pods/anothers") or {})["status"]["phase"] == "Running", 30)
    ran = uninstall(bare, delete_data=True, stall_timeout=9)
    assert not ran.failed, ran["msg"]
    assert ran["empty"] and ran["seconds"] > 2 * 13


def test_a_pod_that_does_not_end_is_named_with_its_node(bare: SpareCluster, tmp_path: Path) -> None:
    install(bare, tmp_path, a=[space("lab"), deployment("lab", "hangs", **slow(600))])
    (pod,) = bare.client.get("/api/v1/namespaces/lab/pods")["items"]
    name, node = pod["metadata"]["name"], pod["spec"]["nodeName"]
    ran = uninstall(bare, timeout=5)
    assert ran.failed
    stuck = {entry["object"]: entry for entry in ran["stuck"]}
    assert f"its containers have not ended on node {node}" in stuck[f"Pod lab/{name}"]["why"]
    assert f"kubectl delete node {node}" in stuck[f"Pod lab/{name}"]["remedy"]
    assert "they have not ended" in stuck["Deployment lab/hangs"]["remedy"]
    assert "It came to an early end: the time of 5 s is over" in ran["msg"]
    bare.client.request("DELETE", f"/api/v1/namespaces/lab/pods/{name}", body={"gracePeriodSeconds": 0})


def test_a_webhook_of_ours_that_is_down_does_not_hold_what_it_is_asked_about(bare: SpareCluster, tmp_path: Path) -> None:
    install(bare, tmp_path, a=small())
    users_toy(bare)
    install(bare, tmp_path, a=[*small(), guard("lab")])
    bare.patch("/apis/apps/v1/namespaces/lab/deployments/controller", {"spec": {"replicas": 0}})
    ran = uninstall(bare, stall_timeout=10)
    assert not ran.failed, ran["msg"]
    assert ran["empty"]


def test_a_strangers_webhook_that_is_down_is_named(bare: SpareCluster, tmp_path: Path) -> None:
    install(bare, tmp_path, a=small())
    path = users_toy(bare)
    hooks = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
    bare.create(hooks, guard("user"))

    until(lambda: "failed calling webhook" in bare.refusal("DELETE", path, dryRun="All"))
    ran = uninstall(bare, stall_timeout=2)
    assert ran.failed
    (stuck,) = ran["stuck"]
    assert 'webhook "absent.example.com"' in stuck["why"] and "absent.example.com" in stuck["remedy"]
    assert is_there(bare, "deployments", "controller")
    bare.delete(f"{hooks}/user")
    until(lambda: not bare.refusal("DELETE", path, dryRun="All"))
    assert not uninstall(bare).failed


def test_a_namespace_that_a_strangers_finalizer_holds_is_named_with_it(bare: SpareCluster, tmp_path: Path) -> None:
    install(bare, tmp_path, a=small())
    held = config_map("lab", "held")
    held["metadata"]["finalizers"] = [FINALIZER]
    bare.create("/api/v1/namespaces/lab/configmaps", held)
    ran = uninstall(bare, stall_timeout=9)
    assert ran.failed
    (stuck,) = ran["stuck"]
    assert stuck["object"] == "Namespace lab"
    assert f"{FINALIZER} in 1 resource instances" in stuck["why"] and f"ConfigMap lab/held ({FINALIZER})" in stuck["why"]
    assert ran["left"] == ["Namespace lab"]
    # The inventory still knows of it.
    again = uninstall(bare, stall_timeout=9, clear_finalizers=True)
    assert not again.failed, again["msg"]
    assert again["cleared"] == [f"ConfigMap lab/held: finalizers {FINALIZER} taken away"]
    assert again["empty"]


def test_kinds_whose_conversion_webhook_is_gone_are_named_and_read_as_they_are_stored_on_request(
    bare: SpareCluster, tmp_path: Path
) -> None:
    kind = crd(GROUP, "Toy", "v1", "v2")
    install(bare, tmp_path, a=[space("lab"), kind, deployment("lab", "controller")])
    users_toy(bare)
    # Stored as v1, and from now on as v2, which is read by asking a server that is not there.
    path = f"{KINDS}/toys.{GROUP}"
    versions = (bare.get(path) or {})["spec"]["versions"]
    client_config = {"service": {"namespace": "lab", "name": "gone", "path": "/convert"}}
    conversion = {"strategy": "Webhook", "webhook": {"clientConfig": client_config, "conversionReviewVersions": ["v1"]}}
    stored = [{**version, "storage": version["name"] == "v2"} for version in versions]
    bare.patch(path, {"spec": {"versions": stored, "conversion": conversion}})
    until(lambda: "conversion webhook" in bare.refusal("GET", f"/apis/{GROUP}/v2/toys"), 20)
    ran = uninstall(bare, stall_timeout=3)
    assert ran.failed
    (stuck,) = ran["stuck"]
    assert stuck["object"] == f"CustomResourceDefinition toys.{GROUP}"
    assert "cannot be listed" in stuck["why"] and "converted by Service lab/gone" in stuck["why"]
    assert "Service lab/gone" in stuck["remedy"]
    assert is_there(bare, "deployments", "controller")
    again = uninstall(bare, stall_timeout=45, timeout=100, clear_finalizers=True)
    assert not again.failed, again["msg"]
    assert again["cleared"] == [f"CustomResourceDefinition toys.{GROUP}: its objects are not converted by Service lab/gone any more"]
    assert again["empty"]
