# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What stands in the way of a cluster of kubeadm, on recorded machines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from recorded import CGROUP_1, CGROUP_2, CPU, MACHINES, SWAPS, machine

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._nodes.host import Host
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._nodes.kubeadm import (
    DONE,
    FOLDERS,
    RECORD,
    Asked,
    Found,
    RecordError,
    look,
    new_folders,
    new_packages,
    units,
)

FIT: dict[str, str | None] = {
    **MACHINES["debian 12"],
    "/run/systemd/system/boot": "",
    "/proc/meminfo": "MemTotal:       16384000 kB\nMemFree: 1 kB\n",
    "/proc/net/tcp": "  sl  local_address rem_address   st tx_queue\n   0: 00000000:0016 00000000:0000 0A 00000000:00000000\n",
}
RECORDED = json.dumps({"cluster": "mine", "kubernetes_version": "1.34.4", "files": ["/usr/local/bin/kubeadm"]})
KUBELET = {"kubelet --version": "Kubernetes v1.33.1"}


def found(root: Path, files: Mapping[str, str | None], asked: Asked | None = None, says: Mapping[str, str] | None = None) -> Found:
    return look(machine(root, {**FIT, **files}, says), asked or Asked("mine", "1.34.4"))


def test_nothing_stands_in_the_way_of_a_fresh_machine(tmp_path: Path) -> None:
    assert found(tmp_path, {}, Asked("mine", "1.34.4", packages=["kubeadm"])) == Found()


@pytest.mark.parametrize(
    ("files", "asked", "words"),
    [
        ({"/run/systemd/system/boot": None}, {}, "systemd does not run"),
        ({"/proc/swaps": f"{SWAPS}/swap.img file\t1\t0\t-2\n"}, {}, "swap is on (/swap.img)"),
        ({"/proc/self/mounts": CGROUP_1}, {"version": "1.35.0"}, "cgroup 1, which Kubernetes 1.35.0 refuses"),
        ({"/proc/self/mounts": CGROUP_2}, {"version": "1.18.20"}, "cgroup 2, which Kubernetes 1.18.20 does not know"),
        ({"/proc/self/mounts": ""}, {}, "no cgroup file system"),
        ({"/proc/sys/kernel/osrelease": "4.19.0-27-amd64\n"}, {}, "kernel 4.19.0-27-amd64 is older than 5.4"),
        ({"/proc/sys/kernel/osrelease": "2.6.32-754.el6\n"}, {"version": "1.21.14"}, "is older than 3.10"),
        ({"/proc/cpuinfo": CPU.split("\n\n")[0]}, {}, "1 processor"),
        ({"/proc/meminfo": "MemTotal:        1000000 kB\n"}, {}, "976 MB of memory"),
        ({"/proc/net/tcp6": "  sl\n 0: 0:192B 0:0 0A 0\n 1: 0:280A 0:0 0A 0\n"}, {}, "port 6443, 10250 is in use"),
        ({"/usr/local/bin/runc": ""}, {"files": ["/usr/local/bin/runc"]}, "has not installed /usr/local/bin/runc"),
        ({"/etc/kubernetes/kubelet.conf": "theirs"}, {}, "a cluster that this role has not made: /etc/kubernetes/kubelet.conf is there"),
        ({"/proc/77/comm": "k3s-server\n"}, {}, "a cluster that this role has not made: k3s-server runs"),
        ({RECORD: RECORDED.replace("mine", "theirs")}, {}, "has the cluster theirs, not mine"),
        ({RECORD: RECORDED, DONE: "1.34.4\n"}, {"version": "1.35.0"}, "of Kubernetes 1.34.4, not 1.35.0"),
    ],
)
def test_each_obstacle_is_named_with_what_to_do(files: dict[str, str | None], asked: dict[str, Any], words: str, tmp_path: Path) -> None:
    [obstacle] = found(tmp_path, files, Asked(**{"name": "mine", "version": "1.34.4", **asked})).obstacles
    assert words in obstacle


@pytest.mark.parametrize(
    ("files", "asked"),
    [
        # An open connection to a port is nobody who listens on it.
        ({"/proc/net/tcp": "  sl\n 0: 0:192B 0:0 01 0\n"}, {}),
        ({"/proc/sys/kernel/osrelease": "4.19.0-27-amd64\n"}, {"version": "1.33.6"}),
        ({"/proc/swaps": f"{SWAPS}/swap.img file\t1\t0\t-2\n"}, {"with_swap": True}),
        ({"/proc/self/mounts": CGROUP_1}, {"version": "1.35.0", "with_cgroup_1": True}),
        ({"/proc/self/mounts": CGROUP_1}, {}),
        # Ours: its ports, files and processes are no obstacle, whether the run that made it ended or broke off.
        ({RECORD: RECORDED, "/etc/kubernetes/kubelet.conf": "", "/proc/77/comm": "kubelet\n"}, {"files": ["/usr/local/bin/kubeadm"]}),
        ({RECORD: RECORDED, DONE: "", "/proc/net/tcp6": "  sl\n 0: 0:192B 0:0 0A 0\n"}, {}),
    ],
)
def test_what_is_no_obstacle(files: dict[str, str | None], asked: dict[str, Any], tmp_path: Path) -> None:
    assert found(tmp_path, files, Asked(**{"name": "mine", "version": "1.34.4", **asked})).obstacles == []


def test_a_machine_that_is_not_of_the_debian_family_takes_programs_only(tmp_path: Path) -> None:
    files = MACHINES["alma 9"]
    [obstacle] = found(tmp_path, files, Asked("mine", "1.34.4", packages=["kubeadm"])).obstacles
    assert "AlmaLinux 9.4 (Seafoam Ocelot) is not of the Debian family" in obstacle
    assert found(tmp_path, files, Asked("mine", "1.34.4", files=["/usr/local/bin/kubeadm"])).obstacles == []


def test_programs_of_another_version_are_an_obstacle_and_of_this_one_are_none(tmp_path: Path) -> None:
    [obstacle] = found(tmp_path, {}, says=KUBELET).obstacles
    assert "programs of Kubernetes 1.33.1 are there" in obstacle
    assert found(tmp_path, {}, Asked("mine", "1.33.1"), KUBELET).obstacles == []


def test_a_cluster_that_is_made_is_not_held_against_what_a_new_one_needs(tmp_path: Path) -> None:
    """Somebody may have turned swap on since; the kubelet says so itself."""
    made = found(tmp_path, {RECORD: RECORDED, DONE: "", "/proc/swaps": f"{SWAPS}/swap.img file\t1\t0\t-2\n"})
    assert made.done
    assert made.obstacles == []
    assert made.record["cluster"] == "mine"


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '"text"'])
def test_a_record_that_cannot_be_read_stops_everything(content: str, tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="cannot be read"):
        found(tmp_path, {RECORD: content})


def test_what_is_there_before_is_not_ours_to_remove(tmp_path: Path) -> None:
    host = machine(tmp_path, {"/etc/containerd/config.toml": "theirs", "/lib/systemd/system/containerd.service": ""})
    assert new_folders(host) == [folder for folder in FOLDERS if folder != "/etc/containerd"]
    assert units(host, ["kubelet", "containerd"]) == ["containerd"]


def test_packages_that_dpkg_has_only_the_configuration_of_are_new(tmp_path: Path) -> None:
    query = "dpkg-query --show --showformat=${db:Status-Status}"
    host: Host = machine(tmp_path, {}, {f"{query} kubelet": "installed", f"{query} kubeadm": "config-files"})
    assert new_packages(host, ["kubelet", "kubeadm", "kubectl"]) == ["kubeadm", "kubectl"]
