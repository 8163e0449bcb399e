# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module prune on a real API server: what no plan holds any more is said, and goes on request."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from conftest import Cluster, Ran, SpareCluster, embedded_cluster, run_module, token_of, write_plan
from test_apply import config_map, crd, deployment, space, thing
from uninstalling import guard, slow, toy, toy_kind, toys
from waiting import until

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.deadline import Deadline
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._inventory.applysets import HOME, applyset_id

Thing = dict[str, Any]
PARENTS = f"/api/v1/namespaces/{HOME}/configmaps"


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SpareCluster]:
    """A cluster of this module alone: a plan that is all that is wanted is about all that is installed."""
    with embedded_cluster(tmp_path_factory.mktemp("prune"), f"pytest-{secrets.token_hex(4)}") as (kubeconfig, hosts, state):
        yield SpareCluster(kubeconfig, hosts, state)


@pytest.fixture
def bare(alone: SpareCluster) -> Iterator[SpareCluster]:
    """The same, with nothing installed before and after."""
    yield alone
    ended = alone.module("uninstall", {"delete_data": True, "timeout": 60})
    assert not ended.failed, ended["msg"]


def prune(cluster: Cluster, plan: str, **arguments: Any) -> Ran:
    how = {name: arguments.pop(name) for name in ("check",) if name in arguments}
    return cluster.module("prune", {"plan": plan, "timeout": 60, "stall_timeout": 15, **arguments}, **how)


def found(ran: Ran) -> list[str]:
    return [entry["object"] for entry in ran["objects"]]


def kept(ran: Ran) -> dict[str, str]:
    return {entry["object"]: entry["why"] for entry in ran["kept"]}


def policy(namespace: str) -> Thing:
    return thing("networking.k8s.io/v1", "NetworkPolicy", "closed", namespace, spec={"podSelector": {}})


def path_of(namespace: str, name: str) -> str:
    return f"/api/v1/namespaces/{namespace}/configmaps/{name}"


def parent(cluster: Cluster, part: str) -> Thing | None:
    return cluster.get(f"{PARENTS}/part-{part}")


def test_what_a_setting_leaves_out_is_said_and_goes_on_request_and_then_all_is_quiet(bare: SpareCluster, tmp_path: Path) -> None:
    full = [space("one"), config_map("one", "stays"), config_map("one", "goes"), policy("one")]
    assert not bare.apply(write_plan(tmp_path, a=full)).failed
    plan = write_plan(tmp_path, a=full[:2])
    assert not bare.apply(plan).failed
    for ran in (prune(bare, plan), prune(bare, plan, remove=True, check=True)):
        assert found(ran) == ["ConfigMap one/goes", "NetworkPolicy one/closed"]
        assert "a: 2 objects" in ran["lines"][0]
        assert bare.get(path_of("one", "goes"))
    assert prune(bare, plan)["changed"] is False
    assert "prune: true" in prune(bare, plan)["lines"][0]
    ran = prune(bare, plan, remove=True)
    assert ran["changed"] is True and not ran.failed
    assert bare.get(path_of("one", "goes")) is None and bare.get(path_of("one", "stays"))
    # Neither finds anything to do or to say any more.
    assert bare.apply(plan)["changed"] is False
    again = prune(bare, plan, remove=True)
    assert again["changed"] is False and again["lines"] == []


def test_a_part_that_was_left_out_goes_only_where_the_plan_is_all_that_is_wanted(bare: SpareCluster, tmp_path: Path) -> None:
    one, two = [space("one"), config_map("one", "stays")], [config_map("one", "goes"), deployment("one", "web")]
    assert not bare.apply(write_plan(tmp_path, a=one, b=two)).failed
    plan = write_plan(tmp_path, a=one)
    partial = prune(bare, plan, remove=True)
    assert partial["changed"] is False and partial["lines"] == []
    said = prune(bare, plan, whole=True)
    assert said["lines"] == [
        "b: 2 objects (not in this selection); to remove: prune: true, or playbook mlplatform.kubeflow.uninstall --tags b"
    ]
    ran = prune(bare, plan, remove=True, whole=True)
    assert ran["changed"] is True
    assert [entry["step"] for entry in ran["objects"]] == ["workloads", "the rest"]
    assert bare.get(path_of("one", "goes")) is None and bare.get("/apis/apps/v1/namespaces/one/deployments/web") is None
    assert parent(bare, "b") is None
    assert "b" not in (bare.get(f"{PARENTS}/install") or {})["data"]
    assert prune(bare, plan, remove=True, whole=True)["changed"] is False
    assert bare.apply(plan)["changed"] is False


def test_strangers_and_what_merely_carries_our_label_stay(bare: SpareCluster, tmp_path: Path) -> None:
    assert not bare.apply(write_plan(tmp_path, a=[space("one"), config_map("one", "goes")])).failed
    stranger = config_map("one", "stranger")
    stranger["metadata"]["labels"] = {"applyset.kubernetes.io/part-of": applyset_id("a")}
    bare.client.apply(path_of("one", "stranger"), stranger, manager="somebody")
    ran = prune(bare, write_plan(tmp_path, a=[space("one")]), remove=True, whole=True)
    assert found(ran) == ["ConfigMap one/goes"]
    assert bare.get(path_of("one", "stranger"))


def claim(namespace: str) -> Thing:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}
    return thing("v1", "PersistentVolumeClaim", "data", namespace, spec=spec)


def secret(namespace: str) -> Thing:
    return thing("v1", "Secret", "password", namespace, stringData={"password": "x"})


def test_each_kind_with_which_more_would_go_needs_a_yes_of_its_own(bare: SpareCluster, tmp_path: Path) -> None:
    group = f"{secrets.token_hex(3)}.example.com"
    left_out = [space("two"), config_map("two", "goes"), claim("two"), secret("two"), crd(group, "Toy", "v1"), crd(group, "Tool", "v1")]
    rest = [space("one"), config_map("one", "stays")]
    assert not bare.apply(write_plan(tmp_path, a=rest, b=left_out)).failed
    toys = f"/apis/{group}/v1/namespaces/one/toys"
    toy = {"apiVersion": f"{group}/v1", "kind": "Toy", "metadata": {"name": "mine"}, "spec": {}}
    bare.client.request("POST", toys, body=toy, deadline=Deadline(20))
    plan = write_plan(tmp_path, a=rest)
    ran = prune(bare, plan, remove=True, whole=True)
    assert not ran.failed
    # A kind of which there is nothing takes nothing along.
    assert found(ran) == ["ConfigMap two/goes", f"CustomResourceDefinition tools.{group}"]
    assert set(kept(ran)) == {
        "Namespace two",
        "PersistentVolumeClaim two/data",
        "Secret two/password",
        f"CustomResourceDefinition toys.{group}",
    }
    assert "prune_kinds: [CustomResourceDefinition]" in kept(ran)[f"CustomResourceDefinition toys.{group}"]
    assert bare.get(f"{toys}/mine") and bare.get("/api/v1/namespaces/two/persistentvolumeclaims/data")
    assert prune(bare, plan, remove=True, whole=True)["changed"] is False

    ran = prune(bare, plan, remove=True, whole=True, kinds=["Namespace", "CustomResourceDefinition"])
    assert found(ran) == [f"CustomResourceDefinition toys.{group}"]
    assert "Secret two/password" in kept(ran)["Namespace two"] or "PersistentVolumeClaim two/data" in kept(ran)["Namespace two"]
    assert bare.get("/api/v1/namespaces/two")

    ran = prune(bare, plan, remove=True, whole=True, kinds=["Namespace", "PersistentVolumeClaim"])
    assert not ran.failed, ran["msg"]
    assert bare.get("/api/v1/namespaces/two") is None
    assert parent(bare, "b") is None
    assert prune(bare, plan, whole=True)["lines"] == []


def test_a_namespace_and_a_kind_that_hold_what_stays_never_go(bare: SpareCluster, tmp_path: Path) -> None:
    group = f"{secrets.token_hex(3)}.example.com"
    toy = {"apiVersion": f"{group}/v1", "kind": "Toy", "metadata": {"name": "x", "namespace": "one"}, "spec": {}}
    assert not bare.apply(write_plan(tmp_path, a=[config_map("one", "stays"), toy], b=[space("one"), crd(group, "Toy", "v1")])).failed
    plan = write_plan(tmp_path, a=[config_map("one", "stays"), toy])
    ran = prune(bare, plan, remove=True, whole=True, kinds=["Namespace", "CustomResourceDefinition", "PersistentVolumeClaim", "Profile"])
    assert found(ran) == []
    assert set(kept(ran)) == {"Namespace one", f"CustomResourceDefinition toys.{group}"}
    assert bare.get(path_of("one", "stays"))


def test_nothing_goes_while_the_plan_is_not_applied_or_is_empty(bare: SpareCluster, tmp_path: Path) -> None:
    assert not bare.apply(write_plan(tmp_path, a=[space("one"), config_map("one", "goes")])).failed
    ran = prune(bare, write_plan(tmp_path, a=[space("one"), config_map("one", "new")]), remove=True)
    assert ran.failed and "1 objects of the plan are not applied (ConfigMap one/new)" in ran["msg"]
    empty = prune(bare, write_plan(tmp_path / "empty", a=[]), remove=True, whole=True)
    assert empty.failed
    assert bare.get(path_of("one", "goes"))


def test_parts_that_are_given_as_provided_stay(bare: SpareCluster, tmp_path: Path) -> None:
    one, two = [space("one")], [config_map("one", "theirs"), config_map("one", "older")]
    assert not bare.apply(write_plan(tmp_path, a=one, b=two)).failed
    plan = write_plan(tmp_path, a=one, b=two[:1])
    (tmp_path / "plan.json").write_text(json.dumps({"release": "test", "parts": ["a"], "provided": ["b"]}))
    ran = prune(bare, plan, remove=True, whole=True)
    assert not ran.failed and ran["objects"] == []
    assert ran["lines"] == ["b: 2 objects are of this collection, although it is given as provided: they stay"]


def test_credentials_that_may_not_delete_are_told_before_anything_goes(bare: SpareCluster, tmp_path: Path) -> None:
    assert not bare.apply(write_plan(tmp_path, a=[space("one"), config_map("one", "goes"), policy("one")])).failed
    name = f"reader-{secrets.token_hex(2)}"
    token = token_of(bare, name, [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "watch", "create", "patch", "update"]}])
    host = bare.client.host
    arguments = {"plan": write_plan(tmp_path, a=[space("one")]), "remove": True, "host": host, "api_key": token, "validate_certs": False}
    ran = run_module("prune", arguments)
    assert ran.failed
    assert "Nothing was pruned. The credentials may not: delete configmaps, delete networkpolicies.networking.k8s.io" in ran["msg"]
    assert bare.get(path_of("one", "goes"))
    for path in (f"/api/v1/namespaces/{name}-account", f"/apis/rbac.authorization.k8s.io/v1/clusterroles/{name}"):
        bare.delete(path)
    bare.delete(f"/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/{name}")


def many(count: int) -> list[Thing]:
    return [config_map("one", f"goes-{number}") for number in range(count)]


def test_a_webhook_that_goes_and_is_down_holds_nothing_and_one_that_stays_is_named(bare: SpareCluster, tmp_path: Path) -> None:
    rest = [space("lab"), toy_kind()]
    ours = {**toy("ours"), "metadata": {"name": "ours", "namespace": "lab"}}
    path = f"{toys('lab')}/ours"
    plan = write_plan(tmp_path / "rest", a=rest)
    assert not bare.apply(write_plan(tmp_path / "full", a=rest, b=[ours, guard("lab")])).failed
    until(lambda: "failed calling webhook" in bare.refusal("DELETE", path, dryRun="All"))
    ran = prune(bare, plan, remove=True, whole=True)
    assert not ran.failed and ran["stuck"] == [], ran.stdout
    assert bare.get(path) is None
    assert prune(bare, plan, remove=True, whole=True)["changed"] is False

    guarded = write_plan(tmp_path / "guarded", a=[*rest, guard("lab")])
    assert not bare.apply(write_plan(tmp_path / "full", a=[*rest, guard("lab")], b=[ours])).failed
    until(lambda: "failed calling webhook" in bare.refusal("DELETE", path, dryRun="All"))
    ran = prune(bare, guarded, remove=True, whole=True, stall_timeout=3)
    (stuck,) = ran["stuck"]
    assert 'webhook "absent.example.com"' in stuck["why"] and "absent.example.com" in stuck["remedy"]
    assert bare.get(path)
    assert bare.get("/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/lab")


def test_a_workload_whose_pods_take_their_time_is_no_standstill(bare: SpareCluster, tmp_path: Path) -> None:
    both = write_plan(tmp_path / "both", a=[space("lab"), deployment("lab", "slow", **slow(6))])
    assert not bare.apply(both).failed
    until(lambda: (bare.get("/apis/apps/v1/namespaces/lab/deployments/slow") or {})["status"].get("availableReplicas") == 1, 30)
    ran = prune(bare, write_plan(tmp_path / "one", a=[space("lab")]), remove=True, stall_timeout=2)
    assert not ran.failed, ran["msg"]
    assert found(ran) == ["Deployment lab/slow"]


def test_two_at_once_do_not_meet(bare: SpareCluster, tmp_path: Path) -> None:
    rest = [space("one"), config_map("one", "stays")]
    assert not bare.apply(write_plan(tmp_path / "full", a=rest, b=many(30))).failed
    plan = write_plan(tmp_path / "rest", a=rest)
    with ThreadPoolExecutor(max_workers=2) as pool:
        both = list(pool.map(lambda _number: prune(bare, plan, remove=True, whole=True), range(2)))
    for ran in both:
        assert not ran.failed or "is at work on this cluster" in ran["msg"], ran["msg"]
    assert not all(ran.failed for ran in both)
    assert prune(bare, plan, remove=True, whole=True)["changed"] is False
