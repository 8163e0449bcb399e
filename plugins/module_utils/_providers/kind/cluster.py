# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Present and absent: what is missing is found out first, then put right."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..._client.connection import connect
from ..._client.http import ApiError
from ..._common.cache import cache_root, locked
from ..._common.deadline import Deadline
from ..._common.files import private_folder, write_private
from ..outcome import Outcome
from ..reached import missing_nodes, server_of
from ..state import is_replaceable
from .configuration import Shape, configuration, files, hosts_files, kept_files
from .engine import Engine, KindError, Node

# What kind accepts (pkg/internal/apis/config/validate.go@v0.30.0), no longer than names of containers may be.
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,48}[a-z0-9]|[a-z0-9]")
_PAUSE_SECONDS = 0.5


@dataclass(frozen=True)
class Wanted:
    """What the cluster shall be; of C(images) the first that the engine has is taken, else the last.

    C(version) is compared up to the minor one with a cluster that exists.
    """

    version: str
    images: Sequence[str]
    shape: Shape
    kubeconfig: Path


@dataclass
class KindOutcome(Outcome):
    """Names of the node containers and what there is to be warned of, beside what all providers tell."""

    nodes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


class Cluster:
    """The cluster C(name) of an engine, with its files below C(root)."""

    def __init__(self, root: Path, name: str, engine: Engine) -> None:
        if not _NAME.fullmatch(name):
            raise KindError(f"Cluster name {name!r}: use up to 50 lower-case letters, digits, '-' or '.', a letter or digit first and last")
        self.name, self._engine = name, engine
        self._home = root / name
        self._folder = self._home / "kind"
        self._made_with = self._folder / "cluster.json"

    @property
    def default_kubeconfig(self) -> Path:
        return self._home / "kubeconfig"

    def present(self, wanted: Wanted, seconds: float, *, check: bool = False) -> KindOutcome:
        """Create it, or repair what is missing of it.

        :raises KindError: when that is not possible.
        """
        deadline = Deadline(seconds)
        self._engine.check()
        if not is_replaceable(wanted.kubeconfig, f"kind-{self.name}"):
            raise KindError(
                f"{wanted.kubeconfig} names something else than kind's cluster {self.name}: it is not overwritten; give another path"
            )
        with locked(cache_root() / "kind" / self.name):
            nodes = self._engine.nodes(self.name)
            if not nodes:
                outcome = KindOutcome([f"Kubernetes {wanted.version} with {wanted.shape.nodes} nodes"])
                if check:
                    return outcome
                self._create(wanted, deadline)
            else:
                outcome = KindOutcome(self._repair(wanted, nodes, deadline, check=check))
                if self._made_otherwise(wanted.shape):
                    outcome.warnings.append(
                        f"Cluster {self.name} was made with other settings than the ones that are asked for now (compare {self._made_with} and"
                        " certs.d beside it), and keeps them: to have these, remove it first (state absent)"
                    )
            if check and outcome.changes:
                return outcome
            self._await(wanted.kubeconfig, wanted.shape.nodes, deadline)
            outcome.nodes = [node.name for node in self._engine.nodes(self.name)]
            outcome.server = server_of(wanted.kubeconfig)
        return outcome

    def absent(self, kubeconfig: Path, seconds: float, *, check: bool = False) -> KindOutcome:
        """Remove it with all that is on it, also after half a creation."""
        self._engine.check()
        with locked(cache_root() / "kind" / self.name):
            nodes = self._engine.nodes(self.name)
            outcome = KindOutcome([f"node {node.name}" for node in nodes])
            if self._folder.exists():
                outcome.changes.append(f"{self._folder} exists")
            mine = kubeconfig.exists() and is_replaceable(kubeconfig, f"kind-{self.name}")
            if mine:
                outcome.changes.append(f"{kubeconfig} exists")
            if not check:
                if nodes:
                    self._engine.delete(self.name, Deadline(seconds))
                if self._folder.exists():
                    shutil.rmtree(self._folder)
                if mine:
                    kubeconfig.unlink(missing_ok=True)
                if self._home.is_dir() and not any(self._home.iterdir()):
                    self._home.rmdir()
        return outcome

    def _create(self, wanted: Wanted, deadline: Deadline) -> None:
        # Of one that was removed without this collection: nodes would have its mirrors, too.
        if self._folder.exists():
            shutil.rmtree(self._folder)
        for path, content in files(wanted.shape).items():
            private_folder((self._folder / path).parent)
            write_private(self._folder / path, content)
        write_private(self._made_with, json.dumps(configuration(self.name, wanted.shape, self._folder), indent=2))
        image = self._engine.local_image(wanted.images)
        self._engine.create(self.name, image, self._made_with, self._folder / "kubeconfig", deadline)
        self._write_kubeconfig(wanted.kubeconfig)

    def _repair(self, wanted: Wanted, nodes: Sequence[Node], deadline: Deadline, *, check: bool) -> list[str]:
        if len(nodes) != wanted.shape.nodes:
            raise KindError(
                f"Cluster {self.name} has {len(nodes)} nodes, not {wanted.shape.nodes}, and kind cannot change that: "
                "remove it first (state absent), or choose another name"
            )
        stopped = [node for node in nodes if not node.running]
        changes = [f"node {node.name} does not run" for node in stopped]
        if stopped and check:
            return changes
        if stopped:
            self._engine.start(stopped, deadline)
        version = self._engine.kubernetes_version(nodes[0])
        if _minor(version) != _minor(wanted.version):
            raise KindError(
                f"Cluster {self.name} exists with Kubernetes {version}, not {wanted.version}: "
                "remove it first (state absent), or choose another name"
            )
        if self._kubeconfig_differs(wanted.kubeconfig):
            changes.append(f"{wanted.kubeconfig} is missing, open to others, or differs")
            if not check:
                self._write_kubeconfig(wanted.kubeconfig)
        return changes

    def _made_otherwise(self, shape: Shape) -> bool:
        """Whether it was made with other settings, which kind cannot change; False where that is not known any more."""
        try:
            made_with = json.loads(self._made_with.read_text(encoding="utf-8"))
            mirrors = kept_files(self._folder)
        except (OSError, ValueError):
            return False
        return bool(made_with != configuration(self.name, shape, self._folder) or mirrors != hosts_files(shape.registry_mirrors))

    def _kubeconfig_differs(self, path: Path) -> bool:
        try:
            return path.read_text(encoding="utf-8") != self._engine.kubeconfig(self.name) or path.stat().st_mode & 0o777 != 0o600
        except (OSError, UnicodeDecodeError):
            return True

    def _write_kubeconfig(self, path: Path) -> None:
        private_folder(path.parent)
        write_private(path, self._engine.kubeconfig(self.name))

    def _await(self, kubeconfig: Path, count: int, deadline: Deadline) -> None:
        """Until all nodes are ready; kind itself returns when its control plane is."""
        client = connect({"kubeconfig": str(kubeconfig)}, {})
        self._until(deadline, lambda: missing_nodes(client, count, deadline))

    def _until(self, deadline: Deadline, why_not: Callable[[], str]) -> None:
        why = "no time left"
        while not deadline.expired:
            try:
                why = why_not()
            except ApiError as error:
                why = error.message
            if not why:
                return
            deadline.wait(_PAUSE_SECONDS)
        raise KindError(f"Cluster {self.name}: gave up after {deadline.seconds:.0f} s: {why}")


def _minor(version: str) -> str:
    """Images of kind are made of one patch version of each minor version."""
    return ".".join(version.split(".")[:2])
