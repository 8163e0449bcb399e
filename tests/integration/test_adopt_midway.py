# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Taking over what others installed, where a run ends in the middle of it or may not begin."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from adopting import config_map, kubectl_of, live, metadata, older, space, wanted
from conftest import Cluster, write_plan
from killing import drawn, run_modules
from test_apply import crd
from waiting import until

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.deadline import Deadline

MANAGER = "mlplatform.kubeflow"

kubectl = pytest.fixture(kubectl_of)


def test_a_run_that_ended_between_the_two_writes_is_continued(
    cluster: Cluster, namespace: str, kubectl: Callable[..., str], tmp_path: Path
) -> None:
    """A quota-like refusal keeps the apply away after the rewriting, as a kill does."""
    kubectl("apply", "-f", "-", given=older(namespace))
    item = wanted(namespace)
    item[1]["spec"]["selector"]["matchLabels"]["more"] = "immutable"
    item[1]["spec"]["template"]["metadata"]["labels"]["more"] = "immutable"
    assert cluster.apply(write_plan(tmp_path / "plan", adopt_h=item), foreign="adopt").failed
    entries = live(cluster, item[1])["metadata"]["managedFields"]
    assert [entry["manager"] for entry in entries if not entry.get("subresource") and entry["operation"] == "Apply"] == [MANAGER]
    plan = write_plan(tmp_path / "plan", adopt_h=wanted(namespace))
    # No word of adoption any more: it is ours, but for what is left to do.
    assert not cluster.apply(plan).failed
    assert [one["name"] for one in live(cluster, item[1])["spec"]["template"]["spec"]["containers"]] == ["main", "helper"]
    assert cluster.apply(plan)["changed"] is False


@pytest.mark.parametrize("number", range(4))
def test_a_run_that_is_killed_midway_is_finished_by_the_next(
    cluster: Cluster, namespace: str, kubectl: Callable[..., str], tmp_path: Path, number: int
) -> None:
    """At any of its writes: the inventory's, the rewriting of an object's owners, its apply."""
    kubectl("apply", "-f", "-", given=older(namespace))
    part = f"adopt_killed_{number}"
    plan = write_plan(tmp_path / "plan", **{part: wanted(namespace)})
    arguments = {"plan": plan, "foreign": "adopt"}
    # The Lease, the inventory before and after, the record, and two writes for each object.
    run_modules(cluster, tmp_path / "run", {"apply": arguments}, drawn(f"adoption {number}", 2 * len(wanted(namespace)) + 2))
    ran = cluster.apply(plan, foreign="adopt")
    assert not ran.failed, ran["msg"]
    containers = live(cluster, wanted(namespace)[1])["spec"]["template"]["spec"]["containers"]
    assert [container["name"] for container in containers] == ["main", "helper"]
    assert containers[0]["env"] == [{"name": "SAME", "value": "2"}]
    assert live(cluster, wanted(namespace)[2])["data"] == {"same": "2"}
    assert live(cluster, wanted(namespace)[5])["data"] == {"same": "eg=="}
    for again in (cluster.apply(plan, foreign="adopt", check=True, diff=True), cluster.apply(plan)):
        assert not again.failed
        assert again["changed"] is False and again["adopted"] == [] and again["orphans"] == []


def test_a_kind_whose_conversion_webhook_is_gone_is_named_and_nothing_is_half_taken(
    cluster: Cluster, namespace: str, group: str, kubectl: Callable[..., str], tmp_path: Path
) -> None:
    kind = crd(group, "Toy", "v1", "v2")
    toy = {"apiVersion": f"{group}/v1", "kind": "Toy", "metadata": metadata(namespace, "mine"), "spec": {"old": "1"}}
    kubectl("apply", "-f", "-", given=[space(namespace), kind, config_map(namespace, old="1")])
    cluster.client.request("POST", f"/apis/{group}/v1/namespaces/{namespace}/toys", body=toy, deadline=Deadline(30))
    client_config = {"service": {"namespace": namespace, "name": "gone", "path": "/convert"}}
    kind["spec"]["conversion"] = {
        "strategy": "Webhook",
        "webhook": {"clientConfig": client_config, "conversionReviewVersions": ["v1"]},
    }
    for version in kind["spec"]["versions"]:
        version["storage"] = version["name"] == "v2"
    kubectl("apply", "-f", "-", given=[kind])
    unreadable = f"/apis/{group}/v2/namespaces/{namespace}/toys/mine"
    until(lambda: "conversion webhook" in cluster.refusal("GET", unreadable), 30)
    newer = {**toy, "apiVersion": f"{group}/v2", "spec": {"new": "2"}}
    plan = write_plan(tmp_path / "plan", adopt_m=[space(namespace), kind, config_map(namespace, same="2"), newer])
    ran = cluster.apply(plan, foreign="adopt")
    assert ran.failed
    assert "conversion webhook" in ran["msg"] and "gone" in ran["msg"] and "Toy" in ran["msg"]
    # As long as its objects cannot be read, neither it nor any namespace of the cluster ever goes.
    kubectl("patch", "crd", f"toys.{group}", "--type=merge", "-p", '{"spec": {"conversion": {"strategy": "None", "webhook": null}}}')
    kubectl("delete", "crd", f"toys.{group}", "--timeout=60s")
