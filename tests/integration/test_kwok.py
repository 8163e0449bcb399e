# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The embedded cluster, for real: two of them, made at the same time and used by all tests."""

from __future__ import annotations

import base64
import concurrent.futures
import dataclasses
import json
import os
import re
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509
from waiting import until

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.kwok import processes
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.kwok.cluster import Cluster, Wanted
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.kwok.layout import KwokError, Layout
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.kwok.settings import CLIENTS, COMPONENTS

ROOT = Path(__file__).parents[2]
VERSION = yaml.safe_load((ROOT / "roles/cluster_kwok/defaults/main.yml").read_text())["cluster_kwok_kubernetes_version"]
ALL = {*COMPONENTS, "standins"}
PLAY = """
- hosts: all
  connection: local
  gather_facts: false
  tasks:
    - ansible.builtin.include_role: {name: mlplatform.kubeflow.cluster_kwok}
    - ansible.builtin.copy:
        content: "{{ binary_paths | default({}) | to_json }}"
        dest: "{{ paths }}"
        mode: "0600"
      changed_when: false
"""


def play(folder: Path, name: str, state: str) -> tuple[dict[str, str], int]:
    """Run the role. Paths of the binaries, and how many tasks changed something."""
    (folder / "play.yml").write_text(PLAY)
    environment = {**os.environ, "XDG_STATE_HOME": str(folder), "ANSIBLE_PYTHON_INTERPRETER": sys.executable, "ANSIBLE_NOCOLOR": "1"}
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", f"{name},", str(folder / "play.yml")]
    command += ["-e", f"paths={folder}/paths.json cluster_kwok_state={state}"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    changed = re.search(r"changed=(\d+)", done.stdout)
    assert changed
    return json.loads((folder / "paths.json").read_text()), int(changed[1])


class Made:
    """One cluster of these tests."""

    def __init__(self, layout: Layout, binaries: dict[str, str]) -> None:
        self.layout, self.cluster = layout, Cluster(layout)
        self.wanted = Wanted(VERSION, 2, layout.kubeconfig, binaries, ROOT / "roles/cluster_kwok/files/standins", sys.executable)

    def present(self, *, check: bool = False) -> list[str]:
        return self.cluster.present(self.wanted, 90, check=check).changes

    def running(self) -> dict[str, list[int]]:
        return processes.running(self.cluster.recognise)

    def kubectl(self, *arguments: str, given: Any = None) -> subprocess.CompletedProcess[str]:
        command = [self.wanted.binaries["kubectl"], "--kubeconfig", str(self.wanted.kubeconfig), *arguments]
        return subprocess.run(command, input=json.dumps(given) if given else None, capture_output=True, text=True, check=False)

    def get(self, *arguments: str) -> Any:
        done = self.kubectl("get", *arguments, "-o", "json")
        return json.loads(done.stdout) if done.returncode == 0 else None

    def apply(self, *objects: dict[str, Any]) -> None:
        done = self.kubectl("apply", "-f", "-", given={"apiVersion": "v1", "kind": "List", "items": list(objects)})
        assert done.returncode == 0, done.stderr


def named(version: str, kind: str, name: str, namespace: str = "", **more: Any) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name} | ({"namespace": namespace} if namespace else {}) | more.pop("metadata", {})
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **more}


def workload(namespace: str, name: str, replicas: int = 1, image: str = "example.org/c") -> list[dict[str, Any]]:
    """A Deployment and its Service."""
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": image}]}}
    deployment = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    return [
        named("v1", "Namespace", namespace),
        named("apps/v1", "Deployment", name, namespace, spec=deployment),
        named("v1", "Service", name, namespace, spec={"selector": labels, "ports": [{"port": 443}]}),
    ]


def crd(group: str, plural: str, kind: str, scope: str = "Namespaced") -> dict[str, Any]:
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    version = {"name": "v1", "served": True, "storage": True, "subresources": {"status": {}}, "schema": schema}
    spec = {"group": group, "scope": scope, "names": {"plural": plural, "kind": kind}, "versions": [version]}
    return named("apiextensions.k8s.io/v1", "CustomResourceDefinition", f"{plural}.{group}", spec=spec)


@pytest.fixture(scope="module")
def binaries(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The role once from end to end; its binaries serve all tests."""
    folder, name = tmp_path_factory.mktemp("role"), f"test-{secrets.token_hex(4)}"
    layout = Layout(folder / "mlplatform.kubeflow", name)
    try:
        paths, changed = play(folder, name, "present")
        assert changed >= 1
        assert set(processes.running(Cluster(layout).recognise)) == ALL
        assert play(folder, name, "present") == (paths, 0)
        assert play(folder, name, "absent")[1] == 1
    finally:
        Cluster(layout).absent(layout.kubeconfig)
    assert not layout.home.exists()
    return paths


@pytest.fixture(scope="module")
def pair(binaries: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Made, Made]]:
    """Two clusters, made at the same time."""
    root = tmp_path_factory.mktemp("state")
    made = [Made(Layout(root, f"test-{secrets.token_hex(4)}"), binaries) for _ in range(2)]
    try:
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            assert all(pool.map(Made.present, made))
        yield made[0], made[1]
    finally:
        for one in made:
            one.cluster.absent(one.layout.kubeconfig)


@pytest.fixture
def one(pair: tuple[Made, Made]) -> Made:
    return pair[0]


def test_second_run_changes_nothing(one: Made) -> None:
    assert one.present(check=True) == []
    assert one.present() == []
    assert one.layout.kubeconfig.stat().st_mode & 0o777 == 0o600
    assert len(one.get("nodes")["items"]) == 2
    assert one.kubectl("config", "current-context").stdout.strip() == f"kwok-{one.layout.name}"


def test_two_at_once_are_two(pair: tuple[Made, Made]) -> None:
    ports = [set(json.loads(made.layout.record.read_text())["ports"].values()) for made in pair]
    assert not ports[0] & ports[1]
    pair[0].apply(named("v1", "ConfigMap", "only-here", "default", data={"a": "b"}))
    assert pair[0].get("configmap", "only-here")
    assert pair[1].get("configmap", "only-here") is None


def test_nothing_listens_for_other_machines(one: Made) -> None:
    ports = set(json.loads(one.layout.record.read_text())["ports"].values())
    listening: dict[int, set[str]] = {}
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            address, _, port = fields[1].partition(":")
            if fields[3] == "0A" and int(port, 16) in ports:
                listening.setdefault(int(port, 16), set()).add(address)
    assert set(listening) == ports
    assert set.union(*listening.values()) == {"0100007F"}


def test_another_version_is_refused(one: Made) -> None:
    other = Wanted("1.1.1", 2, one.layout.kubeconfig, one.wanted.binaries, one.wanted.standins, sys.executable)
    with pytest.raises(KwokError, match="remove it first"):
        one.cluster.present(other, 10)


def test_nodes_follow_the_setting(one: Made) -> None:
    more = dataclasses.replace(one.wanted, nodes=4)
    assert one.cluster.present(more, 30).changes == ["2 nodes instead of 4"]
    assert len(one.get("nodes")["items"]) == 4
    assert one.present() == ["4 nodes instead of 2"]
    assert len(one.get("nodes")["items"]) == 2


def test_every_process_killed_with_stale_pid_files(one: Made) -> None:
    one.apply(named("v1", "ConfigMap", "kept", "default", data={"a": "b"}))
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        for pids in one.running().values():
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
        until(lambda: not one.running())
        pid_files = list((one.layout.cluster / "pids").iterdir())
        assert len(pid_files) == len(COMPONENTS)
        for path in pid_files:
            path.write_text(str(stranger.pid))
        one.wanted.kubeconfig.unlink()
        missing = one.present(check=True)
        assert len(missing) == len(ALL) + 1
        assert not one.running()
        assert one.present() == missing
        assert set(one.running()) == ALL
        assert one.get("configmap", "kept")["data"] == {"a": "b"}
        assert one.present() == []
        assert stranger.poll() is None
    finally:
        stranger.communicate(b"\n")


@pytest.mark.parametrize("name", ["etcd", "kube-apiserver", "standins"])
def test_one_process_killed(one: Made, name: str) -> None:
    before = one.running()
    os.kill(before[name][0], signal.SIGKILL)
    until(lambda: name not in one.running())
    assert any(name.removesuffix("s").replace("standin", "stand-in") in line for line in one.present())
    after = one.running()
    assert set(after) == ALL
    if name == "standins":
        assert {key: pids for key, pids in after.items() if key != name} == {key: pids for key, pids in before.items() if key != name}
    else:
        # They find the server again by themselves, within two seconds; programs of Kubernetes within a minute or more.
        assert after["standins"] == before["standins"]
        assert not [key for key in CLIENTS if after[key] == before[key]]
    assert one.present() == []
    one.apply(named("v1", "Pod", f"after-{name}", "default", spec={"containers": [{"name": "c", "image": "example.org/c"}]}))
    until(lambda: one.get("pod", f"after-{name}")["status"]["phase"] == "Running")


def test_the_standins_end_at_once_when_asked(one: Made) -> None:
    (pid,) = one.running()["standins"]
    os.kill(pid, signal.SIGTERM)
    until(lambda: "standins" not in one.running(), 1)
    assert one.present()


def test_a_lost_pid_file_starts_no_second_process(one: Made) -> None:
    before = one.running()
    (one.layout.cluster / "pids" / "kube-apiserver.pid").unlink()
    os.kill(before["kwok-controller"][0], signal.SIGKILL)
    until(lambda: "kwok-controller" not in one.running())
    assert one.present()
    assert one.running()["kube-apiserver"] == before["kube-apiserver"]


def test_webhook_answers_only_with_an_endpoint(one: Made) -> None:
    """A program that makes its certificate itself, as spark-operator's webhook does."""
    namespace, service = "hooked", "spark-operator-webhook-svc"
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}
    webhook = {
        "name": "a.example.org",
        "clientConfig": {"service": {"namespace": namespace, "name": service, "path": "/"}},
        "rules": [rule],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "failurePolicy": "Fail",
    }
    one.apply(
        *workload(namespace, service, 0),
        named("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "hooked", webhooks=[webhook]),
    )

    def attempt() -> str:
        """Empty when the object is admitted, else the refusal."""
        done = one.kubectl("create", "configmap", "any", "-n", namespace, "--dry-run=server")
        return "" if done.returncode == 0 else done.stderr

    def scaled(replicas: int) -> None:
        # An API server that was killed a moment ago may refuse it at first.
        until(lambda: one.kubectl("scale", f"deployment/{service}", "-n", namespace, f"--replicas={replicas}").returncode == 0)

    def told() -> str:
        wide = [one.kubectl("get", kinds, "-n", namespace, "-o", "wide").stdout for kinds in ("nodes", "deployments,pods,endpointslices")]
        described = one.kubectl("describe", "nodes,pods", "-n", namespace).stdout
        log = (one.layout.standins / "standins.log").read_text()
        return "\n".join([attempt(), *wide, log[-3000:], described])

    def bundle() -> str:
        return one.get("validatingwebhookconfiguration", "hooked")["webhooks"][0]["clientConfig"].get("caBundle", "")

    until(lambda: "failed calling webhook" in attempt())
    assert bundle() == ""
    scaled(1)
    until(lambda: attempt() == "", told=told)
    assert bundle()
    managed = one.get("validatingwebhookconfiguration", "hooked", "--show-managed-fields")["metadata"]["managedFields"]
    assert "spark-operator" in [entry["manager"] for entry in managed]
    assert one.get("secret", "spark-operator-webhook-certs", "-n", namespace)["data"]["ca-cert.pem"] == bundle()
    scaled(0)
    until(lambda: "failed calling webhook" in attempt())
    assert bundle()
    one.kubectl("delete", "validatingwebhookconfiguration", "hooked")


def test_certificate_gets_its_secret(one: Made) -> None:
    group = "cert-manager.io"
    kinds = {"certificates": "Certificate", "issuers": "Issuer"}
    one.apply(*(crd(group, plural, kind) for plural, kind in kinds.items()), crd(group, "clusterissuers", "ClusterIssuer", "Cluster"))
    reference = {"name": "own", "kind": "Issuer"}
    spec = {"secretName": "tls", "dnsNames": ["web.certified.svc", "web.certified"], "issuerRef": reference}
    issuer = named(f"{group}/v1", "Issuer", "own", "certified", spec={"selfSigned": {}})
    until(lambda: one.kubectl("get", "certificates", "-A").returncode == 0)
    one.apply(named("v1", "Namespace", "certified"), issuer, named(f"{group}/v1", "Certificate", "web", "certified", spec=spec))
    # Nobody is there yet to issue it.
    assert one.get("secret", "tls", "-n", "certified") is None
    one.apply(*workload("cert-manager", "cert-manager"))
    secret = until(lambda: one.get("secret", "tls", "-n", "certified"))
    assert set(secret["data"]) == {"tls.crt", "tls.key", "ca.crt"}
    leaf = x509.load_pem_x509_certificate(base64.b64decode(secret["data"]["tls.crt"]))
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == spec["dnsNames"]

    def conditions(kind: str, name: str) -> list[tuple[str, str, int]]:
        found = one.get(kind, name, "-n", "certified").get("status") or {}
        return [(entry["type"], entry["status"], entry["observedGeneration"]) for entry in found.get("conditions", [])]

    until(lambda: conditions("certificate", "web") == [("Ready", "True", 1)])
    assert conditions("issuer", "own") == [("Ready", "True", 1)]
    # It vouches for itself: there is no authority that other certificates have too.
    assert secret["data"]["ca.crt"] == secret["data"]["tls.crt"]
    # A lost Secret comes back, with a new key.
    one.kubectl("delete", "secret", "tls", "-n", "certified")
    again = until(lambda: one.get("secret", "tls", "-n", "certified"))
    assert again["data"]["tls.key"] != secret["data"]["tls.key"]


def test_mesh_root_certificate_comes_with_istiod(one: Made) -> None:
    """The istiod of Kubeflow 1.4."""
    assert one.get("configmap", "istio-ca-root-cert") is None
    one.apply(*workload("istio-system", "istiod", image="docker.io/istio/pilot:1.9.6"))
    until(lambda: one.get("configmap", "istio-ca-root-cert"))
    one.apply(named("v1", "Namespace", "later"))
    until(lambda: one.get("configmap", "istio-ca-root-cert", "-n", "later"))
    assert one.get("configmap", "istio-ca-root-cert", "-n", "kube-system") is None
    assert one.get("configmap", "istio-ca-crl") is None


def test_claims_bind_with_the_first_pod_and_jobs_complete(one: Made) -> None:
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    one.apply(named("v1", "PersistentVolumeClaim", "data", "default", spec=claim))
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}
    container = {"name": "c", "image": "example.org/c", "volumeMounts": [{"name": "data", "mountPath": "/data"}]}
    pod = {"restartPolicy": "Never", "containers": [container], "volumes": [volume]}
    assert one.get("pvc", "data")["status"]["phase"] == "Pending"
    one.apply(named("batch/v1", "Job", "once", "default", spec={"template": {"spec": pod}}))
    until(lambda: one.get("pvc", "data")["status"]["phase"] == "Bound")
    until(lambda: one.get("job", "once")["status"].get("succeeded") == 1)
    one.kubectl("delete", "job/once", "pvc/data")
    until(lambda: one.get("pv")["items"] == [])


def test_absent_leaves_nothing(pair: tuple[Made, Made]) -> None:
    gone, stays = pair
    sockets = [gone.layout.socket]
    assert gone.cluster.absent(gone.layout.kubeconfig, check=True).changes
    assert set(gone.running()) == ALL
    assert gone.cluster.absent(gone.layout.kubeconfig).changes
    assert not gone.running()
    assert not gone.layout.home.exists()
    assert not any(path.exists() for path in sockets)
    assert gone.cluster.absent(gone.layout.kubeconfig).changes == []
    assert stays.present() == []
