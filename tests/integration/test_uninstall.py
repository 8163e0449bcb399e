# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module uninstall on a real API server, with small plans of its own."""

from __future__ import annotations

import json
import secrets
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cluster_snapshot import settles_as, snapshot
from conftest import Cluster, SpareCluster, run_module, token_of, write_plan
from faulty_proxy import Do, FaultyProxy
from test_apply import config_map, deployment, space, thing
from uninstalling import (
    FINALIZER,
    GROUP,
    Thing,
    claim,
    install,
    is_there,
    left_bare,
    let_go,
    own_cluster,
    small,
    toy,
    toy_kind,
    toys,
    uninstall,
    users_toy,
)
from waiting import until

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.lease import Lease
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.deadline import Deadline
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._inventory.applysets import HOME, applyset_id

LEASE = f"/apis/coordination.k8s.io/v1/namespaces/{HOME}/leases/run"

whole, bare = pytest.fixture(scope="module")(own_cluster), pytest.fixture(left_bare)


def test_nothing_installed_is_said_and_nothing_is_written(bare: SpareCluster) -> None:
    before = snapshot(bare)
    ran = uninstall(bare)
    assert (ran["changed"], ran["empty"], ran["objects"]) == (False, True, [])
    assert "nothing of ours is left" in ran["proof"][0]
    assert uninstall(bare, check=True)["proof"] == ["Nothing would be removed."]
    assert snapshot(bare) == before


def test_what_was_installed_is_gone_and_nothing_else(bare: SpareCluster, tmp_path: Path) -> None:
    bare.create("/api/v1/namespaces", space("strangers"))
    bare.create("/api/v1/namespaces/strangers/configmaps", config_map("strangers", "theirs"))
    before = snapshot(bare)
    install(bare, tmp_path, a=small())
    # It carries the label, as labels leak, and is a stranger's all the same.
    labelled = config_map("strangers", "labelled")
    labelled["metadata"]["labels"] = {"applyset.kubernetes.io/part-of": applyset_id("a")}
    before["ConfigMap. strangers/labelled"] = bare.create("/api/v1/namespaces/strangers/configmaps", labelled)["metadata"]["uid"]
    would = uninstall(bare, check=True)
    assert would["changed"] and is_there(bare, "configmaps", "thing")
    ran = uninstall(bare)
    assert not ran.failed, ran["msg"]
    assert ran["objects"] == would["objects"]
    assert [entry["step"] for entry in ran["objects"]] == ["workloads", "the rest", "the rest", "the rest", "kinds", "namespaces"]
    assert ran["empty"] and ran["left"] == []
    settles_as(bare, before)
    assert not uninstall(bare)["changed"]


def test_users_objects_go_while_their_controllers_still_run(bare: SpareCluster, tmp_path: Path) -> None:
    install(bare, tmp_path, a=small())
    path = users_toy(bare, FINALIZER)
    ran_meanwhile: list[bool] = []

    def controller() -> None:
        until(lambda: ((bare.get(path) or {}).get("metadata") or {}).get("deletionTimestamp"), 30)
        ran_meanwhile.append(is_there(bare, "deployments", "controller"))
        let_go(bare, path)

    answering = threading.Thread(target=controller)
    answering.start()
    ran = uninstall(bare, stall_timeout=20)
    answering.join()
    assert not ran.failed, ran["msg"]
    assert ran_meanwhile == [True]
    assert ran["objects"][0] == {"step": "users' objects", "part": "a", "object": f"Toy.{GROUP} user/mine"}


def test_volume_claims_stay_with_what_holds_them_and_come_back(bare: SpareCluster, tmp_path: Path) -> None:
    password = thing("v1", "Secret", "password", "lab", stringData={"password": secrets.token_hex(8)})
    certificate = thing("v1", "Secret", "certificate", "lab")
    plan = [*small(), claim("lab", "data"), password, certificate, space("other"), config_map("other", "thing")]
    install(bare, tmp_path, a=plan)
    made = bare.client.request("POST", toys("lab"), body=toy("owner"), deadline=Deadline(20))
    users = claim("lab", "of-a-toy")
    users["metadata"]["ownerReferences"] = [{"apiVersion": f"{GROUP}/v1", "kind": "Toy", "name": "owner", "uid": made["metadata"]["uid"]}]
    bare.create("/api/v1/namespaces/lab/persistentvolumeclaims", users)
    data = ("PersistentVolumeClaim. lab/data", "PersistentVolumeClaim. lab/of-a-toy", "Secret. lab/password", "Namespace. /lab")
    before = {name: uid for name, uid in snapshot(bare).items() if name in data}

    ran = uninstall(bare)
    assert not ran.failed, ran["msg"]
    assert [entry["object"] for entry in ran["kept"]] == ["Namespace lab", "PersistentVolumeClaim lab/data", "Secret lab/password"]
    assert ran["unfastened"] == ["PersistentVolumeClaim lab/of-a-toy"]
    assert ran["left"] == [] and not ran["empty"]
    there = snapshot(bare)
    assert {name: there.get(name) for name in data} == before
    assert not {"Deployment.apps lab/controller", "Secret. lab/certificate", "Namespace. /other", "ConfigMap. lab/thing"} & set(there)
    second = uninstall(bare)
    assert not second["changed"] and [entry["object"] for entry in second["kept"]] == [entry["object"] for entry in ran["kept"]]

    # What was kept is as the plan wants it, so nobody touches it.
    versions = {name: version_of(bare, name) for name in data}
    install(bare, tmp_path, a=plan)
    assert {name: version_of(bare, name) for name in data} == versions
    assert not bare.apply(str(tmp_path))["changed"]


def test_what_others_have_in_our_namespaces_stays_with_them(bare: SpareCluster, tmp_path: Path) -> None:
    """Also a Secret that a setting names, as of a login, and what an operator of theirs has made."""
    spaces = [space(name) for name in ("logins", "made", "run", "ours")]
    install(bare, tmp_path, a=[*spaces, config_map("ours", "thing")])

    def make(path: str, item: Thing, manager: str) -> Thing:
        made: Thing = bare.client.request("POST", path, body=item, query={"fieldManager": manager})
        return made

    make("/api/v1/namespaces/logins/secrets", thing("v1", "Secret", "github", "logins"), "kubectl-create")
    make("/api/v1/namespaces/made/secrets", thing("v1", "Secret", "token", "made"), "some-controller")
    theirs = make("/api/v1/namespaces/run/configmaps", config_map("run", "theirs"), "kubectl-create")
    owned = deployment("run", "operated")
    owned["metadata"]["ownerReferences"] = [{"apiVersion": "v1", "kind": "ConfigMap", "name": "theirs", "uid": theirs["metadata"]["uid"]}]
    make("/apis/apps/v1/namespaces/run/deployments", owned, "an-operator")

    would = uninstall(bare, check=True)
    ran = uninstall(bare)
    assert not ran.failed, ran["msg"]
    assert ran["kept"] == would["kept"]
    assert {entry["object"]: entry["why"] for entry in ran["kept"]} == {
        "Namespace logins": "Secret logins/github is in it, which this collection has not made",
        "Namespace run": "Deployment run/operated is in it, which this collection has not made",
    }
    assert is_there(bare, "secrets", "github", "logins") and is_there(bare, "deployments", "operated", "run")
    assert [name for name in ("made", "ours") if bare.get(f"/api/v1/namespaces/{name}")] == []
    assert not uninstall(bare)["changed"]
    assert uninstall(bare, delete_data=True)["empty"]
    assert bare.get("/api/v1/namespaces/logins") is None


def version_of(cluster: Cluster, name: str) -> str:
    kind, _space, path = name.partition(" ")
    namespace, _slash, name = path.partition("/")
    plural = {"PersistentVolumeClaim.": "persistentvolumeclaims", "Secret.": "secrets", "Namespace.": "namespaces"}[kind]
    found = cluster.get(f"/api/v1/{plural}/{name}" if not namespace else f"/api/v1/namespaces/{namespace}/{plural}/{name}")
    return str((found or {})["metadata"]["resourceVersion"])


def test_a_part_goes_alone_and_what_others_have_in_its_namespace_stays(bare: SpareCluster, tmp_path: Path) -> None:
    install(bare, tmp_path, a=[space("lab"), config_map("lab", "of-a")], c=[config_map("lab", "of-c"), toy_kind()])
    ran = uninstall(bare, parts=["a"])
    assert not ran.failed, ran["msg"]
    assert [entry["object"] for entry in ran["objects"]] == ["ConfigMap lab/of-a"]
    assert ran["kept"] == [{"part": "a", "object": "Namespace lab", "why": "part c has objects in it"}]
    assert is_there(bare, "configmaps", "of-c") and not ran["empty"]
    record = (bare.get(f"/api/v1/namespaces/{HOME}/configmaps/install") or {})["data"]
    assert set(record) == {"c"}
    still = "Still installed: c. Everything goes with parts: []"
    assert ran["proof"][-1] == still
    again = uninstall(bare, parts=["a"])
    assert not again["changed"] and again["proof"][-1] == still
    assert uninstall(bare)["empty"]


def test_a_part_that_another_requires_is_refused_by_name(bare: SpareCluster, tmp_path: Path) -> None:
    install(bare, tmp_path, a=[space("lab")], b=[config_map("lab", "of-b")])
    ran = uninstall(bare, parts=["a"])
    assert ran.failed
    assert "part a is required by b, which is installed" in ran["msg"] and "parts: [a, b]" in ran["msg"]
    assert is_there(bare, "configmaps", "of-b")
    wrong = uninstall(bare, parts=["bb"])
    assert wrong.failed and "part 'bb' is not installed on this cluster" in wrong["msg"]
    # A part that the collection knows is simply not there.
    gone = uninstall(bare, parts=["bb"], requires={"bb": []})
    assert not gone["changed"] and gone["proof"][0].endswith("kinds: nothing of what was named is left")
    assert uninstall(bare, parts=["a", "b"])["empty"]


def test_without_a_record_the_collection_says_what_is_required_and_else_nothing_is_guessed(bare: SpareCluster, tmp_path: Path) -> None:
    install(bare, tmp_path, a=[space("lab")], b=[config_map("lab", "of-b")])
    bare.delete(f"/api/v1/namespaces/{HOME}/configmaps/install")
    unknown = uninstall(bare, parts=["a"])
    assert unknown.failed and "It is not known what b requires" in unknown["msg"]
    known = uninstall(bare, parts=["a"], requires={"a": [], "b": ["a"]})
    assert known.failed and "part a is required by b" in known["msg"]
    assert uninstall(bare)["empty"]


def test_a_record_of_a_newer_collection_is_read_as_far_as_it_is_known(bare: SpareCluster, tmp_path: Path) -> None:
    install(bare, tmp_path, a=[space("lab")], b=[config_map("lab", "of-b")])
    path = f"/api/v1/namespaces/{HOME}/configmaps/install"
    told = json.dumps({"release": "31.01", "requires": ["a"], "left": [{"newer": 1}], "shape": {"of": ["tomorrow"]}})
    bare.patch(path, {"data": {"b": told, "a": "{"}})
    assert "part a is required by b" in uninstall(bare, parts=["a"])["msg"]
    ran = uninstall(bare)
    assert ran["releases"] == ["31.01"] and ran["empty"]


def test_an_inventory_that_is_lost_is_found_again_by_the_names_of_parts(bare: SpareCluster, tmp_path: Path) -> None:
    install(bare, tmp_path, a=small())
    bare.delete(f"/api/v1/namespaces/{HOME}")
    until(lambda: bare.get(f"/api/v1/namespaces/{HOME}") is None, 30)
    ran = uninstall(bare, requires={"a": [], "b": ["a"]})
    assert not ran.failed, ran["msg"]
    assert len(ran["objects"]) == len(small()) and ran["empty"]


def test_half_an_install_is_removed(bare: SpareCluster, tmp_path: Path) -> None:
    broken = config_map("lab", "refused", key={"no": "text"})
    ran = bare.apply(write_plan(tmp_path, a=[*small()], c=[config_map("lab", "of-c"), thing("v1", "Pod", "refused", "lab", spec={})]))
    assert ran.failed and broken
    ended = uninstall(bare)
    assert not ended.failed and ended["empty"]


def test_credentials_that_may_not_are_refused_before_anything_goes(bare: SpareCluster, tmp_path: Path) -> None:
    install(bare, tmp_path, a=small())
    name = f"reader-{secrets.token_hex(3)}"
    token = token_of(bare, name, [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "watch"]}])
    reader = {"kubeconfig": "", "host": bare.client.host, "api_key": token, "validate_certs": False}
    ran = uninstall(bare, **reader)
    assert ran.failed
    assert "Nothing was removed. The credentials may not: delete" in ran["msg"]
    assert is_there(bare, "deployments", "controller")
    assert not uninstall(bare, **reader, check=True).failed
    # What goes by itself is waited for, too.
    verbs = ["get", "list", "delete", "create", "update", "patch"]
    rules = [{"apiGroups": ["*"], "resources": ["*"], "verbs": verbs}]
    bare.patch(f"/apis/rbac.authorization.k8s.io/v1/clusterroles/{name}", {"rules": rules})
    until(lambda: "watch pods" in uninstall(bare, **reader)["msg"])
    assert is_there(bare, "deployments", "controller")
    for path in ("clusterroles", "clusterrolebindings"):
        bare.delete(f"/apis/rbac.authorization.k8s.io/v1/{path}/{name}")
    bare.delete(f"/api/v1/namespaces/{name}-account")
    until(lambda: bare.get(f"/api/v1/namespaces/{name}-account") is None, 30)


def test_the_controller_of_aggregated_roles_makes_none_of_them_anew(bare: SpareCluster, tmp_path: Path) -> None:
    """It applies rules by name, and is at work while roles come and go."""

    def aggregated(name: str, **labels: str) -> Thing:
        rules = {"clusterRoleSelectors": [{"matchLabels": {"for": name}}]}
        return thing("rbac.authorization.k8s.io/v1", "ClusterRole", name, labels=labels, aggregationRule=rules, rules=[])

    def simple(number: int) -> Thing:
        rule = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"], "resourceNames": [str(number)]}
        return thing("rbac.authorization.k8s.io/v1", "ClusterRole", f"toys-{number}", labels={"for": "toys-view"}, rules=[rule])

    roles = [aggregated("toys-admin"), aggregated("toys-edit", **{"for": "toys-admin"}), aggregated("toys-view", **{"for": "toys-edit"})]
    plan = {"a": [*roles, *map(simple, range(12))], "c": [space("lab")]}
    before = snapshot(bare)
    install(bare, tmp_path, c=plan["c"])
    for _round in range(4):
        install(bare, tmp_path, **plan)
        ran = uninstall(bare, parts=["a"])
        assert not ran.failed, ran["msg"]
        # What has not gone by now would come.
        assert not [name for name in snapshot(bare) if name.startswith("ClusterRole.") and name not in before]
    assert uninstall(bare)["empty"]
    settles_as(bare, before)


def test_two_runs_at_once(bare: SpareCluster, tmp_path: Path) -> None:
    install(bare, tmp_path, a=small())
    lease = Lease(bare.client, HOME, "run", "somebody@elsewhere/1", lambda reason: None)
    lease.acquire(Deadline(20))
    try:
        ran = uninstall(bare)
        assert ran.failed and "somebody@elsewhere/1 is at work on this cluster" in ran["msg"]
        assert is_there(bare, "deployments", "controller")
    finally:
        lease.release()
    with ThreadPoolExecutor(max_workers=2) as pool:
        both = list(pool.map(lambda _number: uninstall(bare, timeout=100), range(2)))
    assert any(not ran.failed and ran["empty"] for ran in both)
    last = uninstall(bare)
    assert not last.failed and last["empty"]


def test_an_install_at_work_is_left_alone_and_then_removed(bare: SpareCluster, tmp_path: Path) -> None:
    plan = write_plan(tmp_path, a=small())
    asked, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        asked.set()
        go_on.wait(60)

    with FaultyProxy(bare.client) as proxy, ThreadPoolExecutor(max_workers=1) as pool:
        proxy.add(lambda request: request.method == "PATCH" and "/namespaces/lab/configmaps" in request.path, Do(hold))
        at_work = pool.submit(run_module, "apply", {"host": proxy.url, "plan": plan, "timeout": 90, "stall_timeout": 90})
        assert asked.wait(60)
        ran = uninstall(bare)
        there = is_there(bare, "deployments", "controller")
        go_on.set()
        installed = at_work.result(timeout=90)
    assert ran.failed and "is at work on this cluster since" in ran["msg"] and "Wait until that run has ended" in ran["msg"]
    assert there and ran.result.get("changed") is not True
    assert not installed.failed, installed["msg"]
    assert not bare.apply(plan)["changed"]
    assert uninstall(bare)["empty"]


def test_an_install_that_waits_for_the_end_of_an_uninstall_goes_on_when_all_is_gone(bare: SpareCluster, tmp_path: Path) -> None:
    install(bare, tmp_path, a=small())
    lease = Lease(bare.client, HOME, "run", "uninstall@elsewhere/1", lambda reason: None)
    lease.acquire(Deadline(20))
    with FaultyProxy(bare.client) as proxy, ThreadPoolExecutor(max_workers=1) as pool:
        plan = write_plan(tmp_path, a=[*small(), config_map("lab", "more")])
        waiting = pool.submit(run_module, "apply", {"host": proxy.url, "plan": plan, "timeout": 60, "stall_timeout": 30})
        until(lambda: len(proxy.asked(lambda request: request.path == LEASE)) > 1)
        # The last thing that an uninstall does.
        lease.keep()
        bare.delete(f"/api/v1/namespaces/{HOME}")
        ran = waiting.result(timeout=90)
    assert not ran.failed, ran["msg"]
    assert bare.get(f"/api/v1/namespaces/{HOME}/configmaps/part-a")
    assert not bare.apply(plan)["changed"]


def test_an_api_server_that_starts_anew_in_the_middle_is_waited_for(bare: SpareCluster, tmp_path: Path) -> None:
    install(bare, tmp_path, a=small())
    path = users_toy(bare, FINALIZER)
    with ThreadPoolExecutor(max_workers=1) as pool:
        running = pool.submit(uninstall, bare, stall_timeout=50, timeout=100)
        until(lambda: ((bare.get(path) or {}).get("metadata") or {}).get("deletionTimestamp"), 30)
        bare.kill("kube-apiserver")
        bare.repair()
        until(lambda: answers(bare), 60)
        let_go(bare, path)
        ran = running.result(timeout=110)
    assert not ran.failed, ran["msg"]
    assert ran["empty"]


def answers(cluster: Cluster) -> bool:
    try:
        return cluster.get("/api/v1/namespaces/default") is not None
    except Exception:
        return False
