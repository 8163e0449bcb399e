# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What stands in the way of a cluster that kubeadm would make on a machine, and what is there of one that was made."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._common.versions import minor
from .host import Host, distribution, kubernetes_version
from .observations import FIRST_WITHOUT_CGROUP_1, LAST_WITHOUT_CGROUP_2, cgroup_version

# What was put on the machine, written before the first of it is; removed when all of it is gone.
RECORD = "/etc/mlplatform.kubeflow/kubeadm.json"
# There once kubeadm init has ended well. A record without it is of a run that broke off.
DONE = "/etc/mlplatform.kubeflow/kubeadm.done"
# Those that a cluster fills, or its installation. What was there before stays when it is removed.
FOLDERS = (
    "/etc/apt/keyrings",
    "/etc/cni",
    "/etc/containerd",
    "/etc/kubernetes",
    "/etc/systemd/system/containerd.service.d",
    "/opt/cni",
    # Where containerd is ready to install programs.
    "/opt/containerd",
    "/var/lib/cni",
    "/var/lib/containerd",
    "/var/lib/etcd",
    "/var/lib/kubelet",
)
# Of kubelet, API server, etcd, controller-manager and scheduler (cmd/kubeadm/app/constants/constants.go@v1.34.4).
PORTS = (2379, 2380, 6443, 10250, 10257, 10259)
_LISTENING = "0A"
# What kubeadm asks of a control plane (the same file): processors, and megabytes of memory.
_LEAST_PROCESSORS, _LEAST_MEMORY = 2, 1700
# From system-validators v1.10.2, the one of Kubernetes 1.34, on: kernels before the first are refused; the second is v1.4.0's.
_KERNEL_SINCE, _LEAST_KERNEL, _LEAST_KERNEL_BEFORE = (1, 34), (5, 4), (3, 10)
# Processes that another Kubernetes has, as the kernel has their names.
_OTHERS = ("kubelet", "kube-apiserver", "k3s-server", "k3s-agent", "rke2", "kubelite")
# Where units are, ours and those of packages.
_UNITS = ("/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")


class RecordError(Exception):
    """The record cannot be read; one line for people."""


@dataclass(frozen=True)
class Asked:
    """The cluster that is wanted on the machine.

    :arg name: of the cluster.
    :arg version: of Kubernetes, without a leading C(v).
    :arg files: programs and units that will be put there; none where packages bring them.
    :arg packages: names of packages that will be installed; none where files are.
    :arg with_swap: whether the kubelet is told to start with swap.
    :arg with_cgroup_1: whether the kubelet is told to start with cgroup 1, where it would not by itself.
    """

    name: str
    version: str
    files: Sequence[str] = ()
    packages: Sequence[str] = ()
    with_swap: bool = False
    with_cgroup_1: bool = False


@dataclass
class Found:
    """What there is.

    :arg record: what an earlier run has put there; empty when there was none.
    :arg done: whether C(kubeadm init) has ended well in it.
    :arg obstacles: why there can be no such cluster, a line each.
    """

    record: dict[str, Any] = field(default_factory=dict)
    done: bool = False
    obstacles: list[str] = field(default_factory=list)


def read_record(host: Host) -> dict[str, Any]:
    """What an earlier run has put there.

    :raises RecordError: when it cannot be read, since nobody knows then what is to be removed.
    """
    if not host.path(RECORD).exists():
        return {}
    try:
        record = json.loads(host.text(RECORD) or "")
    except ValueError:
        record = None
    if not isinstance(record, dict) or not record.get("cluster"):
        raise RecordError(f"{RECORD}, which tells what was installed here, cannot be read: remove by hand what it speaks of, and it")
    return record


def look(host: Host, asked: Asked) -> Found:
    """:raises RecordError: when the record cannot be read."""
    found = Found(read_record(host), host.path(DONE).exists())
    if found.record:
        found.obstacles += _another(found.record, asked)
    else:
        found.obstacles += _others(host, asked)
    if not found.done:
        found.obstacles += [*_unfit(host, asked), *_small(host)]
    return found


def new_folders(host: Host) -> list[str]:
    """Those of C(FOLDERS) that are not there."""
    return [path for path in FOLDERS if not host.path(path).exists()]


def new_packages(host: Host, packages: Sequence[str]) -> list[str]:
    """Those that dpkg has not installed."""
    return [name for name in packages if host.says("dpkg-query", "--show", "--showformat=${db:Status-Status}", name) != "installed"]


def units(host: Host, names: Sequence[str]) -> list[str]:
    """Those of some services that systemd has a unit of."""
    return [name for name in names if any(host.path(f"{folder}/{name}.service").exists() for folder in _UNITS)]


def _another(record: dict[str, Any], asked: Asked) -> Iterator[str]:
    name, version = record["cluster"], record.get("kubernetes_version")
    if name != asked.name:
        yield f"the machine has the cluster {name}, not {asked.name}: remove that first, or take another machine"
    elif version != asked.version:
        yield f"the cluster is of Kubernetes {version}, not {asked.version}, and its version is never changed: remove it first (state absent)"


def _others(host: Host, asked: Asked) -> Iterator[str]:
    """What a machine has of Kubernetes that no earlier run has put there."""
    runs = [name for name in _OTHERS if name in host.processes()]
    config = [path for path in ("/etc/kubernetes/admin.conf", "/etc/kubernetes/kubelet.conf") if host.path(path).exists()]
    if runs or config:
        # A cluster that somebody has is not reset, whatever is wanted here.
        what = f"{', '.join(runs)} runs" if runs else f"{config[0]} is there"
        yield (
            f"the machine belongs to a cluster that this role has not made: {what}. Use that one as it is, with no provider, "
            "or remove it by its own means (kubeadm reset, k3s-uninstall.sh …)"
        )
        return
    there = kubernetes_version(host)
    if there and there != asked.version:
        yield f"programs of Kubernetes {there} are there, not of {asked.version}: remove them, or ask for that version"
    taken = [path for path in asked.files if host.path(path).exists()]
    if taken:
        yield f"this role has not installed {', '.join(taken)}, and would overwrite it: remove it first"
    ports = sorted(_listening(host) & set(PORTS))
    if ports:
        yield f"port {', '.join(map(str, ports))} is in use, which the control plane needs: ss -ltnp says by what"


def _listening(host: Host) -> set[int]:
    """TCP ports of the machine, as proc_pid_net(5) has them."""
    found = set()
    for name in ("tcp", "tcp6"):
        for line in (host.text(f"/proc/net/{name}") or "").splitlines()[1:]:
            fields = line.split()
            if len(fields) > 3 and fields[3] == _LISTENING:
                found.add(int(fields[1].rsplit(":", 1)[1], 16))
    return found


def _unfit(host: Host, asked: Asked) -> Iterator[str]:
    if not host.path("/run/systemd/system").is_dir():
        # The test of sd_booted(3).
        yield "systemd does not run here, which starts kubelet and containerd"
    if asked.packages and distribution(host).family != "debian":
        name = distribution(host).name or "what runs here"
        yield f"{name} is not of the Debian family, whose packages are installed: take programs from a folder"
    wanted, kernel = minor(asked.version), minor(host.kernel)
    least = _LEAST_KERNEL if wanted and wanted >= _KERNEL_SINCE else _LEAST_KERNEL_BEFORE
    if kernel and kernel < least:
        yield f"kernel {host.kernel} is older than {least[0]}.{least[1]}, which Kubernetes {asked.version} needs"
    cgroup = cgroup_version(host)
    if cgroup is None:
        yield "no cgroup file system is mounted at /sys/fs/cgroup, and no kubelet starts without"
    elif wanted and cgroup == 1 and wanted >= FIRST_WITHOUT_CGROUP_1 and not asked.with_cgroup_1:
        yield (
            f"the machine has cgroup 1, which Kubernetes {asked.version} refuses: boot with systemd.unified_cgroup_hierarchy=1, or "
            "tell the kubelet (KubeletConfiguration, failCgroupV1: false)"
        )
    elif wanted and cgroup == 2 and wanted <= LAST_WITHOUT_CGROUP_2:
        yield f"the machine has cgroup 2, which Kubernetes {asked.version} does not know: take 1.19 or newer, or boot with cgroup 1"
    swaps = [line.split()[0] for line in (host.text("/proc/swaps") or "").splitlines()[1:] if line.split()]
    if swaps and not asked.with_swap:
        yield (
            f"swap is on ({', '.join(swaps)}), and a kubelet does not start with it: swapoff -a and its lines out of /etc/fstab, or "
            "tell the kubelet (KubeletConfiguration, failSwapOn: false)"
        )


def _small(host: Host) -> Iterator[str]:
    processors = sum(line.startswith("processor") for line in (host.text("/proc/cpuinfo") or "").splitlines())
    if 0 < processors < _LEAST_PROCESSORS:
        yield f"the machine has {processors} processor, and kubeadm asks for {_LEAST_PROCESSORS} at least"
    for line in (host.text("/proc/meminfo") or "").splitlines():
        name, _separator, value = line.partition(":")
        if name == "MemTotal" and int(value.split()[0]) // 1024 < _LEAST_MEMORY:
            yield f"the machine has {int(value.split()[0]) // 1024} MB of memory, and kubeadm asks for {_LEAST_MEMORY} at least"
