# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Objects of kinds that the plan itself brings, on a real API server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import Cluster, run_module, write_plan
from faulty_proxy import FaultyProxy, Refuse
from test_apply import crd, deployment, failures, space, thing

Thing = dict[str, object]
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def test_objects_are_sent_when_their_kind_is_served_and_crds_are_not_watched(
    cluster: Cluster, namespace: str, group: str, tmp_path: Path
) -> None:
    """Each event of a watch over all CRDs would carry a whole schema."""
    gadgets = [thing(f"{group}/v1", "Gadget", f"g{number}", namespace, spec={}) for number in range(3)]
    plan = write_plan(tmp_path, a=[*gadgets, crd(group, "Gadget", "v1"), space(namespace)])
    with FaultyProxy(cluster.client) as proxy:
        # As if the API server took its time.
        proxy.add(lambda request: request.path == f"/apis/{group}/v1/gadgets", *[Refuse(404, "404 page not found")] * 3)
        ran = run_module("apply", {"plan": plan, "host": proxy.url, "timeout": 40, "stall_timeout": 20})
        asked = proxy.asked(lambda request: request.path == f"/apis/{group}/v1/gadgets")
        sent = proxy.asked(lambda request: f"/{namespace}/gadgets/" in request.path)
        assert not proxy.asked(lambda request: request.watch and request.path == CRDS)
    assert not ran.failed, ran.stdout
    assert len(asked) >= 4
    assert [request.method for request in sent] == ["PATCH"] * 3
    assert min(request.at for request in sent) > asked[3].at
    # Nothing waits for the kind any more.
    (tmp_path / "a/objects.json").write_text(json.dumps([*gadgets, crd(group, "Gadget", "v1"), space(namespace, more="labels")]))
    with FaultyProxy(cluster.client) as proxy:
        ran = run_module("apply", {"plan": plan, "host": proxy.url, "timeout": 40, "stall_timeout": 20})
        assert not proxy.asked(lambda request: request.query.get("limit") == "1")
    assert not ran.failed and ran["changed"], ran.stdout


def bound(namespace: str) -> list[dict[str, object]]:
    """A ServiceAccount that may do anything, and what stands for it in a plan."""
    subject = {"kind": "ServiceAccount", "name": "runner", "namespace": namespace}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}
    rbac = "rbac.authorization.k8s.io/v1"
    return [
        thing("v1", "ServiceAccount", "runner", namespace),
        thing(rbac, "RoleBinding", "runner", namespace, subjects=[subject], roleRef=reference),
    ]


def test_a_workload_is_sent_when_discovery_tells_of_the_kinds_of_its_part(
    cluster: Cluster, namespace: str, group: str, tmp_path: Path
) -> None:
    """That is where controllers look for them when they start."""
    controller, other = deployment(namespace, "controller", serviceAccountName="runner"), deployment(namespace, "database")
    kinds = [crd(group, "Gadget", "v1"), crd(group, "Widget", "v1")]
    plan = write_plan(tmp_path, a=[controller, other, *kinds, *bound(namespace), space(namespace)])
    with FaultyProxy(cluster.client) as proxy:
        # As if the API server took its time.
        proxy.add(lambda request: request.path == f"/apis/{group}/v1", *[Refuse(404, "404 page not found")] * 4)
        ran = run_module("apply", {"plan": plan, "host": proxy.url, "timeout": 40, "stall_timeout": 20})
        asked = proxy.asked(lambda request: request.path == f"/apis/{group}/v1")
        sent = {request.path.rpartition("/")[2]: request.at for request in proxy.asked(lambda request: "/deployments/" in request.path)}
    assert not ran.failed, ran.stdout
    assert sent["database"] < asked[3].at < sent["controller"]


def test_the_crd_that_a_conversion_needs_is_watched_alone(cluster: Cluster, namespace: str, group: str, tmp_path: Path) -> None:
    definition = crd(group, "Gadget", "v1", "v1beta1")
    client_config = {"service": {"namespace": namespace, "name": "hook"}}
    definition["spec"]["conversion"] = {
        "strategy": "Webhook",
        "webhook": {"clientConfig": client_config, "conversionReviewVersions": ["v1"]},
    }
    service = thing("v1", "Service", "hook", namespace, spec={"selector": {"app": "hook"}, "ports": [{"port": 443}]})
    gadget = thing(f"{group}/v1beta1", "Gadget", "g", namespace, spec={})
    plan = write_plan(tmp_path, a=[gadget, definition, service, space(namespace)])
    with FaultyProxy(cluster.client) as proxy:
        ran = run_module("apply", {"plan": plan, "host": proxy.url, "timeout": 30, "stall_timeout": 3})
        watches = proxy.asked(lambda request: request.watch and request.path == CRDS)
    assert watches
    assert {request.query["fieldSelector"] for request in watches} == {f"metadata.name=gadgets.{group}"}
    assert list(failures(ran)) == [f"Gadget.{group} {namespace}/g"]


@pytest.mark.parametrize("defect", ["names", "version"])
def test_a_kind_that_is_never_served_is_said_with_its_cause(
    cluster: Cluster, namespace: str, group: str, tmp_path: Path, defect: str
) -> None:
    definition = crd(group, "Gadget", "v1", "v2")
    if defect == "names":
        taken = crd(group, "Widget", "v1")
        taken["spec"]["names"]["shortNames"] = ["gadgets"]
        cluster.create(CRDS, taken)
        words = 'not NamesAccepted: "gadgets" is already in use'
    else:
        definition["spec"]["versions"][1]["served"] = False
        words = "v2 is not among the versions that it serves"
    gadget = thing(f"{group}/v2", "Gadget", "g", namespace, spec={})
    ran = cluster.apply(write_plan(tmp_path, a=[gadget, definition, space(namespace)]), stall_timeout=8)
    (failure,) = ran["failures"]
    assert failure["object"] == f"Gadget.{group} {namespace}/g"
    assert failure["message"].startswith(f"waits for CustomResourceDefinition gadgets.{group}: {words}")
    assert failure["message"].endswith("(no progress for 8 s, the stall_timeout)")


def test_a_workload_whose_kinds_are_never_found_is_said_with_the_cause(
    cluster: Cluster, namespace: str, group: str, tmp_path: Path
) -> None:
    taken = crd(group, "Widget", "v1")
    taken["spec"]["names"]["shortNames"] = ["gadgets"]
    cluster.create(CRDS, taken)
    controller = deployment(namespace, "controller", serviceAccountName="runner")
    kinds = [crd(group, "Gadget", "v1"), crd(group, "Thing", "v1")]
    ran = cluster.apply(write_plan(tmp_path, a=[controller, *kinds, *bound(namespace), space(namespace)]), stall_timeout=8)
    (failure,) = ran["failures"]
    assert failure["object"] == f"Deployment {namespace}/controller"
    assert failure["message"].startswith(
        f'waits for the kinds of {group}/v1: gadgets.{group}: not NamesAccepted: "gadgets" is already in use'
    )
