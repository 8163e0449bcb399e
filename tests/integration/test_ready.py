# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module ready on a real API server."""

from __future__ import annotations

import datetime
import itertools
import re
import threading
from pathlib import Path
from typing import Any

from conftest import Cluster, Ran, run_module, write_plan
from faulty_proxy import Cut, Do, FaultyProxy, Refuse
from waiting import sooner_than, until

Thing = dict[str, Any]
CONTAINER = {"name": "main", "image": "example.com/main:1"}


def space(name: str) -> Thing:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def config_map(namespace: str, name: str) -> Thing:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}}


def deployment(namespace: str, name: str, **pod: Any) -> Thing:
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [CONTAINER], **pod}}
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": namespace}, "spec": spec}


def job(namespace: str, name: str) -> Thing:
    spec = {"template": {"spec": {"containers": [CONTAINER], "restartPolicy": "Never"}}}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name, "namespace": namespace}, "spec": spec}


def claim(namespace: str, name: str) -> Thing:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name, "namespace": namespace}, "spec": spec}


def verdict(ran: Ran, part: str) -> Thing:
    found: Thing = next(entry for entry in ran["parts"] if entry["name"] == part)
    return found


def not_ready(ran: Ran, part: str) -> dict[str, tuple[str, str]]:
    return {entry["object"]: (entry["state"], entry["message"]) for entry in verdict(ran, part)["not_ready"]}


def test_a_ready_plan(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    volumes = [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]
    workload = deployment(namespace, "web", volumes=volumes)
    plan = write_plan(
        tmp_path, base=[space(namespace), claim(namespace, "data")], app=[workload, job(namespace, "once"), config_map(namespace, "c")]
    )
    assert not cluster.apply(plan).failed
    ran = cluster.ready(plan)
    assert not ran.failed, ran.stdout
    assert ran["ready"] is True
    assert ran["reason"] == ""
    assert ran["changed"] is False
    assert [(entry["name"], entry["ready"], entry["objects"]) for entry in ran["parts"]] == [("base", True, 2), ("app", True, 3)]
    lines = ran["msg"].splitlines()
    assert [line.split()[:3] for line in lines] == [["base", "ready", "after"], ["app", "ready", "after"]]


def test_what_is_not_ready_is_named_with_its_last_warning_in_bounded_time(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    """And a warning about pods of another workload, whose name begins alike, is not taken for its own."""
    waits = deployment(namespace, "web", nodeSelector={"no": "such"})
    alike = deployment(namespace, "web-ui", resources={"requests": {"cpu": "1000"}})
    plan = write_plan(tmp_path, base=[space(namespace)], app=[waits, alike, claim(namespace, "unused")])
    assert not cluster.apply(plan).failed

    def warned() -> bool:
        events = (cluster.get(f"/api/v1/namespaces/{namespace}/events") or {})["items"]
        return len({event["involvedObject"]["name"] for event in events if event["type"] == "Warning"}) == 2

    until(warned)
    with sooner_than(100):
        ran = cluster.ready(plan, timeout=200, stall_timeout=1)
    assert ran.failed
    assert ran["reason"] == "no progress for 1 s, the stall_timeout"
    assert ran["msg"].startswith("Not everything is ready: no progress for 1 s, the stall_timeout\n")
    assert verdict(ran, "base")["ready"]
    found = not_ready(ran, "app")
    assert set(found) == {f"Deployment {namespace}/web", f"Deployment {namespace}/web-ui", f"PersistentVolumeClaim {namespace}/unused"}
    state, message = found[f"Deployment {namespace}/web"]
    assert state == "InProgress"
    assert message.startswith("0 of 1 replicas available: no node takes its pod: 0/")
    assert verdict(ran, "app")["stalled"] is True
    assert verdict(ran, "base")["stalled"] is False
    assert {entry["object"].split()[0]: entry["reason"] for entry in verdict(ran, "app")["not_ready"]} == {
        "Deployment": "Unschedulable",
        "PersistentVolumeClaim": "Stalled",
    }
    assert "node affinity/selector" in message and "Insufficient cpu" not in message
    assert "Insufficient cpu" in found[f"Deployment {namespace}/web-ui"][1]
    assert "no volume is bound" in found[f"PersistentVolumeClaim {namespace}/unused"][1]
    assert "3 of 3 not ready" in ran["msg"]
    assert "Insufficient cpu" in ran["msg"]


def test_a_wait_in_which_only_words_change_stalls(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    """A Secret is missing. That the Deployment's own time has run out meanwhile is said, and is no progress."""
    container = {**CONTAINER, "volumeMounts": [{"name": "v", "mountPath": "/v"}]}
    workload = deployment(namespace, "web", volumes=[{"name": "v", "secret": {"secretName": "missing"}}], containers=[container])
    workload["spec"]["progressDeadlineSeconds"] = 10
    plan = write_plan(tmp_path, app=[space(namespace), workload])
    assert not cluster.apply(plan).failed
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/web"
    until(lambda: (cluster.get(path) or {}).get("status", {}).get("unavailableReplicas"))
    # As progress, the words that come after 10 seconds would make it 22.
    with sooner_than(21):
        ran = cluster.ready(plan, timeout=60, stall_timeout=12)
    assert ran["reason"] == "no progress for 12 s, the stall_timeout"
    _state, message = not_ready(ran, "app")[f"Deployment {namespace}/web"]
    assert "has timed out progressing" in message
    assert "FailedMount" in message


def test_an_api_server_that_does_not_answer_is_waited_for_as_long_as_was_asked(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    """Not for the time that a single request may take. Discovery, and the first lists."""
    plan = write_plan(tmp_path, app=[config_map(namespace, "c")])
    for path in ("/api/v1", "/api/v1/configmaps"):
        over = threading.Event()
        with FaultyProxy(cluster.client) as proxy:
            proxy.add(lambda request, path=path: request.path == path, Do(lambda over=over: over.wait(60), Cut()), forever=True)
            # A request may take 60 seconds.
            with sooner_than(30):
                ran = run_module("ready", {"plan": plan, "host": proxy.url, "timeout": 3, "stall_timeout": 60})
            over.set()
        assert ran.failed
        assert ran["msg"].startswith("The cluster cannot be watched: ")
        assert "the time of 3 s is over, the timeout" in ran["msg"]


def test_what_failed_for_good_ends_the_wait_at_once(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    once = job(namespace, "once")
    once["spec"]["suspend"] = True
    plan = write_plan(tmp_path, app=[space(namespace), once, deployment(namespace, "web", nodeSelector={"no": "such"})])
    assert not cluster.apply(plan).failed
    path = f"/apis/batch/v1/namespaces/{namespace}/jobs/once"
    # The job controller fails it by itself.
    cluster.patch(path, {"spec": {"suspend": False, "activeDeadlineSeconds": 1, "template": {"spec": {"nodeSelector": {"no": "such"}}}}})
    with sooner_than(100):
        ran = cluster.ready(plan, timeout=300, stall_timeout=300)
    state, message = not_ready(ran, "app")[f"Job {namespace}/once"]
    assert state == "Failed"
    assert message.startswith("DeadlineExceeded: ")
    assert ran["reason"].startswith(f"Job {namespace}/once failed: DeadlineExceeded: ")
    assert ran["msg"].startswith(f"Not everything is ready: {ran['reason']}\n")


def test_what_is_not_there_is_not_ready_of_whatever_kind(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": namespace, "namespace": "x"}}
    strange = {"apiVersion": "nowhere.example.com/v1", "kind": "Nothing", "metadata": {"name": "n"}}
    plan = write_plan(tmp_path, roles=[role, config_map(namespace, "c")], app=[deployment(namespace, "web"), strange])
    ran = cluster.ready(plan, timeout=5)
    assert ran.failed
    assert ran["reason"] == "the time of 5 s is over, the timeout"
    assert not_ready(ran, "roles") == {
        f"ClusterRole {namespace}": ("NotFound", "is not there"),
        f"ConfigMap {namespace}/c": ("NotFound", "is not there"),
    }
    assert not_ready(ran, "app")[f"Deployment {namespace}/web"] == ("NotFound", "is not there")
    assert not_ready(ran, "app")["Nothing.nowhere.example.com n"] == ("NotFound", "is not there")


def test_check_mode_looks_once_and_does_not_fail(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    plan = write_plan(tmp_path, app=[deployment(namespace, "web")])
    with sooner_than(60):
        ran = cluster.ready(plan, timeout=600, check=True)
    assert not ran.failed
    assert ran["ready"] is False
    assert not_ready(ran, "app") == {f"Deployment {namespace}/web": ("NotFound", "is not there")}


def test_what_becomes_ready_meanwhile_is_seen(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    workload = deployment(namespace, "web")
    plan = write_plan(tmp_path, app=[space(namespace), workload])
    cluster.apply(plan)
    # Nothing of it may be ready by now; the watch sees it through.
    ran = cluster.ready(plan)
    assert not ran.failed, ran.stdout
    assert verdict(ran, "app")["seconds"] < 20


def test_a_kind_that_cannot_be_converted_for_a_moment_is_waited_for_and_said(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    plan = write_plan(tmp_path, app=[space(namespace), deployment(namespace, "web")])
    assert not cluster.apply(plan).failed
    assert not cluster.ready(plan).failed
    down = Refuse(500, "conversion webhook for example.com/v1, Kind=Web failed: Post: no endpoints available for service")
    deployments = "/apis/apps/v1/deployments"
    for faults, ready in ((True, False), (False, True)):
        with FaultyProxy(cluster.client) as proxy:
            proxy.add(lambda request: request.path == deployments, down, down, *([] if faults else [None]), forever=True)
            ran = run_module("ready", {"plan": plan, "host": proxy.url, "timeout": 30, "stall_timeout": 3})
        assert ran["ready"] is ready
        if faults:
            _state, message = not_ready(ran, "app")[f"Deployment {namespace}/web"]
            assert message.startswith("cannot be read yet: conversion webhook for example.com/v1")


def test_a_program_that_nobody_probes_and_that_crashes_again_and_again_is_not_ready(
    cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    """A kubelet counts it as ready each time it comes up."""
    plan = write_plan(tmp_path, app=[space(namespace), deployment(namespace, "web")])
    assert not cluster.apply(plan).failed
    assert not cluster.ready(plan).failed
    pods = f"/api/v1/namespaces/{namespace}/pods"
    (pod,) = (cluster.get(pods) or {})["items"]
    over = threading.Event()

    def crash() -> None:
        for count in itertools.count(1):
            now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            (status,) = pod["status"]["containerStatuses"]
            again = {**status, "restartCount": count, "state": {"running": {"startedAt": now}}}
            cluster.patch(f"{pods}/{pod['metadata']['name']}/status", {"status": {"containerStatuses": [again]}})
            if over.wait(1):
                return

    crashing = threading.Thread(target=crash)
    crashing.start()
    ran = cluster.ready(plan, timeout=60, stall_timeout=6)
    over.set()
    crashing.join()
    assert ran["reason"] == "no progress for 6 s, the stall_timeout"
    _state, message = not_ready(ran, "app")[f"Deployment {namespace}/web"]
    assert re.match(r"container main has no readinessProbe and is up for \d s only, after \d+ restarts", message), message
    assert f"(restarted meanwhile: Deployment {namespace}/web " in ran["msg"]


def test_a_rule_of_the_users_own_decides_about_its_kind(cluster: Cluster, namespace: str, group: str, tmp_path: Path) -> None:
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}, "subresources": {"status": {}}}
    crd = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"backups.{group}"},
        "spec": {"group": group, "scope": "Cluster", "names": {"plural": "backups", "kind": "Backup"}, "versions": [version]},
    }
    backup = {"apiVersion": f"{group}/v1", "kind": "Backup", "metadata": {"name": namespace}}
    plan = write_plan(tmp_path, app=[crd, backup])
    assert not cluster.apply(plan).failed
    # Without a rule, and without a word of its controller.
    assert cluster.ready(plan)["ready"] is True
    path = f"/apis/{group}/v1/backups/{namespace}"
    conditions = [{"type": "Ready", "status": "False", "reason": "Waits", "message": "for a disk"}]
    cluster.patch(f"{path}/status", {"status": {"phase": "Running", "conditions": conditions}})
    # As kstatus has it.
    ran = cluster.ready(plan, check=True)
    assert not_ready(ran, "app") == {f"Backup.{group} {namespace}": ("InProgress", "Ready is False: Waits: for a disk")}
    rule = {"kind": "Backup", "ready": "status.phase == 'Done'", "failed": "status.phase == 'Lost'", "message": "status.phase"}
    ran = cluster.ready(plan, check=True, ready_rules=[rule])
    assert not_ready(ran, "app") == {f"Backup.{group} {namespace}": ("InProgress", "Running")}
    cluster.patch(f"{path}/status", {"status": {"phase": "Lost"}})
    ran = cluster.ready(plan, ready_rules=[rule])
    assert ran["reason"] == f"Backup.{group} {namespace} failed: Lost"
    cluster.patch(f"{path}/status", {"status": {"phase": "Done"}})
    assert cluster.ready(plan, ready_rules=[rule])["ready"] is True


def test_a_rule_that_is_none_is_refused_before_the_cluster_is_asked(tmp_path: Path) -> None:
    plan = write_plan(tmp_path, app=[config_map("n", "c")])
    for module in ("ready", "preflight"):
        arguments = {"plan": plan, "host": "https://127.0.0.1:1", "variable_prefix": "kubeflow_", "timeout": 5}
        ran = run_module(module, {**arguments, "ready_rules": [{"kind": "ConfigMap", "ready": "data."}]})
        assert ran["msg"] == "kubeflow_ready_rules[0].ready (of ConfigMap): it is not JMESPath at character 6"
