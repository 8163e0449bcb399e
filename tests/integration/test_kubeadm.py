# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Provider kubeadm on a machine that may be thrown away: a container with systemd, emptied of the Kubernetes that kind has put there.

Its programs and images are the folder that the role installs from, so nothing is downloaded. All else is real: delegation over Ansible's
ssh (whose program is played by docker exec), kubeadm, containerd, the kubelet and pods.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import Played, run_playbook
from waiting import until

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.connection import connect

VERSION = "1.34.4"
IMAGE = f"kindest/node:v{VERSION}"
PROGRAMS = ("kubeadm", "kubelet", "kubectl", "containerd", "containerd-shim-runc-v2", "runc", "ctr")
PLUGINS = ("loopback", "ptp", "host-local", "portmap")
SSH = '#!/bin/sh\nshift $(($# - 2))\nexec docker exec --interactive "$1" /bin/sh -c "$2"\n'
# What kind has put there becomes the folder of programs, and goes.
EMPTIED = f"""
mkdir -p /programs/cni /programs/images
ctr --namespace=k8s.io images export /programs/images/all.tar $(ctr --namespace=k8s.io images ls -q | grep -v '^import-\\|^sha256:')
systemctl stop kubelet containerd
for name in {" ".join(PROGRAMS)}; do cp -L "$(command -v $name)" /programs/; done
for name in {" ".join(PLUGINS)}; do cp /opt/cni/bin/$name /programs/cni/; done
rm -rf /etc/systemd/system/kubelet* /etc/systemd/system/containerd* /etc/systemd/system/*.wants/kubelet* \\
  /etc/systemd/system/*.wants/containerd* /etc/containerd /etc/cni /etc/kubernetes /etc/default/kubelet /etc/crictl.yaml /opt/cni \\
  /opt/containerd /kind/manifests /var/lib/containerd /var/lib/kubelet /var/lib/cni /usr/bin/kube* /usr/bin/containerd* /usr/bin/ctr \\
  /usr/sbin/runc /usr/bin/runc /usr/local/bin/crictl /usr/local/bin/ctr /usr/local/bin/containerd*
systemctl daemon-reload
# On cgroup 1 of an engine that leaves it out, this one is the root of the whole machine's.
! findmnt /sys/fs/cgroup/hugetlb || umount /sys/fs/cgroup/hugetlb
"""


def docker(*arguments: str, seconds: float = 120) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, check=False, timeout=seconds)
    assert done.returncode == 0, (arguments, done.stderr.decode(errors="replace"))
    return done.stdout.decode(errors="replace")


class Machine:
    """The container, and a folder with what the controller has of it."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.folder = name, folder
        self.kubeconfig = folder / "kubeconfig"
        self.inventory = folder / "hosts.yml"

    def sh(self, script: str) -> str:
        return docker("exec", self.name, "/bin/sh", "-ec", script)

    def files(self) -> set[str]:
        """All that an install may leave, but for logs and what systemd keeps."""
        found = self.sh("find /etc /opt /usr/bin /usr/sbin /usr/local /var/lib -not -path '/var/lib/systemd*' | sort")
        return set(found.splitlines())

    def play(self, *arguments: str | Path) -> Played:
        played = run_playbook("-i", self.inventory, *arguments, seconds=600)
        assert "Traceback" not in played.output, played.output
        return played

    def write_inventory(self) -> None:
        cluster: dict[str, Any] = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "kubeflow_cluster_provider": "kubeadm",
            "kubeflow_kubeconfig": str(self.kubeconfig),
            "kubeflow_work_directory": str(self.folder / "work"),
            "cluster_kubeadm_binaries": str(self.folder / "programs"),
            # As others reach it: the name of the container is known on its network alone.
            "cluster_kubeadm_address": docker(
                "inspect", "--format={{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", self.name
            ).strip(),
            "cluster_kubeadm_apiserver_flags": {"event-ttl": "2h"},
            # The kubelet shares the kernel, and the disk, with this machine.
            "cluster_kubeadm_patches": [
                {"kind": "KubeletConfiguration", "oomScoreAdj": 0, "failSwapOn": False, "evictionHard": {"memory.available": "1Mi"}},
                {"kind": "KubeProxyConfiguration", "oomScoreAdj": 0, "conntrack": {"maxPerCore": 0}},
            ],
            "cluster_kubeadm_local_path_image": self.image("local-path-provisioner"),
            "cluster_kubeadm_local_path_helper_image": self.image("local-path-helper"),
            # So that nothing is written to the kernel.
            "prerequisites_inotify_instances": 1,
            "prerequisites_inotify_watches": 1,
            "prerequisites_kernel_modules": [],
        }
        machine = {
            "kubeflow_cluster": "tried",
            "ansible_host": self.name,
            "ansible_user": "root",
            "ansible_ssh_executable": str(self.folder / "ssh"),
            "ansible_ssh_transfer_method": "piped",
            "ansible_ssh_use_tty": False,
            "ansible_pipelining": True,
            "ansible_python_interpreter": str(Path(sys.executable).resolve()),
        }
        groups = {"kubeflow": {"hosts": {"tried": cluster}}, "kube_control_plane": {"hosts": {"node1": machine}}}
        self.inventory.write_text(yaml.safe_dump(groups))

    def image(self, name: str) -> str:
        [found] = [line for line in (self.folder / "images").read_text().split() if f"/{name}:" in line]
        return found


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    if not shutil.which("docker") or subprocess.run(["docker", "version"], capture_output=True, check=False, timeout=60).returncode:
        pytest.skip("Docker is not here or does not answer")
    if subprocess.run(["docker", "image", "inspect", IMAGE], capture_output=True, check=False, timeout=60).returncode:
        pytest.skip(f"there is no image {IMAGE}, of which the machine is made")
    folder = tmp_path_factory.mktemp("kubeadm")
    name = f"mlplatform-kubeflow-test-{uuid.uuid4().hex[:8]}"
    python = Path(sys.executable).resolve().parent.parent
    if python == Path("/usr"):
        pytest.skip("the Python of this machine is its system's, and would be put in the place of the container's own programs")
    docker("network", "create", name)
    try:
        # As kind starts a node (pkg/cluster/internal/providers/docker/provision.go@v0.30.0).
        options = ["--privileged", "--cgroupns=private", "--tmpfs=/tmp", "--tmpfs=/run", "--volume=/var", "--tty"]
        options += ["--security-opt=seccomp=unconfined", "--security-opt=apparmor=unconfined", f"--volume={python}:{python}:ro"]
        docker("run", "--detach", f"--name={name}", f"--hostname={name}", f"--network={name}", *options, IMAGE)
        made = Machine(name, folder)
        running = ["docker", "exec", name, "ctr", "--namespace=k8s.io", "images", "ls", "-q"]
        until(lambda: subprocess.run(running, capture_output=True, check=False, timeout=60).returncode == 0, 60)
        runs = ["docker", "exec", name, str(Path(sys.executable).resolve()), "-V"]
        if subprocess.run(runs, capture_output=True, check=False, timeout=60).returncode:
            pytest.skip("the Python of this machine does not run in the container")
        (folder / "images").write_text(made.sh("ctr --namespace=k8s.io images ls -q"))
        made.sh(EMPTIED)
        docker("cp", f"{name}:/programs", str(folder))
        made.sh("rm -r /programs")
        (folder / "ssh").write_text(SSH)
        (folder / "ssh").chmod(0o755)
        made.write_inventory()
        yield made
    finally:
        subprocess.run(["docker", "rm", "--force", "--volumes", name], capture_output=True, check=False, timeout=120)
        docker("network", "rm", name)
        shutil.rmtree(folder / "programs", ignore_errors=True)


def test_a_cluster_is_made_once_used_and_removed_without_a_trace(machine: Machine) -> None:
    before = machine.files()

    # What is in the way is said before anything is done. Of another Kubernetes nothing is touched.
    machine.sh("mkdir -p /etc/kubernetes; echo theirs > /etc/kubernetes/kubelet.conf")
    refused = machine.play("playbooks/cluster.yml")
    assert refused.returncode != 0
    assert "Nothing was done on node1: the machine belongs to a cluster that this role has not made" in refused.words
    machine.sh("rm -r /etc/kubernetes")
    assert machine.files() == before

    made = machine.play("playbooks/cluster.yml")
    assert made.returncode == 0, made.output
    assert machine.kubeconfig.stat().st_mode & 0o777 == 0o600
    assert "client-key-data" not in made.output
    client = connect({"kubeconfig": str(machine.kubeconfig)}, {})
    [node] = client.get("/api/v1/nodes")["items"]
    assert node["status"]["nodeInfo"]["kubeletVersion"] == f"v{VERSION}"
    # Kubernetes keeps pods off a node for a moment after it has become ready.
    until(lambda: not client.get("/api/v1/nodes")["items"][0]["spec"].get("taints"), 30)
    assert "--event-ttl=2h" in machine.sh("cat /etc/kubernetes/manifests/kube-apiserver.yaml")

    claim = {"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}}
    pod = {
        "metadata": {"name": "writer"},
        "spec": {
            "containers": [
                {
                    "name": "writer",
                    "image": machine.image("local-path-helper"),
                    "imagePullPolicy": "IfNotPresent",
                    "command": ["sh", "-c", "echo written > /data/file; sleep 3600"],
                    "volumeMounts": [{"name": "data", "mountPath": "/data"}],
                }
            ],
            "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
        },
    }
    until(lambda: bool(client.get("/api/v1/namespaces/default/serviceaccounts")["items"]), 60)
    client.request("POST", "/api/v1/namespaces/default/persistentvolumeclaims", body=claim)
    client.request("POST", "/api/v1/namespaces/default/pods", body=pod)

    # The second run; with a parts' install on the kubeconfig as it is.
    again = machine.play("playbooks/cluster.yml", "site.yml", "-e", "kubeflow_parts=kubeflow_namespace,kubeflow_roles")
    assert again.returncode == 0, again.output
    making, installing = again.output.split("PLAY [Kubeflow]")
    assert "changed: [" not in making
    assert "changed: [" in installing
    assert client.get("/api/v1/namespaces/kubeflow")["status"]["phase"] == "Active"
    until(lambda: client.get("/api/v1/namespaces/default/pods/writer")["status"]["phase"] == "Running", 60)
    assert client.get("/api/v1/namespaces/default/persistentvolumeclaims/data")["status"]["phase"] == "Bound"

    removed = machine.play("playbooks/cluster.yml", "-e", "kubeflow_cluster_state=absent")
    assert removed.returncode == 0, removed.output
    assert machine.files() == before
    assert "kubelet" not in machine.sh("ps -e -o comm")
    assert not machine.kubeconfig.exists()
