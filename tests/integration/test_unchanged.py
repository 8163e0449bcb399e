# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When no PATCH is sent, and when one is: each way in which "it looks the same" is wrong, on a real API server."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Cluster, Ran, run_module, write_plan
from faulty_proxy import FaultyProxy

Thing = dict[str, Any]


def deployment(namespace: str, env: list[Thing]) -> Thing:
    container = {
        "name": "main",
        "image": "example.com/main:1",
        "env": env,
        "resources": {"requests": {"cpu": "1000m", "memory": "1024Mi"}},
        "ports": [{"containerPort": 80}],
        "livenessProbe": {"tcpSocket": {"port": 80}, "initialDelaySeconds": 0},
        "volumeMounts": [{"name": "scratch", "mountPath": "/scratch", "readOnly": False}],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "thing", "namespace": namespace, "creationTimestamp": None},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": {"app": "thing"}},
            "template": {
                "metadata": {"labels": {"app": "thing"}},
                "spec": {"containers": [container], "volumes": [{"name": "scratch", "emptyDir": {}}]},
            },
        },
    }


def objects(namespace: str) -> list[Thing]:
    """What the API server normalises: zero values, quantities, defaults in atomic lists, stringData, empty values."""
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "thing", "namespace": namespace}, "data": {"a": "1", "b": "2"}},
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "thing", "namespace": namespace},
            "stringData": {"password": "12341234"},
        },
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "empty", "namespace": namespace}, "data": {}},
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "Role",
            "metadata": {"name": "thing", "namespace": namespace},
            "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
        },
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": "thing", "namespace": namespace},
            "spec": {"podSelector": {}, "ingress": [{"ports": [{"port": 80}]}], "policyTypes": ["Ingress"]},
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "thing", "namespace": namespace},
            "spec": {"selector": {"app": "thing"}, "ports": [{"name": "http", "port": 80}]},
        },
        deployment(namespace, [{"name": "A", "value": "1"}, {"name": "EMPTY", "value": ""}]),
    ]


@pytest.fixture
def installed(cluster: Cluster, namespace: str, tmp_path: Path) -> tuple[Path, list[Thing]]:
    """The objects, applied, in a plan that can be written again."""
    wanted = objects(namespace)
    first = cluster.apply(write_plan(tmp_path, part=wanted))
    assert not first.failed, first.stdout
    return tmp_path, wanted


def again(cluster: Cluster, plan: Path, wanted: list[Thing]) -> Ran:
    ran = cluster.apply(write_plan(plan, part=wanted), force_conflicts=True)
    assert not ran.failed, ran.stdout
    return ran


def counts(ran: Ran) -> tuple[int, int]:
    return ran["parts"][0]["changed"], ran["parts"][0]["unchanged"]


def written(cluster: Cluster, namespace: str) -> dict[str, str]:
    """resourceVersion of everything in the namespace that could be written."""
    kinds = ("/api/v1", "configmaps"), ("/api/v1", "secrets"), ("/api/v1", "services"), ("/apis/apps/v1", "deployments")
    return {
        item["metadata"]["uid"]: item["metadata"]["resourceVersion"]
        for root, plural in kinds
        for item in (cluster.get(f"{root}/namespaces/{namespace}/{plural}") or {})["items"]
    }


def test_nothing_is_written_when_nothing_changed(cluster: Cluster, namespace: str, installed: tuple[Path, list[Thing]]) -> None:
    before = written(cluster, namespace)
    lease = cluster.get("/apis/coordination.k8s.io/v1/namespaces/mlplatform-kubeflow/leases/run")
    ran = again(cluster, *installed)
    assert counts(ran) == (0, 8)
    assert ran["changed"] is False
    assert written(cluster, namespace) == before
    # Not even the Lease, which is only taken to write.
    assert cluster.get("/apis/coordination.k8s.io/v1/namespaces/mlplatform-kubeflow/leases/run") == lease


def test_not_one_request_that_writes_is_sent_when_nothing_changed(cluster: Cluster, installed: tuple[Path, list[Thing]]) -> None:
    folder, plan = installed
    with FaultyProxy(cluster.client) as proxy:
        ran = run_module("apply", {"plan": write_plan(folder, part=plan), "host": proxy.url, "timeout": 40})
        assert not ran.failed, ran.stdout
        asked = proxy.asked(lambda request: True)
    assert len(asked) > 5
    assert {request.method for request in asked} == {"GET"}


def test_a_key_that_is_removed_from_the_plan_goes(cluster: Cluster, namespace: str, installed: tuple[Path, list[Thing]]) -> None:
    plan, wanted = installed
    del wanted[1]["data"]["b"]
    assert counts(again(cluster, plan, wanted)) == (1, 7)
    live = cluster.get(f"/api/v1/namespaces/{namespace}/configmaps/thing")
    assert live
    assert live["data"] == {"a": "1"}


def test_the_last_env_that_is_removed_from_the_plan_goes(cluster: Cluster, namespace: str, installed: tuple[Path, list[Thing]]) -> None:
    plan, wanted = installed
    wanted[7] = deployment(namespace, [])
    assert counts(again(cluster, plan, wanted)) == (1, 7)
    live = cluster.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/thing")
    assert live
    assert "env" not in live["spec"]["template"]["spec"]["containers"][0]


def test_a_rule_that_a_stranger_appended_to_an_atomic_list_goes(
    cluster: Cluster, namespace: str, installed: tuple[Path, list[Thing]]
) -> None:
    path = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/roles/thing"
    rules = copy.deepcopy(installed[1][4]["rules"])
    cluster.patch(path, {"rules": [*rules, {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]})
    assert counts(again(cluster, *installed)) == (1, 7)
    live = cluster.get(path)
    assert live
    assert live["rules"] == rules


def test_an_env_that_a_stranger_put_first_stays_and_is_no_reason_to_write(
    cluster: Cluster, namespace: str, installed: tuple[Path, list[Thing]]
) -> None:
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/thing"
    live = cluster.get(path)
    assert live
    container = live["spec"]["template"]["spec"]["containers"][0]
    container["env"].insert(0, {"name": "FIRST", "value": "1"})
    cluster.client.request("PUT", path, query={"fieldManager": "somebody"}, body=live)
    assert counts(again(cluster, *installed)) == (0, 8)
    live = cluster.get(path)
    assert live
    assert [entry["name"] for entry in live["spec"]["template"]["spec"]["containers"][0]["env"]] == ["FIRST", "A", "EMPTY"]


def test_a_value_that_a_stranger_changed_comes_back(cluster: Cluster, namespace: str, installed: tuple[Path, list[Thing]]) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps/thing"
    cluster.patch(path, {"data": {"a": "changed"}})
    assert counts(again(cluster, *installed)) == (1, 7)
    live = cluster.get(path)
    assert live
    assert live["data"] == {"a": "1", "b": "2"}


def test_a_key_of_string_data_that_is_removed_goes(cluster: Cluster, namespace: str, installed: tuple[Path, list[Thing]]) -> None:
    plan, wanted = installed
    wanted[2]["stringData"] = {"other": "x"}
    assert counts(again(cluster, plan, wanted)) == (1, 7)
    live = cluster.get(f"/api/v1/namespaces/{namespace}/secrets/thing")
    assert live
    assert live["data"] == {"other": "eA=="}


def test_a_quantity_that_differs_is_written(cluster: Cluster, namespace: str, installed: tuple[Path, list[Thing]]) -> None:
    plan, wanted = installed
    wanted[7]["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]["cpu"] = "1001m"
    assert counts(again(cluster, plan, wanted)) == (1, 7)


def owned_as_a_whole(namespace: str, group: str) -> list[Thing]:
    """Objects with lists and maps that managedFields name as one."""
    schema = {"type": "object", "properties": {"spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}}
    more = {"type": "object", "properties": {**schema["properties"], "more": {"type": "string", "description": "More."}}}
    rbac = "rbac.authorization.k8s.io"
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}},
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": f"authorizationpolicies.{group}"},
            "spec": {
                "group": group,
                "scope": "Namespaced",
                "names": {"plural": "authorizationpolicies", "kind": "AuthorizationPolicy"},
                "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": more}}],
            },
        },
        {
            "apiVersion": f"{group}/v1",
            "kind": "AuthorizationPolicy",
            "metadata": {"name": "thing", "namespace": namespace},
            "spec": {"action": "ALLOW", "rules": [{"from": [{"source": {"namespaces": ["istio-system"]}}], "to": [{}]}]},
        },
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "Role",
            "metadata": {"name": "thing", "namespace": namespace},
            "rules": [{"apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["one"], "verbs": ["get"]}],
        },
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "RoleBinding",
            "metadata": {"name": "thing", "namespace": namespace},
            "roleRef": {"apiGroup": rbac, "kind": "Role", "name": "thing"},
            "subjects": [{"kind": "User", "name": "thing", "namespace": "elsewhere"}],
        },
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": "thing", "namespace": namespace},
            "spec": {"podSelector": {"matchLabels": {"app": "thing", "tier": "front"}}, "ingress": [{"ports": [{"port": 80}]}]},
        },
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "thing", "namespace": namespace}, "data": {"max": "1.0"}},
        deployment(namespace, [{"name": "A", "value": "1"}, {"name": "B", "value": "$(A)"}]),
    ]


def test_what_is_taken_out_from_inside_of_a_value_is_written_and_then_all_is_quiet(
    cluster: Cluster, namespace: str, group: str, tmp_path: Path
) -> None:
    wanted = owned_as_a_whole(namespace, group)
    first = cluster.apply(write_plan(tmp_path, part=wanted))
    assert not first.failed, first.stdout
    assert counts(again(cluster, tmp_path, wanted)) == (0, 8)
    _space, definition, authorization, role, binding, network, settings, workload = wanted
    del definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["more"]["description"]
    del authorization["spec"]["rules"][0]["from"]
    del role["rules"][0]["resourceNames"]
    del binding["subjects"][0]["namespace"]
    del network["spec"]["podSelector"]["matchLabels"]["tier"]
    settings["data"]["max"] = "1"
    workload["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "B", "value": "1"}]
    assert counts(again(cluster, tmp_path, wanted)) == (7, 1)
    assert counts(again(cluster, tmp_path, wanted)) == (0, 8)

    def live(root: str, plural: str) -> Thing:
        found = cluster.get(f"{root}/namespaces/{namespace}/{plural}/thing")
        assert found
        return found

    crd = cluster.get(f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/authorizationpolicies.{group}")
    assert crd
    assert crd["spec"]["versions"] == definition["spec"]["versions"]
    assert live(f"/apis/{group}/v1", "authorizationpolicies")["spec"] == authorization["spec"]
    rbac = "/apis/rbac.authorization.k8s.io/v1"
    assert live(rbac, "roles")["rules"] == role["rules"]
    assert live(rbac, "rolebindings")["subjects"] == [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "thing"}]
    assert live("/apis/networking.k8s.io/v1", "networkpolicies")["spec"]["podSelector"] == network["spec"]["podSelector"]
    assert live("/api/v1", "configmaps")["data"] == {"max": "1"}
    containers = live("/apis/apps/v1", "deployments")["spec"]["template"]["spec"]["containers"]
    assert containers[0]["env"] == [{"name": "B", "value": "1"}]


def test_a_secret_that_is_declared_empty_keeps_what_a_controller_put_into_it(
    cluster: Cluster, namespace: str, installed: tuple[Path, list[Thing]]
) -> None:
    path = f"/api/v1/namespaces/{namespace}/secrets/empty"
    filled = cluster.patch(path, {"data": {"tls.crt": "eA=="}})
    with FaultyProxy(cluster.client) as proxy:
        ran = run_module("apply", {"plan": write_plan(installed[0], part=installed[1]), "host": proxy.url, "timeout": 40})
        assert not ran.failed, ran.stdout
        assert {request.method for request in proxy.asked(lambda request: True)} == {"GET"}
    assert cluster.get(path) == filled


def test_a_field_that_a_controller_owns_by_now_is_not_sent_again(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    config = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": namespace},
        "webhooks": [
            {
                "name": "a.example.com",
                "failurePolicy": "Ignore",
                "clientConfig": {"service": {"namespace": "nowhere", "name": "nobody"}},
                "rules": [{"apiGroups": ["example.com"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["things"]}],
                "sideEffects": "None",
                "admissionReviewVersions": ["v1"],
            }
        ],
    }
    path = f"/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/{namespace}"
    rule = [{"kind": "ValidatingWebhookConfiguration", "name": namespace[:-2] + "*", "field": "webhooks[].failurePolicy"}]
    plan = write_plan(tmp_path, part=[config])
    assert cluster.apply(plan, runtime_owned=rule)["parts"][0]["created"] == 1
    # While it is still ours it is declared, since taking it back would remove it.
    assert counts(cluster.apply(plan, runtime_owned=rule)) == (0, 1)
    live = cluster.get(path)
    assert live
    live["webhooks"][0]["failurePolicy"] = "Fail"
    cluster.client.request("PUT", path, query={"fieldManager": "pilot-discovery"}, body=live)
    assert cluster.apply(plan)["failures"][0]["message"].count("pilot-discovery") > 0
    assert counts(cluster.apply(plan, runtime_owned=rule)) == (0, 1)
    live = cluster.get(path)
    assert live
    assert live["webhooks"][0]["failurePolicy"] == "Fail"
    assert "password" not in json.dumps(live)
