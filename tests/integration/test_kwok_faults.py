# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Faults on an embedded cluster of their own: each looks as on real nodes, and is over when it is taken back."""

from __future__ import annotations

import base64
import functools
import json
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Cluster, embedded_cluster, run_playbook
from waiting import until

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.http import ApiError

sys.path.insert(0, str(Path(__file__).parents[2] / "roles/cluster_kwok/files"))

from standins.authority import self_signed

Thing = dict[str, Any]
FAULTS: list[Thing] = [
    {"fault": "image_not_found", "images": "*/gone:*"},
    {"fault": "crash", "pods": "default/crash-*", "container": "m", "exit_code": 3, "log": "first\nlast"},
    {"fault": "crash", "pods": "default/init-*", "container": "before"},
    {"fault": "crash", "pods": "default/once-*"},
    {"fault": "out_of_memory", "pods": "default/big-*"},
    {"fault": "probe_fails", "pods": "default/probed-*"},
    {"fault": "node_small", "nodes": "node-00000[01]", "cpu": "2"},
    {"fault": "node_not_ready", "nodes": "node-000002"},
    {"fault": "no_default_storage_class"},
    {"fault": "quota", "namespace": "few", "hard": {"pods": 0}},
    {"fault": "webhook_hangs", "service": "default/slow"},
]


class Faulty(Cluster):
    state: dict[str, str]

    def play(self, faults: list[Thing]) -> int:
        """Run the playbook that users run; how many tasks changed something."""
        played = run_playbook("-i", self.hosts, "playbooks/cluster.yml", "-e", json.dumps({"cluster_kwok_faults": faults}), env=self.state)
        assert played.returncode == 0, played.output
        return played.recap["changed"]

    def deployment(
        self, name: str, namespace: str = "default", init: Thing | None = None, volumes: list[Thing] | None = None, **container: Any
    ) -> None:
        template: Thing = {
            "metadata": {"labels": {"app": name}},
            "spec": {"containers": [{"name": "m", "image": "e.org/m:1", **container}]},
        }
        if init:
            template["spec"]["initContainers"] = [init]
        if volumes:
            template["spec"]["volumes"] = volumes
        spec = {"selector": {"matchLabels": {"app": name}}, "template": template}
        self.create(f"/apis/apps/v1/namespaces/{namespace}/deployments", {"metadata": {"name": name}, "spec": spec})

    def pod(self, name: str) -> Thing:
        found = self.client.get("/api/v1/namespaces/default/pods", query={"labelSelector": f"app={name}"})["items"]
        return dict(found[0]) if found else {"metadata": {}, "status": {}}

    def container(self, name: str, kind: str = "containerStatuses") -> Thing:
        return dict(next(iter(self.pod(name)["status"].get(kind) or []), {}))

    def is_ready(self, name: str) -> bool:
        return bool(self.container(name).get("ready"))

    def waits_for(self, name: str, kind: str = "containerStatuses") -> str:
        return str(((self.container(name, kind).get("state") or {}).get("waiting") or {}).get("reason", ""))

    def messages(self, reason: str, namespace: str = "default") -> list[str]:
        return [
            event["message"] for event in self.client.get(f"/api/v1/namespaces/{namespace}/events")["items"] if event["reason"] == reason
        ]


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Faulty]:
    folder: Path = tmp_path_factory.mktemp("faulty")
    with embedded_cluster(folder, f"faulty-{secrets.token_hex(4)}", cluster_kwok_faults=FAULTS) as (kubeconfig, hosts, state):
        cluster = Faulty(kubeconfig, hosts)
        cluster.state = state
        cluster.create("/api/v1/namespaces", {"metadata": {"name": "few"}})
        until(lambda: cluster.get("/api/v1/namespaces/few/resourcequotas/rehearsed"))
        cluster.deployment("gone", image="e.org/gone:1")
        cluster.deployment("crash")
        cluster.deployment("init", init={"name": "before", "image": "e.org/m:1"})
        cluster.deployment("big")
        cluster.deployment("probed", readinessProbe={"tcpSocket": {"port": 1}})
        cluster.deployment("wide", resources={"requests": {"cpu": "3"}})
        cluster.deployment("many", "few")
        job = {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "m", "image": "e.org/m:1"}]}}, "backoffLimit": 0}
        cluster.create("/apis/batch/v1/namespaces/default/jobs", {"metadata": {"name": "once"}, "spec": job})
        claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
        cluster.create("/api/v1/namespaces/default/persistentvolumeclaims", {"metadata": {"name": "c"}, "spec": claim})
        yield cluster


def test_faults_look_as_on_real_nodes(faulty: Faulty) -> None:
    until(lambda: faulty.waits_for("gone") == "ImagePullBackOff")
    assert any("e.org/gone:1: not found" in message for message in faulty.messages("Failed"))
    until(lambda: faulty.waits_for("crash") == "CrashLoopBackOff")
    assert faulty.container("crash")["lastState"]["terminated"]["exitCode"] == 3
    assert faulty.container("crash")["restartCount"] == 1
    assert faulty.pod("crash")["status"]["phase"] == "Running"
    until(lambda: faulty.waits_for("init", "initContainerStatuses") == "CrashLoopBackOff")
    assert faulty.waits_for("init") == "PodInitializing"
    assert faulty.pod("init")["status"]["phase"] == "Pending"
    until(lambda: faulty.waits_for("big") == "CrashLoopBackOff")
    assert faulty.container("big")["lastState"]["terminated"]["reason"] == "OOMKilled"
    until(lambda: faulty.messages("Unhealthy"))
    assert not faulty.container("probed")["ready"]
    until(lambda: any("Insufficient cpu" in message for message in faulty.messages("FailedScheduling")))
    until(lambda: any("exceeded quota: rehearsed" in message for message in faulty.messages("FailedCreate", "few")))
    until(lambda: any("no storage class is set" in message for message in faulty.messages("FailedBinding")), 30)
    job = until(lambda: (faulty.get("/apis/batch/v1/namespaces/default/jobs/once") or {})["status"].get("conditions"))
    assert any(found["type"] == "Failed" and found["status"] == "True" for found in job)
    node = (faulty.get("/api/v1/nodes/node-000002") or {})["status"]["conditions"]
    assert next(found for found in node if found["type"] == "Ready")["status"] == "False"


def test_kubectl_shows_the_log_that_a_fault_lets_a_program_write(faulty: Faulty, binary: Any) -> None:
    until(lambda: faulty.waits_for("crash") == "CrashLoopBackOff", 30)
    kubectl = [binary("kubectl", "1.34.4"), "--kubeconfig", str(faulty.kubeconfig), "logs", "deploy/crash"]
    shown = subprocess.run([*kubectl, "--previous", "--tail=1"], capture_output=True, text=True, check=True, timeout=30)
    assert shown.stdout == "last\n"


def test_a_webhook_that_hangs_is_waited_for_until_its_time_is_over(faulty: Faulty) -> None:
    """And what is not asked about is not held up."""
    made = self_signed("slow.default.svc", ["slow.default.svc"])
    pair = {"tls.crt": base64.b64encode(made.certificate).decode(), "tls.key": base64.b64encode(made.key).decode()}
    faulty.create("/api/v1/namespaces/default/secrets", {"metadata": {"name": "slow"}, "type": "kubernetes.io/tls", "data": pair})
    mounts = [{"name": "pair", "mountPath": "/pair"}]
    faulty.deployment("slow", volumes=[{"name": "pair", "secret": {"secretName": "slow"}}], volumeMounts=mounts)
    service = {"selector": {"app": "slow"}, "ports": [{"port": 443}]}
    faulty.create("/api/v1/namespaces/default/services", {"metadata": {"name": "slow"}, "spec": service})
    faulty.create("/api/v1/namespaces", {"metadata": {"name": "asked", "labels": {"asked": "yes"}}})
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}
    hook = {
        "name": "slow.example.com",
        "clientConfig": {"service": {"name": "slow", "namespace": "default"}, "caBundle": pair["tls.crt"]},
        "rules": [rule],
        "namespaceSelector": {"matchLabels": {"asked": "yes"}},
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "timeoutSeconds": 1,
    }
    faulty.create("/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations", {"metadata": {"name": "slow"}, "webhooks": [hook]})

    def refused() -> str:
        try:
            faulty.create("/api/v1/namespaces/asked/configmaps", {"metadata": {"name": secrets.token_hex(4)}})
        except ApiError as error:
            return error.message
        return ""

    until(lambda: "context deadline exceeded" in refused(), 30)
    assert faulty.create("/api/v1/namespaces/default/configmaps", {"metadata": {"name": "not-asked"}})


def test_what_is_taken_back_heals(faulty: Faulty) -> None:
    assert faulty.play(FAULTS) == 0
    assert faulty.play([]) == 1
    for name in ("gone", "crash", "init", "big", "probed", "wide"):
        until(functools.partial(faulty.is_ready, name), 30)
    assert faulty.container("crash")["restartCount"] >= 1
    until(lambda: (faulty.get("/apis/apps/v1/namespaces/few/deployments/many") or {})["status"].get("readyReplicas") == 1, 60)
    until(lambda: faulty.get("/api/v1/namespaces/few/resourcequotas/rehearsed") is None)
    node = until(lambda: (faulty.get("/api/v1/nodes/node-000000") or {})["status"]["allocatable"]["cpu"] == "32")
    assert node
    until(
        lambda: (
            next(found for found in (faulty.get("/api/v1/nodes/node-000002") or {})["status"]["conditions"] if found["type"] == "Ready")[
                "status"
            ]
            == "True"
        )
    )
