# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Parts that a cluster has from elsewhere: checked to be there, and left alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from conftest import Cluster, inventory, run_playbook, write_plan
from waiting import until

Thing = dict[str, Any]


def crd(plural: str, kind: str, version: str) -> Thing:
    names = {"plural": plural, "singular": kind.lower(), "kind": kind, "listKind": f"{kind}List"}
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.provided.example.com"},
        "spec": {
            "group": "provided.example.com",
            "scope": "Namespaced",
            "names": names,
            "versions": [{"name": version, "served": True, "storage": True, "schema": schema}],
        },
    }


def plan_with(folder: Path, provided: list[Thing], *objects: Thing) -> str:
    plan = write_plan(folder, chosen=list(objects), mesh=provided)
    (folder / "plan.json").write_text(json.dumps({"release": "test", "parts": ["chosen"], "provided": ["mesh"]}))
    return plan


def test_what_is_missing_of_a_provided_part_is_named_before_anything_is_written(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "mesh", "namespace": namespace},
        "spec": {"selector": {"app": "mesh"}, "ports": [{"port": 443}]},
    }
    gadget = {"apiVersion": "provided.example.com/v2", "kind": "Gadget", "metadata": {"name": "one", "namespace": namespace}}
    provided = [space, service, crd("gadgets", "Gadget", "v2")]
    plan = plan_with(tmp_path, provided, gadget)

    def said() -> tuple[str, str]:
        ran = cluster.module("preflight", {"plan": plan})
        finding = next(entry for entry in ran["findings"] if entry["check"] == "provided_parts")
        assert ran.failed == (finding["result"] == "fail")
        return finding["result"], finding["message"]

    result, message = said()
    assert result == "fail"
    assert (
        f"mesh: no Namespace {namespace}, no Service {namespace}/mesh, no CustomResourceDefinition gadgets.provided.example.com" in message
    )
    overridden = cluster.module("preflight", {"plan": plan, "overrides": ["provided_parts"]})
    assert not overridden.failed
    assert "no Namespace" in str(overridden["warnings"])

    # There, but neither answering nor in the version that the plan writes.
    cluster.create("/api/v1/namespaces", space)
    cluster.create(f"/api/v1/namespaces/{namespace}/services", service)
    cluster.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crd("gadgets", "Gadget", "v1"))
    result, message = said()
    assert f"Service {namespace}/mesh has no ready endpoint" in message
    assert "gadgets.provided.example.com does not serve v2" in message

    definition = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gadgets.provided.example.com"
    stored = crd("gadgets", "Gadget", "v1")["spec"]["versions"][0]
    cluster.patch(definition, {"spec": {"versions": [stored, {**stored, "name": "v2", "storage": False}]}})
    pod = {
        "metadata": {"name": "mesh", "labels": {"app": "mesh"}},
        "spec": {"containers": [{"name": "mesh", "image": "example.com/mesh:1"}]},
    }
    cluster.create(f"/api/v1/namespaces/{namespace}/pods", pod)
    until(lambda: said()[0] == "pass", 30)
    # The provided part's own objects are nobody's to apply.
    assert [part["name"] for part in cluster.apply(plan)["parts"]] == ["chosen"]
    live = cluster.get(f"/api/v1/namespaces/{namespace}/services/mesh")
    assert live
    assert "applyset.kubernetes.io/part-of" not in (live["metadata"].get("labels") or {})


def test_a_playbook_leaves_out_what_is_provided_and_refuses_when_it_is_not_there(cluster: Cluster, tmp_path: Path) -> None:
    hosts = inventory(tmp_path, "provided", kubeflow_kubeconfig=str(cluster.kubeconfig), kubeflow_provided_parts=["cert_manager", "istio"])
    played = run_playbook("-i", hosts, "site.yml", "-e", "kubeflow_parts=katib")
    assert played.returncode != 0
    assert "Taken as they are on the cluster: cert_manager, istio" in played.output
    assert "cert_manager: no Namespace cert-manager" in played.words
    assert "The cluster was not touched" in played.words
    assert cluster.get("/api/v1/namespaces/kubeflow") is None
    index = json.loads((tmp_path / "work/plan/plan.json").read_text())
    assert index["parts"] == ["kubeflow_namespace", "katib"]
    assert index["provided"] == ["cert_manager", "istio"]
