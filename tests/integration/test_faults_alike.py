# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The same faults on a real kubelet and on the embedded cluster: what people and programs are shown has to be the same.

What is seen is kept in docs/kubelets.json, which docs/kubelets.md is made from: C(KUBEFLOW_RECORD=1 pytest tests/integration/test_faults_alike.py)
writes it anew.
"""

from __future__ import annotations

import concurrent.futures
import functools
import json
import os
import re
import secrets
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT, Cluster, embedded_cluster, inventory, run_playbook
from waiting import until

Thing = dict[str, Any]
RECORD = ROOT / "docs/kubelets.json"
VERSION = "1.34.4"
IMAGE = "localhost/faulty:1"
# Where the node's container runtime asks without TLS.
REGISTRY = "localhost:5001"


def deployment(name: str, *arguments: str, namespace: str = "default", init: Thing | None = None, **more: Any) -> Thing:
    volumes = more.pop("volumes", [])
    container = {"name": "main", "image": IMAGE, "args": [*arguments] or ["stay"], **more}
    if volumes:
        container["volumeMounts"] = [{"name": volume["name"], "mountPath": f"/{volume['name']}"} for volume in volumes]
    pod = {"containers": [container], "volumes": volumes, **({"initContainers": [init]} if init else {})}
    spec = {"selector": {"matchLabels": {"app": name}}, "template": {"metadata": {"labels": {"app": name}}, "spec": pod}}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": namespace}, "spec": spec}


def space(name: str, **labels: str) -> Thing:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


HOOK = {
    "name": "down.example.com",
    "clientConfig": {"service": {"name": "down", "namespace": "default"}},
    "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}],
    "namespaceSelector": {"matchLabels": {"hooked": "yes"}},
    "sideEffects": "None",
    "admissionReviewVersions": ["v1"],
}
OBJECTS: list[Thing] = [
    space("few"),
    space("hooked", hooked="yes"),
    {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "rehearsed", "namespace": "few"}, "spec": {"hard": {"pods": "0"}}},
    {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "down", "namespace": "default"},
        "spec": {"selector": {"app": "nobody"}, "ports": [{"port": 443}]},
    },
    {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": "down"},
        "webhooks": [HOOK],
    },
    {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "no-class", "namespace": "default"},
        "spec": {"storageClassName": "missing", "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    },
]
# By name: what it is, its workload, and what the embedded cluster has to be told.
WORKLOADS: dict[str, tuple[str, Thing, list[Thing]]] = {
    "no-config-map": (
        "a ConfigMap that pods mount is missing",
        deployment("no-config-map", volumes=[{"name": "v", "configMap": {"name": "istio-ca-root-cert"}}]),
        [],
    ),
    "no-secret": (
        "a Secret that pods mount is missing",
        deployment("no-secret", volumes=[{"name": "v", "secret": {"secretName": "webhook-server-tls"}}]),
        [],
    ),
    "no-variable": (
        "a Secret that the environment names is missing",
        deployment("no-variable", env=[{"name": "A", "valueFrom": {"secretKeyRef": {"name": "none", "key": "k"}}}]),
        [],
    ),
    "gone": (
        "an image does not exist",
        deployment("gone", image=f"{REGISTRY}/a/gone:1"),
        [{"fault": "image_not_found", "images": "*/gone:*"}],
    ),
    "denied": (
        "a registry wants a login",
        deployment("denied", image=f"{REGISTRY}/a/denied:1"),
        [{"fault": "image_denied", "images": "*/denied:*"}],
    ),
    "busy": (
        "a registry has been asked too often",
        deployment("busy", image=f"{REGISTRY}/a/busy:1"),
        [{"fault": "rate_limited", "images": "*/busy:*"}],
    ),
    "nowhere": (
        "a registry is not found",
        deployment("nowhere", image="nowhere.example.com/a/b:1"),
        [{"fault": "registry_unreachable", "images": "nowhere.example.com/*"}],
    ),
    "crash": (
        "a program ends with an error",
        deployment("crash", "exit", "3", "it broke"),
        [{"fault": "crash", "pods": "default/crash-*", "exit_code": 3, "log": "it broke"}],
    ),
    "init": (
        "an init container ends with an error",
        deployment("init", init={"name": "before", "image": IMAGE, "args": ["exit", "1", "it broke"]}),
        [{"fault": "crash", "pods": "default/init-*", "container": "before", "log": "it broke"}],
    ),
    "memory": (
        "a program needs more memory than it may have",
        deployment("memory", "eat", resources={"limits": {"memory": "24Mi"}}),
        [{"fault": "out_of_memory", "pods": "default/memory-*"}],
    ),
    "read-only": (
        "a file system is read-only",
        deployment("read-only", "write", "/x", securityContext={"readOnlyRootFilesystem": True}),
        [{"fault": "crash", "pods": "default/read-only-*", "log": "open /x: read-only file system"}],
    ),
    "probed": (
        "a readiness probe fails",
        deployment("probed", readinessProbe={"httpGet": {"port": 1}, "periodSeconds": 1}),
        [{"fault": "probe_fails", "pods": "default/probed-*"}],
    ),
    "wide": ("no node has enough room", deployment("wide", resources={"requests": {"cpu": "1k"}}), []),
    "no-class": (
        "a claim names a StorageClass that is not there",
        deployment("no-class", volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": "no-class"}}]),
        [],
    ),
    "quota": ("a quota is used up", deployment("quota", namespace="few"), []),
    "refused": ("a webhook that is asked about pods has no endpoint (the injector is down)", deployment("refused", namespace="hooked"), []),
}
# What differs, and why that is right, or not to be had.
DIFFERENCES = {
    "denied": "registries refuse in their own words: here those of one that knows basic authentication only, there those of Docker Hub",
    "busy": "registries refuse in their own words: here no words but the status, there those of Docker Hub",
    "memory": "OOMKilled is what a node says that sees the kernel's message; in a container in a container it says Error",
    "probed": "probes fail in many ways; the embedded cluster's are answered with 503",
    "refused": "where API servers go by way of a Service's address, a connection is refused; the embedded one goes to endpoints itself",
}
# On a kubelet only, and no sign of a fault.
_ORDINARY = {"Scheduled", "Pulled", "Created", "Started", "SuccessfulCreate", "Pulling", "ScalingReplicaSet"}
# Of a kubelet that has much to do, whether or not the thing is there.
_BUSY = "failed to sync"


def plain(text: str, name: str) -> str:
    """Without what differs between any two runs."""
    text = re.sub(rf"\b{name}-[a-z0-9]{{5,10}}(-[a-z0-9]{{5}})?", f"{name}-…", text)
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}", "UID", text)
    text = re.sub(r"back-off (\d+m)?\d+s", "back-off N s", text)
    text = re.sub(r"\b\d+/\d+ nodes are available: (\d+ )?", "N nodes are available: ", text)
    text = re.sub(r"\d+\.\d+\.\d+\.\d+(:\d+)?", "ADDRESS", text)
    return text.replace("(combined from similar events): ", "")


class Shown:
    """What a cluster has shown of each workload so far."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.seen: dict[str, set[str]] = {name: set() for name in WORKLOADS}

    def look(self) -> None:
        for pod in self.cluster.client.get("/api/v1/pods")["items"]:
            if (name := pod["metadata"].get("labels", {}).get("app")) in WORKLOADS:
                self.seen[name].update(plain(words, name) for words in self._of(pod))
        for event in self.cluster.client.get("/api/v1/events")["items"]:
            about = event["involvedObject"]["name"]
            for name in WORKLOADS:
                if re.fullmatch(rf"{name}(-[a-z0-9]+)*", about) and event["reason"] not in _ORDINARY and _BUSY not in event["message"]:
                    self.seen[name].add(plain(f"{event['type']} {event['reason']}: {event['message']}", name))

    @staticmethod
    def _of(pod: Thing) -> Iterator[str]:
        status = pod["status"]
        for condition in status.get("conditions") or []:
            if condition["type"] == "PodScheduled" and condition["status"] == "False":
                yield f"{condition['reason']}: {condition['message']}"
        for container in [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]:
            waiting = container["state"].get("waiting") or {}
            if waiting.get("message") or waiting.get("reason") not in (None, "PodInitializing", "ContainerCreating"):
                yield f"waiting {waiting['reason']}: {waiting.get('message', '')}".rstrip(": ")
            ended = (container.get("lastState") or {}).get("terminated")
            if ended:
                yield f"ended {ended['reason']}, exit code {ended['exitCode']}"
            if status["phase"] == "Running" and not container["ready"] and "running" in container["state"]:
                yield "running, not ready"

    def complete(self, wanted: dict[str, int]) -> bool:
        self.look()
        return all(len(self.seen[name]) >= count for name, count in wanted.items())


def paths_of(item: Thing) -> str:
    plural = item["kind"].lower() + "s"
    prefix = "/api/v1" if item["apiVersion"] == "v1" else f"/apis/{item['apiVersion']}"
    namespace = item["metadata"].get("namespace")
    return f"{prefix}/namespaces/{namespace}/{plural}" if namespace else f"{prefix}/{plural}"


def make(cluster: Cluster) -> None:
    until(lambda: cluster.get("/api/v1/namespaces/default/serviceaccounts/default"), 60)
    for item in OBJECTS:
        cluster.create(paths_of(item), item)

    def counted() -> bool:
        quota = cluster.get("/api/v1/namespaces/few/resourcequotas/rehearsed") or {}
        return bool((quota.get("status") or {}).get("hard"))

    until(counted, 60)
    for _words, item, _faults in WORKLOADS.values():
        cluster.create(paths_of(item), item)


def why_not() -> str:
    """Why there can be no node with a real kubelet here."""
    if not shutil.which("docker") or subprocess.run(["docker", "version"], capture_output=True, check=False).returncode:
        return "there is no container engine"
    if not shutil.which("go"):
        return "there is no Go to build the program with"
    if subprocess.run(["docker", "image", "inspect", f"kindest/node:v{VERSION}"], capture_output=True, check=False).returncode:
        return f"there is no node image kindest/node:v{VERSION}"
    return ""


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, binary: Callable[[str, str], str]) -> Iterator[Cluster]:
    """A cluster of kind, with the program's image on its node, and a registry that the node asks."""
    if why := why_not():
        pytest.skip(why)
    folder, name = tmp_path_factory.mktemp("real"), f"alike-{secrets.token_hex(3)}"
    program = folder / "faulty"
    build = ["go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", str(program), "."]
    subprocess.run(build, cwd=ROOT / "tests/integration/faulty", env={**os.environ, "CGO_ENABLED": "0", "GOWORK": "off"}, check=True)
    with tarfile.open(folder / "root.tar", "w") as archive:
        archive.add(program, "faulty")
    docker = ["docker", "import", "--change", 'ENTRYPOINT ["/faulty"]', str(folder / "root.tar"), IMAGE]
    subprocess.run(docker, check=True, capture_output=True)
    subprocess.run(["docker", "save", IMAGE, "-o", str(folder / "image.tar")], check=True)
    hosts = inventory(folder, name, kubeflow_cluster_provider="kind", kubeflow_kubeconfig=str(folder / "kubeconfig"))
    registry = f"{name}-registry"
    try:
        made = run_playbook("-i", hosts, "playbooks/cluster.yml")
        assert made.returncode == 0, made.output
        kind = binary("kind", yaml.safe_load((ROOT / "roles/cluster_kind/defaults/main.yml").read_text())["cluster_kind_version"])
        subprocess.run([kind, "load", "image-archive", str(folder / "image.tar"), f"--name={name}"], check=True, capture_output=True)
        network = ["--network", f"container:{name}-control-plane", "--name", registry]
        subprocess.run(["docker", "run", "-d", *network, IMAGE, "registry", REGISTRY], check=True, capture_output=True)
        yield Cluster(folder / "kubeconfig", hosts)
    finally:
        subprocess.run(["docker", "rm", "-f", registry], check=False, capture_output=True)
        removed = run_playbook("-i", hosts, "playbooks/cluster.yml", "-e", "kubeflow_cluster_state=absent")
        assert removed.returncode == 0, removed.output


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    faults = [fault for _words, _item, some in WORKLOADS.values() for fault in some]
    folder: Path = tmp_path_factory.mktemp("embedded")
    name = f"alike-{secrets.token_hex(3)}"
    with embedded_cluster(folder, name, cluster_kwok_faults=faults, kubeflow_cluster_kubernetes_version=VERSION) as (
        kubeconfig,
        hosts,
        _state,
    ):
        yield Cluster(kubeconfig, hosts)


def test_faults_look_the_same_on_real_kubelets(real: Cluster, embedded: Cluster) -> None:
    clusters = Shown(real), Shown(embedded)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        list(pool.map(lambda shown: make(shown.cluster), clusters))
    recorded: dict[str, Thing] = json.loads(RECORD.read_text()) if RECORD.exists() and "KUBEFLOW_RECORD" not in os.environ else {}
    for shown, who in zip(clusters, ("real", "embedded"), strict=True):
        # As much as was seen before; else all that comes in the time.
        wanted = {name: len(recorded[name][who]) if name in recorded else 99 for name in WORKLOADS}
        try:
            until(functools.partial(shown.complete, wanted), 60 if "KUBEFLOW_RECORD" in os.environ else 120)
        except AssertionError:
            assert "KUBEFLOW_RECORD" in os.environ, (who, {name: sorted(words) for name, words in shown.seen.items()})
    found = {
        name: {
            "what": words,
            "real": sorted(clusters[0].seen[name]),
            "embedded": sorted(clusters[1].seen[name]),
            "why": DIFFERENCES.get(name, ""),
        }
        for name, (words, _item, _faults) in WORKLOADS.items()
    }
    if "KUBEFLOW_RECORD" in os.environ:
        RECORD.write_text(json.dumps(found, indent=1) + "\n")
    for name, both in found.items():
        alike = both["real"] == both["embedded"]
        assert alike or name in DIFFERENCES, (name, both)
        # Nodes differ, too: one that sees the kernel's messages shows what the recorded one did not, and the embedded cluster does.
        assert (alike and name in DIFFERENCES) or set(both["real"]) >= set(recorded.get(name, both)["real"]), (name, both)
