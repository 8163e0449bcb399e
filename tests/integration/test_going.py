"""Clusters that are being emptied: what goes is waited for and made anew, and what holds it is named."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from conftest import Cluster, Ran, write_plan
from test_apply import config_map, counts, crd, failures, space, thing
from waiting import until

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.apply import Settings, apply
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.compare import compare
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.deadline import Deadline
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render.plan import load_plan

Thing = dict[str, Any]
FINALIZER = "example.com/hold"
STALL = "(no progress for 4 s, the stall_timeout)"


def held(item: Thing) -> Thing:
    return {**item, "metadata": {**item["metadata"], "finalizers": [FINALIZER]}}


def let_go(cluster: Cluster, path: str) -> None:
    cluster.patch(path, {"metadata": {"finalizers": None}})


def live(cluster: Cluster, path: str) -> Thing:
    found = cluster.get(path)
    assert found, path
    return found


def begin(cluster: Cluster, plan: str) -> tuple[threading.Thread, list[Ran]]:
    """An apply at work, and where its answer will be. It has begun to wait when the run's Lease is taken."""
    lease = "/apis/coordination.k8s.io/v1/namespaces/mlplatform-kubeflow/leases/run"
    before = (cluster.get(lease) or {}).get("metadata")
    answers: list[Ran] = []
    running = threading.Thread(target=lambda: answers.append(cluster.apply(plan)))
    running.start()
    until(lambda: (cluster.get(lease) or {}).get("metadata") != before)
    return running, answers


def path_of(namespace: str, name: str) -> str:
    return f"/api/v1/namespaces/{namespace}/configmaps/{name}"


def test_an_object_that_is_being_deleted_is_made_anew_when_it_is_gone(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    plan = write_plan(tmp_path, a=[space(namespace), config_map(namespace, "goes"), config_map(namespace, "stays")])
    cluster.apply(plan)
    cluster.patch(path_of(namespace, "goes"), {"metadata": {"finalizers": [FINALIZER]}})
    cluster.delete(path_of(namespace, "goes"))
    before = live(cluster, path_of(namespace, "goes"))
    assert before["metadata"]["deletionTimestamp"]
    running, answers = begin(cluster, plan)
    let_go(cluster, path_of(namespace, "goes"))
    running.join()
    assert counts(answers[0]) == (1, 0, 2, 0)
    after = live(cluster, path_of(namespace, "goes"))
    assert after["metadata"]["uid"] != before["metadata"]["uid"]
    assert not cluster.apply(plan)["changed"]


def test_what_holds_an_object_is_named(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    plan = write_plan(tmp_path, a=[space(namespace), held(config_map(namespace, "goes"))])
    cluster.apply(plan)
    cluster.delete(path_of(namespace, "goes"))
    ran = cluster.apply(plan, stall_timeout=4)
    message = failures(ran)[f"ConfigMap {namespace}/goes"]["message"]
    assert "being deleted since 20" in message and f"held by finalizers {FINALIZER}" in message and message.endswith(STALL)
    let_go(cluster, path_of(namespace, "goes"))


def test_a_namespace_that_goes_is_waited_for_and_made_anew_with_all_that_was_in_it(
    cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    plan = write_plan(tmp_path, a=[space(namespace), *(config_map(namespace, f"c{number}") for number in range(5))])
    cluster.apply(plan)
    cluster.create(f"/api/v1/namespaces/{namespace}/configmaps", held(config_map(namespace, "holder")))
    cluster.delete(f"/api/v1/namespaces/{namespace}")
    running, answers = begin(cluster, plan)
    until(lambda: live(cluster, f"/api/v1/namespaces/{namespace}")["status"].get("conditions"))
    let_go(cluster, path_of(namespace, "holder"))
    running.join()
    assert counts(answers[0]) == (6, 0, 0, 0)
    assert not cluster.apply(plan)["changed"]


def test_a_namespace_that_does_not_go_is_one_finding_with_what_holds_it(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    plan = write_plan(tmp_path, a=[space(namespace), *(config_map(namespace, f"c{number}") for number in range(5))])
    cluster.apply(plan)
    cluster.create(f"/api/v1/namespaces/{namespace}/configmaps", held(config_map(namespace, "holder")))
    cluster.delete(f"/api/v1/namespaces/{namespace}")
    until(lambda: live(cluster, f"/api/v1/namespaces/{namespace}")["status"].get("conditions"))
    ran = cluster.apply(plan, stall_timeout=4)
    _head, cause, behind, _cluster = ran["msg"].split("\n")
    assert cause.startswith(f"Namespace {namespace} (part a): waits for the end of Namespace {namespace}: being deleted since 20")
    assert f"{FINALIZER} in 1 resource instances" in cause and cause.endswith(STALL)
    assert behind == (
        f"not sent: ConfigMap {namespace}/c0, ConfigMap {namespace}/c1, ConfigMap {namespace}/c2 and 2 more: "
        f"needs Namespace {namespace}, which failed"
    )
    let_go(cluster, path_of(namespace, "holder"))


def test_check_mode_says_that_what_goes_would_be_made(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    plan = write_plan(tmp_path, a=[space(namespace), held(config_map(namespace, "goes"))])
    cluster.apply(plan)
    cluster.delete(path_of(namespace, "goes"))
    ran = cluster.apply(plan, check=True)
    assert counts(ran) == (1, 0, 1, 0)
    let_go(cluster, path_of(namespace, "goes"))


def test_a_kind_that_goes_is_not_applied_before_it_is_gone(cluster: Cluster, namespace: str, group: str, tmp_path: Path) -> None:
    kind = crd(group, "Gadget", "v1")
    plan = write_plan(tmp_path, a=[space(namespace), kind, thing(f"{group}/v1", "Gadget", "held", namespace, spec={})])
    cluster.apply(plan)
    path = f"/apis/{group}/v1/namespaces/{namespace}/gadgets/held"
    cluster.patch(path, {"metadata": {"finalizers": [FINALIZER]}})
    kind_path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gadgets.{group}"
    uid = live(cluster, kind_path)["metadata"]["uid"]
    cluster.delete(kind_path)
    until(lambda: live(cluster, path)["metadata"].get("deletionTimestamp"))
    running, answers = begin(cluster, plan)
    let_go(cluster, path)
    running.join()
    assert counts(answers[0]) == (2, 0, 1, 0)
    assert live(cluster, kind_path)["metadata"]["uid"] != uid
    cluster.delete(kind_path)


def test_what_others_begin_to_delete_while_it_is_written_is_made_anew(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    """The look at the cluster comes before the writes: a slow webhook's place is taken by an object that is not listed."""
    plan = write_plan(tmp_path, a=[space(namespace), config_map(namespace, "goes", key="new")])
    cluster.apply(write_plan(tmp_path / "old", a=[space(namespace), config_map(namespace, "goes", key="old")]))
    cluster.patch(path_of(namespace, "goes"), {"metadata": {"finalizers": [FINALIZER]}})
    client, target = cluster.client, load_plan(Path(plan))
    read = compare(client, target, "mlplatform.kubeflow", (), (), Deadline(20))
    cluster.delete(path_of(namespace, "goes"))
    timer = threading.Timer(2, let_go, (cluster, path_of(namespace, "goes")))
    timer.start()
    outcome = apply(client, target, read, Settings("mlplatform.kubeflow", False, 4, 15), Deadline(30), lambda: True)
    timer.join()
    assert not outcome.failures
    assert live(cluster, path_of(namespace, "goes"))["data"] == {"key": "new"}
