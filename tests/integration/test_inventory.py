# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an apply keeps on the cluster besides the plan: the inventory of each part, and the Lease of the run."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from conftest import Cluster, write_plan
from waiting import until

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.lease import Lease
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.deadline import Deadline
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._inventory.applysets import HOME, applyset_id

Thing = dict[str, Any]
LEASE = f"/apis/coordination.k8s.io/v1/namespaces/{HOME}/leases/run"


def config_map(namespace: str, name: str, value: str = "1") -> Thing:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}, "data": {"key": value}}


def space(namespace: str) -> Thing:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}


def parent(cluster: Cluster, part: str) -> Thing:
    found = cluster.get(f"/api/v1/namespaces/{HOME}/configmaps/part-{part.replace('_', '-')}")
    assert found
    metadata: Thing = found["metadata"]
    return metadata


def test_a_part_records_where_its_objects_are_and_its_objects_say_whose_they_are(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    assert not cluster.apply(write_plan(tmp_path, inventory_a=[space(namespace), config_map(namespace, "thing")])).failed
    recorded = parent(cluster, "inventory_a")
    assert recorded["annotations"]["applyset.kubernetes.io/contains-group-kinds"] == "ConfigMap,Namespace"
    assert recorded["annotations"]["applyset.kubernetes.io/additional-namespaces"] == namespace
    assert recorded["labels"]["applyset.kubernetes.io/id"] == applyset_id("inventory_a")
    live = cluster.get(f"/api/v1/namespaces/{namespace}/configmaps/thing")
    assert live
    assert live["metadata"]["labels"]["applyset.kubernetes.io/part-of"] == applyset_id("inventory_a")


def test_what_left_the_plan_is_listed_and_left_alone_and_kept_in_sight(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "old", "namespace": namespace}}
    first = [space(namespace), config_map(namespace, "stays"), config_map(namespace, "leaves"), account]
    assert cluster.apply(write_plan(tmp_path, inventory_b=first))["orphans"] == []
    # A stranger's object that carries the label by accident is not ours.
    stranger = config_map(namespace, "stranger")
    stranger["metadata"]["labels"] = {"applyset.kubernetes.io/part-of": applyset_id("inventory_b")}
    cluster.create(f"/api/v1/namespaces/{namespace}/configmaps", stranger)

    plan = write_plan(tmp_path, inventory_b=first[:2])
    # The first of them records that the part is another one now.
    for ran, changed in ((cluster.apply(plan, check=True), True), (cluster.apply(plan), True), (cluster.apply(plan), False)):
        # The ServiceAccount too, although no object of that kind is in the plan any more.
        assert [entry["object"] for entry in ran["orphans"]] == [f"ConfigMap {namespace}/leaves", f"ServiceAccount {namespace}/old"]
        assert ran["changed"] is changed
    assert cluster.get(f"/api/v1/namespaces/{namespace}/configmaps/leaves")
    assert "ServiceAccount" in parent(cluster, "inventory_b")["annotations"]["applyset.kubernetes.io/contains-group-kinds"]

    cluster.delete(f"/api/v1/namespaces/{namespace}/configmaps/leaves")
    cluster.delete(f"/api/v1/namespaces/{namespace}/serviceaccounts/old")
    assert cluster.apply(plan)["orphans"] == []
    assert parent(cluster, "inventory_b")["annotations"]["applyset.kubernetes.io/contains-group-kinds"] == "ConfigMap,Namespace"


def test_what_was_installed_is_recorded_when_it_changes(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    path = f"/api/v1/namespaces/{HOME}/configmaps/install"

    def recorded() -> Thing:
        found = cluster.get(path)
        assert found
        told: Thing = json.loads(found["data"]["inventory_r"])
        return told

    plan = write_plan(tmp_path, inventory_r=[space(namespace), config_map(namespace, "thing")])
    how = {"requires": {"inventory_r": ["other"]}, "collection_version": "1.2.3"}
    assert cluster.apply(plan, **how)["changed"]
    first = recorded()
    assert (first["release"], first["requires"], first["collection"]) == ("test", ["other"], "1.2.3")
    assert "@" in first["by"] and first["when"].endswith("Z")
    # A run that has nothing to do writes nothing, of another collection neither.
    assert not cluster.apply(plan, **{**how, "collection_version": "1.2.4"})["changed"]
    assert recorded() == first
    # A record that is lost is written again, and that is a change.
    cluster.delete(path)
    assert cluster.apply(plan, **how, check=True)["changed"]
    assert cluster.get(path) is None
    assert cluster.apply(plan, **how)["changed"]
    assert recorded()["digest"] == first["digest"]


def test_an_object_that_moved_to_another_part_is_nobodys_orphan(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    both = [space(namespace), config_map(namespace, "thing")]
    cluster.apply(write_plan(tmp_path, inventory_c=both, inventory_d=[config_map(namespace, "other")]))
    ran = cluster.apply(write_plan(tmp_path, inventory_c=both[:1], inventory_d=[both[1], config_map(namespace, "other")]))
    assert not ran.failed
    assert ran["orphans"] == []


def holder(cluster: Cluster) -> str:
    live = cluster.get(LEASE)
    return str(((live or {}).get("spec") or {}).get("holderIdentity") or "")


def test_the_lease_is_given_back(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    assert not cluster.apply(write_plan(tmp_path, lease_a=[space(namespace)])).failed
    assert cluster.get(LEASE)
    assert holder(cluster) == ""


def test_a_second_run_says_who_is_at_work_and_writes_nothing(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    cluster.apply(write_plan(tmp_path, lease_b=[space(namespace)]))
    lease = Lease(cluster.client, HOME, "run", "somebody@elsewhere/1", lambda reason: None)
    lease.acquire(Deadline(20))
    try:
        ran = cluster.apply(write_plan(tmp_path, lease_b=[space(namespace), config_map(namespace, "thing")]), timeout=30)
        assert ran.failed
        assert "somebody@elsewhere/1 is at work on this cluster" in ran["msg"]
        assert cluster.get(f"/api/v1/namespaces/{namespace}/configmaps/thing") is None
        # Reading is free: a run with nothing to write does not ask for the Lease.
        assert not cluster.apply(write_plan(tmp_path, lease_b=[space(namespace)])).failed
    finally:
        lease.release()


def test_a_lease_whose_holder_died_is_taken_over(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    cluster.apply(write_plan(tmp_path, lease_c=[space(namespace)]))
    live = cluster.get(LEASE)
    assert live
    live["spec"] = {"holderIdentity": "dead@elsewhere/1", "leaseDurationSeconds": 2, "renewTime": "2020-01-01T00:00:00.000000Z"}
    cluster.client.request("PUT", LEASE, body=live)
    ran = cluster.apply(write_plan(tmp_path, lease_c=[space(namespace), config_map(namespace, "thing")]))
    assert not ran.failed, ran.stdout
    assert ran["seconds"] >= 2


def test_a_run_that_loses_the_lease_stops_writing_and_says_so(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    # The second part waits for a webhook that never comes up, so the run is still at work when the Lease goes.
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "nobody", "namespace": namespace},
        "spec": {"selector": {"app": "nobody"}, "ports": [{"port": 443}]},
    }
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}
    webhook = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": namespace},
        "webhooks": [
            {
                "name": "a.example.com",
                "clientConfig": {"service": {"namespace": namespace, "name": "nobody"}},
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
                "rules": [rule],
                "sideEffects": "None",
                "admissionReviewVersions": ["v1"],
            }
        ],
    }
    plan = write_plan(tmp_path, lease_d=[space(namespace), service, webhook, config_map(namespace, "held")])
    try:
        with ThreadPoolExecutor(max_workers=1) as pool:
            running = pool.submit(cluster.apply, plan, timeout=60, stall_timeout=60)
            until(lambda: holder(cluster) and cluster.get(f"/api/v1/namespaces/{namespace}/services/nobody"), 30)
            live = cluster.get(LEASE)
            assert live
            live["spec"]["holderIdentity"] = "thief@elsewhere/1"
            cluster.client.request("PUT", LEASE, body=live)
            ran = running.result(timeout=60)
        assert ran.failed
        assert "another run took the Lease" in ran["msg"]
        assert ran["seconds"] < 30
        assert holder(cluster) == "thief@elsewhere/1"
    finally:
        cluster.delete(f"/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/{namespace}")
        cluster.delete(LEASE)


def test_two_runs_that_start_together_do_not_write_together(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    plans = [
        write_plan(tmp_path / str(number), lease_e=[space(namespace), config_map(namespace, "thing", str(number))]) for number in (1, 2)
    ]
    start = threading.Barrier(2)

    def run(plan: str) -> Any:
        start.wait()
        return cluster.apply(plan, force_conflicts=True)

    with ThreadPoolExecutor(max_workers=2) as pool:
        first, second = pool.map(run, plans)
    for ran in (first, second):
        assert not ran.failed or "is at work on this cluster" in ran["msg"]
    assert not (first.failed and second.failed)
