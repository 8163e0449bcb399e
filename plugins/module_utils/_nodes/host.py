# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A Linux machine as its files and programs tell it. Nothing is changed here.

This runs on nodes, so with the oldest Python that Ansible supports on them, 3.8.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .._common.process import RunCommand, run_command

# Where programs of nodes are that PATH of an SSH session may lack: kubelet of a release page, k3s, RKE2.
_FOLDERS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin", "/opt/bin", "/var/lib/rancher/rke2/bin")
# Seconds for a program that only tells something.
_TIMEOUT = 10
# Which programs tell the version of Kubernetes that runs or will run here, and how.
_VERSIONS = (
    (("kubelet", "--version"), r"Kubernetes v(\d+\.\d+\.\d+)"),
    (("k3s", "--version"), r"k3s version v(\d+\.\d+\.\d+)"),
    (("rke2", "--version"), r"rke2 version v(\d+\.\d+\.\d+)"),
)


def search_path() -> str:
    """PATH with the folders in which programs of nodes are."""
    return os.pathsep.join([os.environ.get("PATH", ""), *_FOLDERS]).lstrip(os.pathsep)


@dataclass(frozen=True)
class Host:
    """A machine.

    :arg root: where its file system is; tests have recorded ones.
    :arg run: what runs its programs.
    """

    root: Path = Path("/")
    run: RunCommand = run_command

    def path(self, path: str) -> Path:
        return self.root / path.lstrip("/")

    def text(self, path: str) -> str | None:
        """What a file holds, or None when it is not there or cannot be read."""
        try:
            return self.path(path).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None

    def names(self, folder: str) -> list[str]:
        """Names in a folder, sorted; none when it is not there."""
        try:
            return sorted(entry.name for entry in self.path(folder).iterdir())
        except OSError:
            return []

    def says(self, *command: str) -> str | None:
        """What a program says on its standard output, or None when it is not there, fails or takes long."""
        try:
            ran = self.run(command, timeout=_TIMEOUT, environment={"PATH": search_path(), "LC_ALL": "C"})
        except (OSError, subprocess.TimeoutExpired):
            return None
        return ran.stdout.decode(errors="replace").strip() if ran.status == 0 else None

    @property
    def kernel(self) -> str:
        """Release of the kernel, as in C(uname -r); empty when there is none that could be the name of a folder."""
        release = (self.text("/proc/sys/kernel/osrelease") or "").strip()
        return release if re.fullmatch(r"\w[\w.+~-]*", release, re.ASCII) else ""

    def processes(self) -> dict[str, str]:
        """Names of the running programs, cut at 15 characters as the kernel has them, each with the id of one process."""
        found: dict[str, str] = {}
        for name in self.names("/proc"):
            if name.isdigit():
                command = (self.text(f"/proc/{name}/comm") or "").strip()
                if command:
                    found.setdefault(command, name)
        return found


@dataclass(frozen=True)
class Distribution:
    """What os-release(5) tells."""

    name: str
    ids: tuple[str, ...]

    @property
    def family(self) -> str:
        """C(debian), C(rhel), or an empty string for others."""
        for one in self.ids:
            if one in ("debian", "ubuntu"):
                return "debian"
            if one in ("rhel", "centos", "fedora"):
                return "rhel"
        return ""


def distribution(host: Host) -> Distribution:
    """By C(ID) and then C(ID_LIKE), of which derivatives name what they are made from."""
    text = host.text("/etc/os-release") or host.text("/usr/lib/os-release") or ""
    fields = {}
    for line in text.splitlines():
        name, separator, value = line.strip().partition("=")
        if separator and not name.startswith("#"):
            try:
                fields[name] = " ".join(shlex.split(value))
            except ValueError:
                # An unclosed quote: the words are still there.
                fields[name] = value.strip("\"'")
    ids = [fields.get("ID", "").lower(), *fields.get("ID_LIKE", "").lower().split()]
    return Distribution(fields.get("PRETTY_NAME") or fields.get("ID") or "", tuple(one for one in ids if one))


def kubernetes_version(host: Host) -> str:
    """Version of the node's kubelet, without a leading C(v); empty when there is none yet."""
    for command, pattern in _VERSIONS:
        found = re.search(pattern, host.says(*command) or "")
        if found:
            return found.group(1)
    return ""
