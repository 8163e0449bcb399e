# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Probes of preflight: what they find, and that nothing of them stays, however a run ends."""

from __future__ import annotations

import json
import secrets
import shutil
import signal
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT, Cluster, Ran, embedded_cluster, environment, inventory, run_playbook, token_of, write_plan
from registry_server import registry_server
from waiting import until

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.http import ApiError

Thing = dict[str, Any]
VERSION = "1.34.4"
SPACES = "/api/v1/namespaces?labelSelector=mlplatform.kubeflow/probe"
CLASSES = "/apis/storage.k8s.io/v1/storageclasses"
IMAGE = "docker.io/library/busybox:1.36.1"
# What the probes' script calls, and is no part of the shell.
PROGRAMS = ("sh", "cat", "cut", "grep", "head", "nc", "nslookup", "timeout", "tr", "zcat")


def claim(storage_class: str | None = None) -> Thing:
    spec: Thing = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "20Gi"}}}
    if storage_class is not None:
        spec["storageClassName"] = storage_class
    metadata = {"name": storage_class or "usual", "namespace": "default"}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec}


def pod(image: str) -> Thing:
    metadata = {"name": "one", "namespace": "default"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [{"name": "one", "image": image}]}}


def storage_class(name: str, *, waits: bool = False) -> Thing:
    mode = "WaitForFirstConsumer" if waits else "Immediate"
    return {"metadata": {"name": name}, "provisioner": "example.com/nobody", "volumeBindingMode": mode}


def probes(ran: Ran) -> dict[str, Thing]:
    return {entry["check"]: entry for entry in ran["findings"] if entry["check"].startswith("probe_")}


COREDNS = "/apis/apps/v1/namespaces/kube-system/deployments/coredns"


def left(cluster: Cluster) -> list[str]:
    found = cluster.client.get(SPACES)["items"]
    return [item["metadata"]["name"] for item in found]


def begun(cluster: Cluster, plan: str, **arguments: Any) -> subprocess.Popen[str]:
    """Preflight in a process of its own, once its namespace has a claim in it."""
    given = {"kubeconfig": str(cluster.kubeconfig), "plan": plan, "probes": ["volumes"], **arguments, "_ansible_remote_tmp": "/tmp"}
    process = subprocess.Popen(
        [sys.executable, "-m", "ansible_collections.mlplatform.kubeflow.plugins.modules.preflight"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(PYTHONPATH=str(ROOT / ".collections")),
        text=True,
    )
    assert process.stdin
    process.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": given}))
    process.stdin.close()
    process.stdin = None

    def claimed() -> bool:
        return any(cluster.client.get(f"/api/v1/namespaces/{name}/persistentvolumeclaims")["items"] for name in left(cluster))

    until(claimed, 60)
    return process


def admitted(cluster: Cluster) -> bool:
    """Whether a claim would be let in."""
    try:
        cluster.client.request("POST", "/api/v1/namespaces/default/persistentvolumeclaims", query={"dryRun": "All"}, body=claim())
    except ApiError as error:
        assert "no claims here" in error.message
        return False
    return True


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("simulated")
    with embedded_cluster(folder, f"pytest-{secrets.token_hex(4)}") as (kubeconfig, hosts, _state):
        yield Cluster(kubeconfig, hosts)


@pytest.fixture
def without_provisioner(simulated: Cluster) -> Iterator[str]:
    """A StorageClass that nobody makes volumes for."""
    simulated.create(CLASSES, storage_class("nobody"))
    yield "nobody"
    simulated.delete(f"{CLASSES}/nobody")


def test_simulated_nodes_are_no_false_alarm(simulated: Cluster, tmp_path: Path) -> None:
    with registry_server("a/b:1") as registry:
        plan = write_plan(tmp_path, a=[claim(), pod(f"{registry.host}/a/b:1")])
        ran = simulated.module("preflight", {"plan": plan, "probes": ["all"]})
    assert not ran.failed
    assert not ran["changed"]
    found = probes(ran)
    assert len(found) == 8
    assert {entry["result"] for entry in found.values()} == {"pass"}
    assert "the default StorageClass in" in found["probe_volumes"]["message"]
    # Registries are asked from here.
    assert [name for name, entry in found.items() if "simulated" not in entry["message"]] == ["probe_images"]
    assert left(simulated) == []


def test_nothing_is_made_unless_it_is_asked_for(simulated: Cluster, tmp_path: Path) -> None:
    plan = write_plan(tmp_path, a=[claim()])
    for arguments, how, found in (({}, {}, []), ({"probes": ["all"]}, {"check": True}, ["probe_images"])):
        assert [*probes(simulated.module("preflight", {"plan": plan, **arguments}, **how))] == found


def test_a_claim_that_nobody_binds_fails_with_what_the_cluster_says(simulated: Cluster, tmp_path: Path, without_provisioner: str) -> None:
    plan = write_plan(tmp_path, a=[claim(without_provisioner)])
    given = {"plan": plan, "probes": ["volumes"], "probe_timeout": 8}
    ran = simulated.module("preflight", given)
    assert ran.failed
    assert ran["msg"].startswith("Nothing of the plan was applied:")
    found = probes(ran)["probe_volumes"]
    assert found["result"] == "fail"
    assert "StorageClass nobody is not bound, the time of 8 s is over, the probe_timeout: ExternalProvisioning" in found["message"]
    assert "overrides: [probe_volumes]" in found["remedy"]
    assert left(simulated) == []
    overridden = simulated.module("preflight", {**given, "overrides": ["probe_volumes"]})
    assert not overridden.failed
    assert probes(overridden)["probe_volumes"]["result"] == "warn"


def test_a_class_that_is_not_there_is_not_waited_for(simulated: Cluster, tmp_path: Path) -> None:
    plan = write_plan(tmp_path, a=[claim("missing")])
    ran = simulated.module("preflight", {"plan": plan, "probes": ["volumes"], "probe_timeout": 100, "overrides": ["storage_class"]})
    assert probes(ran)["probe_volumes"]["result"] == "fail"
    assert ran["ended"] - ran["began"] < 60


def test_credentials_that_may_not_make_a_namespace_are_a_row(simulated: Cluster, tmp_path: Path) -> None:
    token = token_of(simulated, "reader", [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list"]}])
    how = {"kubeconfig": None, "host": simulated.client.host, "validate_certs": False, "api_key": token}
    ran = simulated.module("preflight", {"plan": write_plan(tmp_path, a=[claim()]), "probes": ["volumes", "dns"], **how})
    found = probes(ran)
    assert {name: entry["result"] for name, entry in found.items()} == {"probe_volumes": "warn", "probe_dns": "warn"}
    assert "namespaces is forbidden" in found["probe_dns"]["message"]
    assert "may create and delete namespaces" in found["probe_dns"]["remedy"]


def test_a_policy_that_refuses_the_claim_is_a_row(simulated: Cluster, tmp_path: Path) -> None:
    admission = "/apis/admissionregistration.k8s.io/v1"
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["persistentvolumeclaims"]}
    spec = {"matchConstraints": {"resourceRules": [rule]}, "validations": [{"expression": "false", "message": "no claims here"}]}
    simulated.create(f"{admission}/validatingadmissionpolicies", {"metadata": {"name": "strict"}, "spec": spec})
    binding = {"policyName": "strict", "validationActions": ["Deny"]}
    simulated.create(f"{admission}/validatingadmissionpolicybindings", {"metadata": {"name": "strict"}, "spec": binding})
    try:

        def refused() -> Thing | None:
            given = {"plan": write_plan(tmp_path, a=[claim()]), "probes": ["volumes"], "overrides": ["policies"]}
            row = probes(simulated.module("preflight", given))["probe_volumes"]
            return row if row["result"] != "pass" else None

        # A policy is in force a moment after it is made.
        row = until(refused, 60)
        assert row["result"] == "warn"
        assert "no claims here" in row["message"]
        assert left(simulated) == []
    finally:
        simulated.delete(f"{admission}/validatingadmissionpolicybindings/strict")
        simulated.delete(f"{admission}/validatingadmissionpolicies/strict")
        # And in force for a moment after it is gone.
        until(lambda: admitted(simulated), 60)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_nothing(simulated: Cluster, tmp_path: Path, without_provisioner: str, number: signal.Signals) -> None:
    process = begun(simulated, write_plan(tmp_path, a=[claim(without_provisioner)]))
    process.send_signal(number)
    said, _errors = process.communicate(timeout=60)
    assert f"interrupted by {number.name}" in json.loads(said)["msg"]
    assert left(simulated) == []


def test_what_a_killed_run_left_is_removed_by_the_next(simulated: Cluster, tmp_path: Path, without_provisioner: str) -> None:
    process = begun(simulated, write_plan(tmp_path / "one", a=[claim(without_provisioner)]))
    process.kill()
    process.wait(timeout=10)
    name = left(simulated)
    assert len(name) == 1
    ran = simulated.module("preflight", {"plan": write_plan(tmp_path / "two", a=[claim()]), "probes": ["volumes"]})
    assert not ran.failed
    assert ran["changed"]
    assert name[0] in probes(ran)["probe_removal"]["message"]
    until(lambda: left(simulated) == [], 30)


def test_a_run_that_is_under_way_is_left_alone(simulated: Cluster, tmp_path: Path, without_provisioner: str) -> None:
    process = begun(simulated, write_plan(tmp_path / "one", a=[claim(without_provisioner)]))
    try:
        name = left(simulated)
        ran = simulated.module("preflight", {"plan": write_plan(tmp_path / "two", a=[claim()]), "probes": ["volumes"]})
        assert not ran["changed"]
        assert left(simulated) == name
    finally:
        process.terminate()
        process.communicate(timeout=60)
    assert left(simulated) == []


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"probe_image": "not an image"}, "probe_image: "),
        ({"probe_hosts": ["a b"]}, "probe_hosts: 'a b' is no name of a host"),
        ({"probe_timeout": 0}, "probe_timeout is 0"),
        ({"probe_plain_http_registries": ["mirror.lab/hub"]}, "probe_plain_http_registries: 'mirror.lab/hub' is more than the host"),
        ({"probes": ["everything"]}, "value of probes must be one or more of"),
    ],
)
def test_settings_that_cannot_be_meant_are_told(simulated: Cluster, tmp_path: Path, given: Thing, words: str) -> None:
    ran = simulated.module("preflight", {"plan": write_plan(tmp_path, a=[]), "probes": ["all"], **given})
    assert ran.failed
    assert words in ran["msg"]
    assert left(simulated) == []


def why_not() -> str:
    """Why there can be no node with a real kubelet here, or no image for it."""
    if not shutil.which("docker") or subprocess.run(["docker", "version"], capture_output=True, check=False).returncode:
        return "there is no container engine"
    if subprocess.run(["docker", "image", "inspect", f"kindest/node:v{VERSION}"], capture_output=True, check=False).returncode:
        return f"there is no node image kindest/node:v{VERSION}"
    return ""


def busybox(node: str, folder: Path) -> Path:
    """The program, from the node's image or this machine."""
    program = folder / "busybox"
    copied = subprocess.run(["docker", "cp", "-L", f"{node}:/usr/bin/busybox", str(program)], capture_output=True, check=False)
    if copied.returncode:
        found = shutil.which("busybox")
        if not found:
            pytest.skip("there is no BusyBox to make the image of")
        shutil.copy(found, program)
    return program


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, binary: Callable[[str, str], str]) -> Iterator[Cluster]:
    """A cluster of kind whose node has the probes' image."""
    if why := why_not():
        pytest.skip(why)
    folder, name = tmp_path_factory.mktemp("real"), f"probe-{secrets.token_hex(3)}"
    hosts = inventory(folder, name, kubeflow_cluster_provider="kind", kubeflow_kubeconfig=str(folder / "kubeconfig"))
    try:
        made = run_playbook("-i", hosts, "playbooks/cluster.yml")
        assert made.returncode == 0, made.output
        with tarfile.open(folder / "root.tar", "w") as archive:
            archive.add(busybox(f"{name}-control-plane", folder), "bin/busybox")
            for program in PROGRAMS:
                link = tarfile.TarInfo(f"bin/{program}")
                link.type, link.linkname = tarfile.SYMTYPE, "busybox"
                archive.addfile(link)
        image = f"localhost/{name}:1"
        subprocess.run(["docker", "import", str(folder / "root.tar"), image], check=True, capture_output=True)
        kind = binary("kind", yaml.safe_load((ROOT / "roles/cluster_kind/defaults/main.yml").read_text())["cluster_kind_version"])
        subprocess.run(["docker", "tag", image, IMAGE], check=True, capture_output=True)
        subprocess.run(["docker", "save", IMAGE, "-o", str(folder / "image.tar")], check=True)
        subprocess.run(["docker", "rmi", IMAGE, image], check=False, capture_output=True)
        subprocess.run([kind, "load", "image-archive", str(folder / "image.tar"), f"--name={name}"], check=True, capture_output=True)
        made = Cluster(folder / "kubeconfig", hosts)
        # The node is ready before its name server is.
        until(lambda: (made.get(COREDNS) or {}).get("status", {}).get("availableReplicas"), 120)
        yield made
    finally:
        removed = run_playbook("-i", hosts, "playbooks/cluster.yml", "-e", "kubeflow_cluster_state=absent")
        assert removed.returncode == 0, removed.output


def docker_reads(cluster: Cluster, path: str) -> str:
    """A file of the node."""
    name = cluster.client.get("/api/v1/nodes")["items"][0]["metadata"]["name"]
    return subprocess.run(["docker", "exec", name, "cat", path], capture_output=True, text=True, check=True).stdout.strip()


def test_a_real_node_is_looked_at(real: Cluster, tmp_path: Path) -> None:
    """Its kubelet, DNS, proxy and provisioner are real; a registry that no name server knows is not reached."""
    plan = write_plan(tmp_path, a=[claim(), pod("nowhere.example.com/a/b:1")])
    ran = real.module("preflight", {"plan": plan, "probes": ["all"], "probe_hosts": ["nowhere.example.com"], "probe_timeout": 90})
    found = probes(ran)
    assert {name for name, entry in found.items() if entry["result"] != "pass"} <= {
        "probe_dns",
        "probe_registries",
        "probe_images",
        "probe_inotify",
    }, found
    assert "in" in found["probe_volumes"]["message"] and "a pod wrote to it" in found["probe_volumes"]["message"]
    limit = docker_reads(real, "/proc/sys/fs/inotify/max_user_instances")
    told = f"{found['probe_inotify']['message']} {found['probe_inotify']['evidence']}"
    assert f"max_user_instances {limit}" in told or f"max_user_instances = {limit}" in told
    # Only the name that was added is missing.
    assert "does not resolve nowhere.example.com" in found["probe_dns"]["message"]
    assert "kubernetes.default" not in found["probe_dns"]["message"]
    assert "cannot reach registry nowhere.example.com" in found["probe_registries"]["message"]
    assert left(real) == []


def test_a_real_claim_that_waits_for_a_pod_and_gets_no_volume_fails(real: Cluster, tmp_path: Path) -> None:
    real.create(CLASSES, storage_class("nobody", waits=True))
    try:
        plan = write_plan(tmp_path, a=[claim("nobody")])
        ran = real.module("preflight", {"plan": plan, "probes": ["volumes"], "probe_timeout": 15})
        assert probes(ran)["probe_volumes"]["result"] == "fail"
        assert "example.com/nobody" in probes(ran)["probe_volumes"]["message"]
        process = begun(real, plan)
        process.kill()
        process.wait(timeout=10)
        name = left(real)
        assert len(name) == 1
        again = real.module("preflight", {"plan": write_plan(tmp_path / "two", a=[claim()]), "probes": ["volumes"]})
        assert name[0] in probes(again)["probe_removal"]["message"]
        assert probes(again)["probe_volumes"]["result"] == "pass"
        until(lambda: left(real) == [], 60)
        assert [
            item for item in real.client.get("/api/v1/persistentvolumes")["items"] if not item["metadata"].get("deletionTimestamp")
        ] == []
    finally:
        real.delete(f"{CLASSES}/nobody")


def test_an_image_that_nodes_do_not_have_is_told_of_all_rows(real: Cluster, tmp_path: Path) -> None:
    plan = write_plan(tmp_path, a=[claim()])
    given = {"plan": plan, "probes": ["all"], "probe_image": "nowhere.example.com/a/b:1", "probe_timeout": 60}
    found = probes(real.module("preflight", given))
    assert found["probe_dns"]["result"] == "warn"
    assert "ErrImagePull" in found["probe_dns"]["message"] or "ImagePullBackOff" in found["probe_dns"]["message"]
    assert "with a shell: probe_image." in found["probe_dns"]["remedy"]
    assert left(real) == []


def test_pods_that_find_no_name_server_are_a_failure(real: Cluster, tmp_path: Path) -> None:
    slices = "/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3Dkube-dns"
    pods = "/api/v1/namespaces/kube-system/pods?labelSelector=k8s-app%3Dkube-dns"
    real.patch(COREDNS, {"spec": {"replicas": 0}})
    try:
        # One that ends goes on answering for some seconds.
        until(lambda: not real.client.get(pods)["items"], 60)
        until(lambda: not any(item.get("endpoints") for item in real.client.get(slices)["items"]), 60)
        given = {"plan": write_plan(tmp_path, a=[claim()]), "probes": ["dns"], "overrides": ["cluster_dns"], "probe_timeout": 90}
        ran = real.module("preflight", given)
        assert any(entry["check"] == "cluster_dns" and "has no ready endpoint" in entry["message"] for entry in ran["findings"])
        found = probes(ran)["probe_dns"]
        assert found["result"] == "fail"
        assert "does not resolve kubernetes.default.svc.cluster.local" in found["message"]
    finally:
        real.patch(COREDNS, {"spec": {"replicas": 1}})
