# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is only told about a node: nothing that a role should change by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .._common.versions import minor
from .finding import OK, WARN, Finding
from .host import Host
from .sysctl import whole

# The x86-64 psABI's level 2 by the names of /proc/cpuinfo; pni is SSE3.
X86_64_V2 = ("cx16", "lahf_lm", "pni", "popcnt", "sse4_1", "sse4_2", "ssse3")
# The last Kubernetes version that starts only with cgroup 1, and the first whose kubelet refuses it unless failCgroupV1 is false.
LAST_WITHOUT_CGROUP_2 = (1, 18)
FIRST_WITHOUT_CGROUP_1 = (1, 35)
# The first that has no dockershim.
_FIRST_WITHOUT_DOCKER = (1, 24)
# Sockets of container runtimes, as Kubernetes documents them and as distributions have them.
RUNTIMES = (
    ("containerd", "/run/containerd/containerd.sock"),
    ("CRI-O", "/run/crio/crio.sock"),
    ("Docker with cri-dockerd", "/run/cri-dockerd.sock"),
    ("containerd of k3s or RKE2", "/run/k3s/containerd/containerd.sock"),
    ("containerd of MicroK8s", "/var/snap/microk8s/common/run/containerd.sock"),
    ("Docker", "/run/docker.sock"),
)
# Programs that set the clock, as the kernel has their names (15 characters).
_CLOCKS = ("chronyd", "systemd-timesyn", "ntpd", "openntpd", "phc2sys")
# Programs from which pods inherit their limit of open files.
_STARTERS = ("containerd", "crio", "dockerd", "k3s-server", "k3s-agent", "rke2")
# What databases and object stores of Kubeflow may want to have open at once is some ten thousand files; packages of runtimes set a
# million or no limit.
_FEW_OPEN_FILES = 65536


def observe(host: Host, kubernetes: str) -> list[Finding]:
    """All that is told.

    :arg kubernetes: the version that runs or will run on the node; empty when it is not known.
    """
    found: list[Finding] = []
    for part in (_processor(host), _swap(host), _cgroup(host, kubernetes), _runtime(host, kubernetes), _open_files(host), _clock(host)):
        found += part
    return found


def _processor(host: Host) -> Iterator[Finding]:
    text = host.text("/proc/cpuinfo") or ""
    # Those of the first processor: the machines of a cluster have one kind.
    found = re.search(r"^flags\s*:(.*)$", text, re.MULTILINE)
    if not found:
        why = "many images of Kubeflow are for amd64 alone; pods need a node selector kubernetes.io/arch: amd64 or other images"
        yield Finding("processor", "not x86-64", "x86-64", WARN, why)
        return
    flags = set(found.group(1).split())
    missing = [name for name in X86_64_V2 if name not in flags]
    if missing:
        why = "images of MySQL and MinIO end with 'CPU does not support x86-64-v2'; give the machine the processor model 'host'"
        yield Finding("x86-64-v2", f"lacks {', '.join(missing)}", "yes", WARN, why)
    else:
        yield Finding("x86-64-v2", "yes", "yes", OK, "newer base images are built for it")
    if "avx" in flags:
        yield Finding("AVX", "yes", "yes", OK, "TensorFlow and ML Metadata are built for it")
    else:
        why = "metadata-grpc and images with TensorFlow end with 'Illegal instruction'; give the machine the processor model 'host'"
        yield Finding("AVX", "no", "yes", WARN, why)


def _swap(host: Host) -> Iterator[Finding]:
    lines = (host.text("/proc/swaps") or "").splitlines()[1:]
    places = [line.split()[0] for line in lines if line.split()]
    if places:
        why = "a kubelet does not start with swap unless failSwapOn is false; swapoff -a, and its lines out of /etc/fstab"
        yield Finding("swap", ", ".join(places), "none", WARN, why)
    else:
        yield Finding("swap", "none", "none", OK, "a kubelet does not start with it")


def cgroup_version(host: Host) -> int | None:
    """The version that a kubelet sees: that of what is mounted at /sys/fs/cgroup. systemd's hybrid layout is version 1."""
    for line in reversed((host.text("/proc/self/mounts") or "").splitlines()):
        fields = line.split()
        if len(fields) > 2 and fields[1] == "/sys/fs/cgroup":
            return 2 if fields[2] == "cgroup2" else 1
    return None


def _cgroup(host: Host, kubernetes: str) -> Iterator[Finding]:
    version, wanted = cgroup_version(host), minor(kubernetes)
    if version is None:
        yield Finding("cgroup", "not mounted", "1 or 2", WARN, "no kubelet starts without")
    elif version == 2 and wanted is not None and wanted <= LAST_WITHOUT_CGROUP_2:
        why = f"the kubelet of Kubernetes {kubernetes} does not start; take 1.19 or newer, or boot with systemd.unified_cgroup_hierarchy=0"
        yield Finding("cgroup", "2", "1", WARN, why)
    elif version == 1 and wanted is not None and wanted >= FIRST_WITHOUT_CGROUP_1:
        why = f"the kubelet of Kubernetes {kubernetes} does not start unless failCgroupV1 is false; boot with cgroup 2"
        yield Finding("cgroup", "1", "2", WARN, why)
    elif wanted is not None:
        yield Finding("cgroup", str(version), str(version), OK, f"fits Kubernetes {kubernetes}")
    elif version == 2:
        yield Finding("cgroup", "2", "2", OK, "fits Kubernetes 1.19 and newer")
    else:
        yield Finding("cgroup", "1", "1", OK, "fits Kubernetes up to 1.34")


def _runtime(host: Host, kubernetes: str) -> Iterator[Finding]:
    found = [name for name, place in RUNTIMES if host.path(place).exists()]
    wanted = minor(kubernetes)
    if not found:
        yield Finding(
            "container runtime", "no socket found", "one", WARN, "no cluster without: containerd, CRI-O or what the distribution brings"
        )
    elif found == ["Docker"] and wanted is not None and wanted >= _FIRST_WITHOUT_DOCKER:
        yield Finding("container runtime", "Docker", "another", WARN, f"Kubernetes {kubernetes} needs containerd, CRI-O or cri-dockerd")
    else:
        yield Finding("container runtime", ", ".join(found), "one", OK, "runs the pods")


def open_files_limit(text: str) -> str | None:
    """The hard limit that /proc/<id>/limits tells: a number or C(unlimited)."""
    found = re.search(r"^Max open files\s+\S+\s+(\S+)", text, re.MULTILINE)
    return found.group(1) if found else None


def _open_files(host: Host) -> Iterator[Finding]:
    running = host.processes()
    for name in _STARTERS:
        limit = open_files_limit(host.text(f"/proc/{running[name]}/limits") or "") if name in running else None
        if limit is not None:
            number = whole(limit)
            few = number is not None and number < _FEW_OPEN_FILES
            why = f"pods inherit it; set LimitNOFILE=1048576 in the unit of {name}" if few else "pods inherit it"
            yield Finding(f"open files of {name}", limit, f"{_FEW_OPEN_FILES} or more", WARN if few else OK, why)
    # Opened, always 0, and the most.
    numbers = [whole(text) for text in (host.text("/proc/sys/fs/file-nr") or "").split()]
    if len(numbers) == 3 and numbers[0] is not None and numbers[2] is not None:
        used, limit_of_all = numbers[0], numbers[2]
        # Past this, a few more pods are enough for "too many open files in system".
        full = used > limit_of_all * 0.8
        why = "new files cannot be opened when it is reached; raise fs.file-max" if full else "the limit of the whole machine, fs.file-max"
        yield Finding("open files", f"{used} of {limit_of_all}", "less than 80 %", WARN if full else OK, why)


def _clock(host: Host) -> Iterator[Finding]:
    services = [name for name in _CLOCKS if name in host.processes()]
    told = (host.says("timedatectl", "show", "--property=NTPSynchronized", "--value") or "").lower()
    leap = re.search(r"^Leap status\s*:\s*(.+)$", host.says("chronyc", "-n", "tracking") or "", re.MULTILINE)
    why = "certificates and tokens are refused between machines whose clocks differ by seconds"
    if told == "yes" or (leap and leap.group(1).strip() == "Normal"):
        yield Finding("clock", "synchronised", "synchronised", OK, why)
    elif told == "no" or leap:
        running = f"{', '.join(services)} runs, not synchronised" if services else "not synchronised"
        yield Finding("clock", running, "synchronised", WARN, f"{why}; look at chronyc tracking or timedatectl")
    elif services:
        yield Finding("clock", f"{', '.join(services)} runs", "synchronised", OK, why)
    else:
        yield Finding(
            "clock", "nothing found that sets it", "synchronised", WARN, f"{why}; install chrony, unless the host of the machine sets it"
        )
