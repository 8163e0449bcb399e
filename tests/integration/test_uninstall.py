# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module uninstall on a real API server, with small plans of its own."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from cluster_snapshot import settles_as, snapshot
from conftest import Cluster, Ran, SpareCluster, embedded_cluster, run_module, token_of, write_plan
from faulty_proxy import Do, FaultyProxy
from test_apply import config_map, crd, deployment, service, space, thing, webhook
from waiting import until

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.lease import Lease
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.deadline import Deadline
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._inventory.applysets import HOME, applyset_id

Thing = dict[str, Any]
FINALIZER = "example.com/hold"
GROUP = "toys.example.com"
KINDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
LEASE = f"/apis/coordination.k8s.io/v1/namespaces/{HOME}/leases/run"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SpareCluster]:
    """A cluster of this module alone: an uninstall is about all that is installed."""
    with embedded_cluster(tmp_path_factory.mktemp("whole"), f"pytest-{secrets.token_hex(4)}") as (kubeconfig, hosts, state):
        yield SpareCluster(kubeconfig, hosts, state)


@pytest.fixture
def bare(whole: SpareCluster) -> Iterator[SpareCluster]:
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


def claim(namespace: str, name: str) -> Thing:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}
    return thing("v1", "PersistentVolumeClaim", name, namespace, spec=spec)


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


def guard(namespace: str) -> Thing:
    """A fail-closed webhook about toys, of which nobody can be asked."""
    found = webhook(namespace, name="absent")
    rule = {"apiGroups": [GROUP], "apiVersions": ["*"], "operations": ["DELETE"], "resources": ["toys"]}
    found["webhooks"][0].update(rules=[rule], namespaceSelector={})
    found["webhooks"][0]["clientConfig"].pop("caBundle")
    return found


def test_a_strangers_webhook_that_is_down_is_named(bare: SpareCluster, tmp_path: Path) -> None:
    install(bare, tmp_path, a=small())
    path = users_toy(bare)
    hooks = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
    bare.create(hooks, guard("user"))

    def refused() -> bool:
        asked = uninstall_refused(bare, path)
        return "failed calling webhook" in asked

    until(refused)
    ran = uninstall(bare, stall_timeout=2)
    assert ran.failed
    (stuck,) = ran["stuck"]
    assert 'webhook "absent.example.com"' in stuck["why"] and "absent.example.com" in stuck["remedy"]
    assert is_there(bare, "deployments", "controller")
    bare.delete(f"{hooks}/user")
    until(lambda: not uninstall_refused(bare, path))
    assert not uninstall(bare).failed


def uninstall_refused(cluster: Cluster, path: str) -> str:
    """What the API server says to a deletion that is only tried."""
    try:
        cluster.client.request("DELETE", path, query={"dryRun": "All"})
    except Exception as error:
        return str(error)
    return ""


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
    until(lambda: unreadable(bare, f"/apis/{GROUP}/v2/toys"), 20)
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


def unreadable(cluster: Cluster, path: str) -> bool:
    try:
        cluster.client.get(path)
    except Exception as error:
        return "conversion webhook" in str(error)
    return False


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
    assert not uninstall(bare, parts=["a"])["changed"]
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
    assert not uninstall(bare, parts=["bb"], requires={"bb": []})["changed"]
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
