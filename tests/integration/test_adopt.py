# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What others installed on the cluster, with kubectl itself: refused by name, or taken over with all that they declared."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from adopting import Thing, config_map, kubectl_of, live, older, service, space, wanted
from conftest import Cluster, write_plan

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._inventory.applysets import PART_OF, applyset_id

kubectl = pytest.fixture(kubectl_of)


def state(cluster: Cluster, items: list[Thing]) -> list[Thing]:
    """What is declared of objects, and by whom; controllers are at work on them."""
    found = [live(cluster, item) for item in items]
    managers = [{entry["manager"] for entry in item["metadata"].get("managedFields", [])} - {"kube-controller-manager"} for item in found]
    return [
        {"spec": item.get("spec"), "data": item.get("data"), "labels": item["metadata"].get("labels"), "managers": some}
        for item, some in zip(found, managers, strict=True)
    ]


def differences(path: Path) -> dict[str, str]:
    """By object, what module apply has written into a file of differences."""
    some = path.read_text().split("--- before: ")[1:]
    return {one.partition("\n")[0].partition(": ")[2]: one for one in some}


WAYS: dict[str, tuple[str, ...]] = {
    "apply": ("apply", "-f", "-"),
    "server-side": ("apply", "--server-side", "-f", "-"),
    "named": ("apply", "--field-manager=pipeline", "-f", "-"),
    "create": ("create", "-f", "-"),
    "helm": ("apply", "--server-side", "--field-manager=helm", "-f", "-"),
}


@pytest.mark.parametrize("half", [False, True], ids=["whole", "half"])
@pytest.mark.parametrize("way", WAYS)
def test_what_was_installed_by_others_is_refused_then_taken_over_and_quiet(
    cluster: Cluster, namespace: str, kubectl: Callable[..., str], tmp_path: Path, way: str, half: bool
) -> None:
    part = f"adopt_{way.replace('-', '_')}_{half}".lower()
    before = older(namespace)[: 3 if half else None]
    kubectl(*WAYS[way], given=before)
    plan = write_plan(tmp_path / "plan", **{part: wanted(namespace)})
    count = len(before) - 1
    marks = state(cluster, before)
    refused = cluster.apply(plan)
    assert refused.failed
    assert f"{count} objects of the plan are on the cluster already and not of this collection" in refused["msg"]
    assert "adopt: true" in refused["msg"] and f"ConfigMap {namespace}/conf" in refused["msg"] and f"part {part} (" in refused["msg"]
    # Nothing is half-taken, and nothing else was made.
    assert state(cluster, before) == marks
    assert cluster.apply(plan, check=True).failed

    predicted = cluster.apply(plan, foreign="adopt", check=True, diff=True, differences=str(tmp_path / "shown.diff"))
    assert state(cluster, before) == marks
    ran = cluster.apply(plan, foreign="adopt", diff=True, differences=str(tmp_path / "came.diff"))
    assert not ran.failed, ran.stdout
    assert predicted["adopted"] == sorted(
        ran["adopted"], key=lambda one: [other["object"] for other in predicted["adopted"]].index(one["object"])
    )
    told = {one["object"]: one["removed"] for one in ran["adopted"]}
    assert len(told) == count + 1
    assert told[f"Deployment {namespace}/web"] == [
        "spec.template.spec.containers[name=helper-old]",
        "spec.template.spec.containers[name=main].env[name=OLD]",
    ]
    assert told[f"ConfigMap {namespace}/conf"] == ["data.old"]
    if not half:
        assert told[f"Secret {namespace}/key"] == ["data.old"]
        assert told[f"Service {namespace}/web"] == ["spec.ports[port=90,protocol=TCP]"]
        assert told[f"PersistentVolumeClaim {namespace}/data"] == []
    after = live(cluster, wanted(namespace)[1])
    containers = after["spec"]["template"]["spec"]["containers"]
    assert [container["name"] for container in containers] == ["main", "helper"]
    assert containers[0]["env"] == [{"name": "SAME", "value": "2"}]
    assert live(cluster, wanted(namespace)[2])["data"] == {"same": "2"}
    # What is shown beforehand is what comes.
    shown, came = (differences(tmp_path / name) for name in ("shown.diff", "came.diff"))
    for name in told:
        assert shown[name] == came[name]
    for item in wanted(namespace):
        found = live(cluster, item)
        assert found["metadata"]["labels"][PART_OF] == applyset_id(part)
        assert "kubectl.kubernetes.io/last-applied-configuration" not in (found["metadata"].get("annotations") or {})

    for again in (cluster.apply(plan), cluster.apply(plan, foreign="adopt"), cluster.apply(plan, check=True, diff=True)):
        assert not again.failed
        assert again["changed"] is False and again["adopted"] == [] and again["orphans"] == []


def test_an_identical_install_is_taken_over_and_nothing_is_said_to_go(
    cluster: Cluster, namespace: str, kubectl: Callable[..., str], tmp_path: Path
) -> None:
    kubectl("apply", "-f", "-", given=wanted(namespace))
    spec = live(cluster, wanted(namespace)[1])["spec"]
    plan = write_plan(tmp_path / "plan", adopt_b=wanted(namespace))
    ran = cluster.apply(plan, foreign="adopt")
    assert not ran.failed
    assert len(ran["adopted"]) == 6
    assert [one["removed"] for one in ran["adopted"]] == [[]] * 6
    # No pod begins anew.
    assert live(cluster, wanted(namespace)[1])["spec"] == spec
    assert cluster.apply(plan)["changed"] is False


def test_what_hands_changed_afterwards_is_taken_over_too(
    cluster: Cluster, namespace: str, kubectl: Callable[..., str], tmp_path: Path
) -> None:
    kubectl("create", "-f", "-", given=older(namespace))
    kubectl("set", "env", "-n", namespace, "deployment/web", "-c", "main", "BY_HAND=1")
    kubectl("-n", namespace, "scale", "deployment/web", "--replicas=3")
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nsed -i \'s/  same: "1"/  same: edited\\n  edited: "1"/\' "$1"\n')
    editor.chmod(0o700)
    kubectl("-n", namespace, "edit", "configmap/conf", KUBE_EDITOR=str(editor))
    kubectl("-n", namespace, "label", "configmap/conf", "mine=yes")
    changed = {**service(namespace, 80, 91)}
    kubectl("replace", "-f", "-", given=[changed])
    plan = write_plan(tmp_path / "plan", adopt_c=wanted(namespace))
    ran = cluster.apply(plan, foreign="adopt")
    assert not ran.failed, ran.stdout
    told = {one["object"]: one["removed"] for one in ran["adopted"]}
    assert "spec.template.spec.containers[name=main].env[name=BY_HAND]" in told[f"Deployment {namespace}/web"]
    assert told[f"ConfigMap {namespace}/conf"] == ["data.edited", "data.old"]
    assert told[f"Service {namespace}/web"] == ["spec.ports[port=91,protocol=TCP]"]
    # The plan says nothing of a size, and nothing of the mark.
    assert live(cluster, wanted(namespace)[1])["spec"]["replicas"] == 3
    assert live(cluster, wanted(namespace)[2])["metadata"]["labels"]["mine"] == "yes"
    assert cluster.apply(plan)["changed"] is False

    sized = wanted(namespace)
    sized[1]["spec"]["replicas"] = 2
    conflict = cluster.apply(write_plan(tmp_path / "plan", adopt_c=sized), foreign="adopt")
    assert conflict.failed and ".spec.replicas" in conflict["msg"]


def test_a_size_that_was_chosen_by_hand_gives_way_to_the_plans(
    cluster: Cluster, namespace: str, kubectl: Callable[..., str], tmp_path: Path
) -> None:
    kubectl("apply", "-f", "-", given=older(namespace))
    kubectl("-n", namespace, "scale", "deployment/web", "--replicas=3")
    sized = wanted(namespace)
    sized[1]["spec"]["replicas"] = 2
    plan = write_plan(tmp_path / "plan", adopt_d=sized)
    assert not cluster.apply(plan, foreign="adopt").failed
    assert live(cluster, sized[1])["spec"]["replicas"] == 2
    assert cluster.apply(plan)["changed"] is False


def test_what_controllers_hold_stays(cluster: Cluster, namespace: str, kubectl: Callable[..., str], tmp_path: Path) -> None:
    """An autoscaler's size, what cert-manager injects, rules of an aggregated ClusterRole."""
    sized = wanted(namespace)
    sized[1]["spec"]["replicas"] = 1
    webhook = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": namespace},
        "webhooks": [
            {
                "name": "a.example.com",
                "clientConfig": {"service": {"namespace": namespace, "name": "web"}, "caBundle": ""},
                "objectSelector": {"matchLabels": {"never": namespace}},
                "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}],
                "sideEffects": "None",
                "admissionReviewVersions": ["v1"],
            }
        ],
    }
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": namespace},
        "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"for": namespace}}]},
        "rules": [],
    }
    source = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": f"{namespace}-source", "labels": {"for": namespace}},
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
    }
    objects = [*sized, webhook, role, source]
    kubectl("apply", "-f", "-", given=objects)
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/web/scale"
    scale = {"spec": {"replicas": 4}}
    query = {"fieldManager": "kube-controller-manager"}
    cluster.client.request("PATCH", path, query=query, body=scale, content_type="application/merge-patch+json")
    hooks = f"/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/{namespace}"
    bundle = (cluster.get("/api/v1/namespaces/kube-system/configmaps/kube-root-ca.crt") or {})["data"]["ca.crt"]
    injected = base64.b64encode(bundle.encode()).decode()
    change = [{"op": "add", "path": "/webhooks/0/clientConfig/caBundle", "value": injected}]
    query = {"fieldManager": "cert-manager-cainjector"}
    cluster.client.request("PATCH", hooks, query=query, body=change, content_type="application/json-patch+json")
    plan = write_plan(tmp_path / "plan", adopt_e=objects)
    try:
        ran = cluster.apply(plan, foreign="adopt")
        assert not ran.failed, ran.stdout
        assert live(cluster, sized[1])["spec"]["replicas"] == 4
        assert (cluster.get(hooks) or {})["webhooks"][0]["clientConfig"]["caBundle"] == injected
        assert (cluster.get(f"/apis/rbac.authorization.k8s.io/v1/clusterroles/{namespace}") or {})["rules"]
        assert cluster.apply(plan)["changed"] is False
    finally:
        cluster.delete(hooks)


def test_a_role_that_was_filled_after_it_was_deleted_is_nobodys(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    """The controller of aggregated ClusterRoles fills them by name, whether they are still there or not."""
    named = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": namespace}}
    left = {**named, "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]}
    path = f"/apis/rbac.authorization.k8s.io/v1/clusterroles/{namespace}"
    query = {"fieldManager": "clusterrole-aggregation-controller", "force": "true"}
    cluster.client.request("PATCH", path, query=query, body=left, content_type="application/apply-patch+yaml")
    rule = {"clusterRoleSelectors": [{"matchLabels": {"for": namespace}}]}
    plan = write_plan(tmp_path / "plan", adopt_f=[{**named, "aggregationRule": rule, "rules": []}])
    checked = cluster.module("preflight", {"plan": plan})
    assert not checked.failed, checked["msg"]
    ran = cluster.apply(plan)
    assert not ran.failed, ran["msg"]
    assert (cluster.get(path) or {})["aggregationRule"] == rule
    assert cluster.apply(plan)["changed"] is False


def test_objects_without_any_owner_are_taken_over_whole(
    cluster: Cluster, namespace: str, kubectl: Callable[..., str], tmp_path: Path
) -> None:
    """As those are that were made before the API server recorded owners: the first apply makes before-first-apply of it."""
    kubectl("apply", "-f", "-", given=older(namespace))
    for item in older(namespace)[1:3]:
        kind, name = item["kind"].lower(), item["metadata"]["name"]
        kubectl("-n", namespace, "patch", kind, name, "--type=merge", "-p", '{"metadata":{"managedFields":[{}]}}')
    assert "managedFields" not in live(cluster, older(namespace)[1])["metadata"]
    plan = write_plan(tmp_path / "plan", adopt_f=wanted(namespace))
    assert "somebody who left no name" in cluster.apply(plan)["msg"]
    predicted = cluster.apply(plan, foreign="adopt", check=True)
    ran = cluster.apply(plan, foreign="adopt")
    told = {one["object"]: one["removed"] for one in ran["adopted"]}
    assert {one["object"]: one["removed"] for one in predicted["adopted"]} == told
    assert "spec.template.spec.containers[name=helper-old]" in told[f"Deployment {namespace}/web"]
    assert [one["name"] for one in live(cluster, wanted(namespace)[1])["spec"]["template"]["spec"]["containers"]] == ["main", "helper"]
    assert cluster.apply(plan)["changed"] is False


def test_what_an_earlier_run_was_forced_over_is_told_of_and_cleaned(
    cluster: Cluster, namespace: str, kubectl: Callable[..., str], tmp_path: Path
) -> None:
    kubectl("apply", "-f", "-", given=older(namespace))
    plan = write_plan(tmp_path / "plan", adopt_g=wanted(namespace))
    assert not cluster.apply(plan, foreign="beside", force_conflicts=True).failed
    assert len(live(cluster, wanted(namespace)[1])["spec"]["template"]["spec"]["containers"]) == 3
    assert not cluster.apply(plan).failed
    ran = cluster.apply(plan, foreign="adopt")
    assert not ran.failed and len(ran["adopted"]) == 5
    assert len(live(cluster, wanted(namespace)[1])["spec"]["template"]["spec"]["containers"]) == 2
    assert cluster.apply(plan, foreign="adopt")["changed"] is False


def test_an_object_of_another_applyset_is_refused_whatever_is_wanted(
    cluster: Cluster, namespace: str, kubectl: Callable[..., str], tmp_path: Path
) -> None:
    item = config_map(namespace, same="1")
    item["metadata"]["labels"] = {PART_OF: "applyset-somebody-v1"}
    kubectl("apply", "-f", "-", given=[space(namespace), item])
    plan = write_plan(tmp_path / "plan", adopt_i=[space(namespace), config_map(namespace, same="2")])
    for foreign in ("refuse", "beside", "adopt"):
        ran = cluster.apply(plan, foreign=foreign)
        assert ran.failed
        assert "1 object of the plan is of another ApplySet (applyset-somebody-v1)" in ran["msg"]
    assert live(cluster, item)["data"] == {"same": "1"}


def test_installers_that_are_not_known_can_be_named(cluster: Cluster, namespace: str, kubectl: Callable[..., str], tmp_path: Path) -> None:
    kubectl("apply", "--server-side", "--field-manager=our-pipeline", "-f", "-", given=[space(namespace), config_map(namespace, old="1")])
    plan = write_plan(tmp_path / "plan", adopt_j=[space(namespace), config_map(namespace, same="2")])
    assert "adopt_managers: [our-pipeline]" in cluster.apply(plan)["msg"]
    ran = cluster.apply(plan, foreign="adopt", adopt_managers=["our-*"])
    assert not ran.failed
    assert live(cluster, config_map(namespace))["data"] == {"same": "2"}


def test_helms_release_is_told_of(cluster: Cluster, namespace: str, kubectl: Callable[..., str], tmp_path: Path) -> None:
    item = config_map(namespace, same="1")
    item["metadata"]["annotations"] = {"meta.helm.sh/release-name": "web", "meta.helm.sh/release-namespace": namespace}
    kubectl("apply", "--server-side", "--field-manager=helm", "-f", "-", given=[space(namespace), item])
    plan = write_plan(tmp_path / "plan", adopt_k=[space(namespace), config_map(namespace, same="2")])
    assert f"1 of Helm release {namespace}/web in part adopt_k" in cluster.apply(plan)["msg"]
    ran = cluster.apply(plan, foreign="adopt")
    assert "helm uninstall would remove them" in json.dumps(ran["warnings"])


def test_a_namespace_that_is_there_is_no_reason_to_stop_and_keeps_its_labels(
    cluster: Cluster, namespace: str, kubectl: Callable[..., str], tmp_path: Path
) -> None:
    kubectl("create", "namespace", namespace)
    kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=privileged")
    plan = write_plan(tmp_path / "plan", adopt_l=[space(namespace), config_map(namespace, same="2")])
    assert not cluster.apply(plan, foreign="adopt").failed
    assert live(cluster, space(namespace))["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "privileged"
    assert cluster.apply(plan)["changed"] is False
