# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Machines as their files are after an installation: Debian 12, Ubuntu 22.04 and 24.04, AlmaLinux 9."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.process import Ran
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._nodes.host import Host

DEBIAN_12 = """\
PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION="12 (bookworm)"
VERSION_CODENAME=bookworm
ID=debian
HOME_URL="https://www.debian.org/"
"""
UBUNTU_22 = """\
PRETTY_NAME="Ubuntu 22.04.4 LTS"
NAME="Ubuntu"
VERSION_ID="22.04"
VERSION="22.04.4 LTS (Jammy Jellyfish)"
VERSION_CODENAME=jammy
ID=ubuntu
ID_LIKE=debian
UBUNTU_CODENAME=jammy
"""
UBUNTU_24 = (
    UBUNTU_22.replace("22.04.4", "24.04.1").replace("22.04", "24.04").replace("jammy", "noble").replace("Jammy Jellyfish", "Noble Numbat")
)
ALMA_9 = """\
NAME="AlmaLinux"
VERSION="9.4 (Seafoam Ocelot)"
ID="almalinux"
ID_LIKE="rhel centos fedora"
VERSION_ID="9.4"
PLATFORM_ID="platform:el9"
PRETTY_NAME="AlmaLinux 9.4 (Seafoam Ocelot)"
ANSI_COLOR="0;34"
"""
FLAGS = "fpu vme pni ssse3 cx16 sse4_1 sse4_2 popcnt avx lahf_lm avx2"
CPU = f"processor\t: 0\nvendor_id\t: GenuineIntel\nflags\t\t: {FLAGS}\nbugs\t\t:\n\nprocessor\t: 1\nflags\t\t: {FLAGS}\n"
SWAPS = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
LIMITS = """\
Limit                     Soft Limit           Hard Limit           Units
Max cpu time              unlimited            unlimited            seconds
Max open files            {soft:<20} {hard:<20} files
Max locked memory         8388608              8388608              bytes
"""
CGROUP_2 = "proc /proc proc rw,nosuid 0 0\ncgroup2 /sys/fs/cgroup cgroup2 rw,nosuid,nodev,noexec,relatime,nsdelegate 0 0\n"
CGROUP_1 = """\
tmpfs /sys/fs/cgroup tmpfs ro,nosuid,nodev,noexec,size=4096k,nr_inodes=1024,mode=755 0 0
cgroup2 /sys/fs/cgroup/unified cgroup2 rw,nosuid,nodev,noexec,relatime,nsdelegate 0 0
cgroup /sys/fs/cgroup/memory cgroup rw,nosuid,nodev,noexec,relatime,memory 0 0
"""
_FOLDER = "kernel/net"
MODULES = {
    "br_netfilter": f"{_FOLDER}/bridge/br_netfilter",
    "nf_nat": f"{_FOLDER}/netfilter/nf_nat",
    "xt_REDIRECT": f"{_FOLDER}/netfilter/xt_REDIRECT",
    "xt_owner": f"{_FOLDER}/netfilter/xt_owner",
    "iptable_nat": f"{_FOLDER}/ipv4/netfilter/iptable_nat",
    "iptable_mangle": f"{_FOLDER}/ipv4/netfilter/iptable_mangle",
    "iptable_filter": f"{_FOLDER}/ipv4/netfilter/iptable_filter",
}


def kernel_files(release: str, suffix: str, *, without: Sequence[str] = (), built_in: Sequence[str] = ()) -> dict[str, str]:
    """What depmod leaves in /lib/modules."""
    loadable = {name: path for name, path in MODULES.items() if name not in (*without, *built_in)}
    core = f"{MODULES['nf_nat']}.ko{suffix}"
    return {
        f"/lib/modules/{release}/modules.dep": "".join(
            f"{path}.ko{suffix}:{f' {core}' if name == 'iptable_nat' else ''}\n" for name, path in loadable.items()
        ),
        f"/lib/modules/{release}/modules.builtin": "".join(f"{MODULES[name]}.ko\n" for name in built_in) + "kernel/fs/ext4/ext4.ko\n",
        f"/lib/modules/{release}/modules.alias": "# Aliases extracted from modules themselves.\nalias ipt_REDIRECT xt_REDIRECT\nalias pci:v0* e1000\n",
        "/proc/sys/kernel/osrelease": f"{release}\n",
        "/proc/sys/kernel/modules_disabled": "0\n",
    }


COMMON = {
    "/proc/cpuinfo": CPU,
    "/proc/swaps": SWAPS,
    "/proc/self/mounts": CGROUP_2,
    "/proc/sys/fs/file-nr": "1984\t0\t9223372036854775807\n",
    "/proc/sys/fs/inotify/max_user_instances": "128\n",
    "/proc/sys/fs/inotify/max_user_watches": "63450\n",
}
MACHINES: dict[str, dict[str, str]] = {
    "debian 12": {
        **COMMON,
        **kernel_files("6.1.0-18-amd64", ""),
        "/etc/os-release": DEBIAN_12,
        # A link to ../sysctl.conf there, of which all lines are comments.
        "/etc/sysctl.d/99-sysctl.conf": "#net.ipv4.ip_forward=1\n",
        "/usr/lib/sysctl.d/50-pid-max.conf": "kernel.pid_max = 4194304\n",
    },
    "ubuntu 22.04": {**COMMON, **kernel_files("5.15.0-94-generic", ""), "/etc/os-release": UBUNTU_22},
    "ubuntu 24.04": {
        **COMMON,
        **kernel_files("6.8.0-31-generic", ".zst"),
        "/etc/os-release": UBUNTU_24,
        "/usr/lib/sysctl.d/30-tracker.conf": "fs.inotify.max_user_watches = 65536\n",
    },
    "alma 9": {
        **COMMON,
        **kernel_files("5.14.0-427.13.1.el9_4.x86_64", ".xz", built_in=["nf_nat"]),
        "/etc/os-release": ALMA_9,
        "/usr/lib/sysctl.d/50-default.conf": "-net.ipv4.conf.all.rp_filter = 1\nnet/ipv4/conf/default/rp_filter=2\n",
    },
}


def write(root: Path, files: Mapping[str, str | None]) -> None:
    """Lay files out below a folder; None takes one away."""
    for path, content in files.items():
        place = root / path.lstrip("/")
        if content is None:
            place.unlink(missing_ok=True)
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content)


class Programs:
    """Programs of a recorded machine: what they say by their command line; C(modprobe) loads, unless told what it says."""

    def __init__(self, root: Path, says: Mapping[str, str] | None = None, *, modprobe: str | None = "", loads: bool = True) -> None:
        self.root, self.known, self.modprobe, self.loads = root, dict(says or {}), modprobe, loads
        self.calls: list[str] = []

    def __call__(self, command: Sequence[str], **_: Any) -> Ran:
        line = " ".join(command)
        self.calls.append(line)
        if command[0] == "modprobe" and self.modprobe is not None:
            if self.modprobe:
                return Ran(1, stderr=self.modprobe.encode())
            if self.loads:
                write(self.root, {f"/sys/module/{command[1].replace('-', '_')}/initstate": "live\n"})
            return Ran(0)
        if line not in self.known:
            raise FileNotFoundError(2, os.strerror(2), command[0])
        return Ran(0, stdout=self.known[line].encode())


def machine(root: Path, files: Mapping[str, str | None], says: Mapping[str, str] | None = None, **programs: Any) -> Host:
    """A machine with these files below C(root), and programs that say this."""
    write(root, files)
    return Host(root, Programs(root, says, **programs))
