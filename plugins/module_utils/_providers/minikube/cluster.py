# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Present and absent, by minikube's own commands: what is missing is found out first, then put right."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..._common.cache import cache_root, locked
from ..._common.deadline import Deadline
from ..._common.files import private_folder
from ..._common.process import Ran, RunCommand, ended, run_command
from ..outcome import Outcome
from ..reached import server_of
from ..state import is_replaceable

# What minikube accepts as a profile (pkg/minikube/config/profile.go@v1.36.0: ProfileNameValid).
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9-]+")
_QUESTION_SECONDS = 60.0


class MinikubeError(Exception):
    """What was tried, on what, what came back, and what to do about it."""


@dataclass(frozen=True)
class Wanted:
    """What the cluster shall be. Empty values are left to minikube; C(apiserver_flags) are without dashes."""

    version: str
    kubeconfig: Path
    driver: str = ""
    nodes: int = 1
    cpus: str = ""
    memory: str = ""
    disk: str = ""
    apiserver_flags: Mapping[str, str] = field(default_factory=dict)

    @property
    def arguments(self) -> list[str]:
        """Those of C(minikube start) that make the cluster what it is."""
        sized = {"driver": self.driver, "cpus": self.cpus, "memory": self.memory, "disk-size": self.disk}
        return [
            f"--kubernetes-version=v{self.version}",
            f"--nodes={self.nodes}",
            *(f"--{name}={value}" for name, value in sized.items() if value),
            *(f"--extra-config=apiserver.{name}={value}" for name, value in self.apiserver_flags.items()),
        ]


@dataclass(frozen=True)
class Profile:
    """A cluster as minikube lists it; C(version) and C(nodes) are empty and 0 where its own record is broken."""

    version: str
    nodes: int
    running: bool


class Cluster:
    """The cluster C(name), which minikube calls a profile."""

    def __init__(self, root: Path, name: str, minikube: str, run: RunCommand = run_command) -> None:
        if not _NAME.fullmatch(name):
            raise MinikubeError(f"Cluster name {name!r}: minikube wants two or more letters, digits or '-', a letter or digit first")
        self.name, self._minikube, self._run = name, minikube, run
        self.default_kubeconfig = root / name / "kubeconfig"

    def present(self, wanted: Wanted, seconds: float, *, check: bool = False) -> Outcome:
        """Create it, or start what has ended of it.

        :raises MinikubeError: when that is not possible.
        """
        deadline = Deadline(seconds)
        if not is_replaceable(wanted.kubeconfig, self.name):
            raise MinikubeError(
                f"{wanted.kubeconfig} names something else than minikube's cluster {self.name}: it is not overwritten; give another path"
            )
        with locked(cache_root() / "minikube" / self.name):
            found = self._profile()
            if found:
                self._refuse_another(wanted, found)
            if not found:
                changes = [f"Kubernetes {wanted.version} with {wanted.nodes} nodes"]
            elif not found.running:
                changes = ["it does not run"]
            else:
                changes = [f"{wanted.kubeconfig} is missing, open to others, or differs"] if not self._is_known(wanted.kubeconfig) else []
            if changes and not check:
                private_folder(wanted.kubeconfig.parent)
                # What it makes of an existing cluster is what it was made with.
                self._checked(["start", "--interactive=false", "--embed-certs", *wanted.arguments], wanted.kubeconfig, deadline)
                wanted.kubeconfig.chmod(0o600)
        return Outcome(changes, "" if check and changes else server_of(wanted.kubeconfig))

    def absent(self, kubeconfig: Path, seconds: float, *, check: bool = False) -> Outcome:
        """Remove it with all that is on it, also after half a creation."""
        with locked(cache_root() / "minikube" / self.name):
            changes = [f"profile {self.name}"] if self._profile() else []
            mine = kubeconfig.exists() and is_replaceable(kubeconfig, self.name)
            if mine:
                changes.append(f"{kubeconfig} exists")
            if not check:
                if changes:
                    # It takes its context out of the kubeconfig that it is given, here one that nobody else has.
                    self._checked(["delete"], kubeconfig if mine else Path("/dev/null"), Deadline(seconds))
                if mine:
                    kubeconfig.unlink(missing_ok=True)
        return Outcome(changes)

    def _profile(self) -> Profile | None:
        done = self._ask(["profile", "list", "--output=json"], _QUESTION_SECONDS)
        try:
            listed = json.loads(done.stdout)
            if "error" in listed:
                raise MinikubeError(f"minikube profile list: {listed['error']}")
            profiles = [*listed["valid"], *listed["invalid"]]
        except (ValueError, KeyError, TypeError) as error:
            raise MinikubeError(f"minikube profile list says what is no list of profiles: {done.words[-500:]}") from error
        entry = next((entry for entry in profiles if entry.get("Name") == self.name), None)
        return _read(entry) if entry else None

    def _refuse_another(self, wanted: Wanted, found: Profile) -> None:
        if found.version and found.version != wanted.version:
            raise MinikubeError(
                f"Cluster {self.name} exists with Kubernetes {found.version}, not {wanted.version}: "
                "remove it first (state absent), or choose another name"
            )
        if found.nodes and found.nodes != wanted.nodes:
            raise MinikubeError(
                f"Cluster {self.name} has {found.nodes} nodes, not {wanted.nodes}: remove it first (state absent), or choose another name"
            )

    def _is_known(self, kubeconfig: Path) -> bool:
        try:
            content = kubeconfig.read_text(encoding="utf-8")
        except OSError:
            return False
        return bool(content.strip()) and kubeconfig.stat().st_mode & 0o777 == 0o600

    def _ask(self, arguments: Sequence[str], seconds: float, kubeconfig: Path | None = None) -> Ran:
        environment: dict[str, str | None] = {"KUBECONFIG": str(kubeconfig) if kubeconfig else None}
        try:
            command = [self._minikube, *arguments, f"--profile={self.name}"]
            return ended(self._run, command, timeout=max(1.0, seconds), environment=environment)
        except OSError as error:
            raise MinikubeError(
                f"{self._minikube} cannot be run: {error.strerror}. Install minikube (https://minikube.sigs.k8s.io), or use another provider"
            ) from error

    def _checked(self, arguments: Sequence[str], kubeconfig: Path, deadline: Deadline) -> None:
        done = self._ask(arguments, deadline.remaining, kubeconfig)
        if done.status != 0:
            raise MinikubeError(f"minikube {arguments[0]} of cluster {self.name}: exit status {done.status}\n{done.words[-3000:]}")


def _read(entry: Mapping[str, Any]) -> Profile:
    config = entry.get("Config") or {}
    version = str((config.get("KubernetesConfig") or {}).get("KubernetesVersion") or "")
    # What it calls a cluster that runs has changed between its versions.
    return Profile(version.removeprefix("v"), len(config.get("Nodes") or ()), entry.get("Status") in ("Running", "OK"))
