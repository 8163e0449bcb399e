# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The container engine and kind, as commands."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..._common.deadline import Deadline
from ..._common.process import Ran, RunCommand, ended, run_command

# On every node container (kind, pkg/cluster/internal/providers/docker/constants.go@v0.30.0).
_CLUSTER_LABEL = "io.x-k8s.kind.cluster"
_QUESTION_SECONDS = 60.0


class KindError(Exception):
    """What was tried, on what, what came back, and what to do about it."""


@dataclass(frozen=True)
class Node:
    """A container that is a node."""

    name: str
    running: bool


class Engine:
    """docker or podman, and kind on it."""

    def __init__(self, engine: str, kind: str, run: RunCommand = run_command) -> None:
        self._engine, self._kind, self._run = engine, kind, run

    def check(self) -> None:
        """:raises KindError: when the engine cannot be used."""
        try:
            done = self._run([self._engine, "info"], timeout=_QUESTION_SECONDS)
        except OSError as error:
            raise KindError(
                f"{self._engine} cannot be run: {error.strerror}. Nodes of kind are containers: install {self._engine}, or use another provider"
            ) from error
        except subprocess.TimeoutExpired as error:
            raise KindError(f"{self._engine} info has no answer within {_QUESTION_SECONDS:.0f} s: is its service well?") from error
        if done.status != 0:
            raise KindError(
                f"{self._engine} cannot be used by this user: {_last_line(done)}. Start its service, or give this user access to it"
            )

    def local_image(self, images: Sequence[str]) -> str:
        """The first of some images that the engine has already; else the last."""
        for image in images[:-1]:
            if self._ask([self._engine, "image", "inspect", image]).status == 0:
                return image
        return images[-1]

    def nodes(self, cluster: str) -> list[Node]:
        """Running or not, sorted by name; none when there is no such cluster."""
        template = "{{.Names}}\t{{.State}}"
        done = self._ask([self._engine, "ps", "--all", "--filter", f"label={_CLUSTER_LABEL}={cluster}", "--format", template])
        if done.status != 0:
            raise KindError(f"{self._engine} ps failed: {_last_line(done)}")
        lines = [line.split("\t") for line in done.stdout.decode().splitlines() if "\t" in line]
        return sorted((Node(name, state == "running") for name, state in lines), key=lambda node: node.name)

    def start(self, nodes: Sequence[Node], deadline: Deadline) -> None:
        """Start containers that have ended, as after a reboot."""
        names = [node.name for node in nodes]
        self._checked([self._engine, "start", *names], deadline, f"the nodes {', '.join(names)} do not start")

    def kubernetes_version(self, node: Node) -> str:
        """What a running node is of, without a leading v."""
        done = self._ask([self._engine, "exec", node.name, "cat", "/kind/version"])
        if done.status != 0:
            raise KindError(f"{self._engine} exec {node.name} cat /kind/version: {_last_line(done)}. Is it a node of kind?")
        return done.stdout.decode().strip().removeprefix("v")

    def create(self, cluster: str, image: str, configuration: Path, kubeconfig: Path, deadline: Deadline) -> None:
        seconds = max(1, int(deadline.remaining))
        arguments = ["create", "cluster", "--name", cluster, "--image", image, "--config", str(configuration)]
        arguments += ["--kubeconfig", str(kubeconfig), "--wait", f"{seconds}s"]
        self._checked([self._kind, *arguments], deadline, f"cluster {cluster} cannot be made of {image}")

    def kubeconfig(self, cluster: str) -> str:
        done = self._ask([self._kind, "get", "kubeconfig", "--name", cluster])
        if done.status != 0:
            raise KindError(f"kind get kubeconfig --name {cluster}: {_last_line(done)}")
        return done.stdout.decode()

    def delete(self, cluster: str, deadline: Deadline) -> None:
        # Without its own kubeconfig it would write into the user's.
        self._checked(
            [self._kind, "delete", "cluster", "--name", cluster, "--kubeconfig", "/dev/null"],
            deadline,
            f"cluster {cluster} cannot be removed",
        )

    @property
    def _environment(self) -> dict[str, str | None]:
        return {"KIND_EXPERIMENTAL_PROVIDER": self._engine, "KUBECONFIG": None}

    def _ask(self, command: Sequence[str]) -> Ran:
        """What is answered at once, unless the engine hangs."""
        return ended(self._run, command, timeout=_QUESTION_SECONDS, environment=self._environment)

    def _checked(self, command: Sequence[str], deadline: Deadline, what: str) -> None:
        try:
            done = ended(self._run, command, timeout=max(1.0, deadline.remaining), environment=self._environment)
        except OSError as error:
            done = Ran(127, stderr=f"{command[0]}: {error.strerror}".encode())
        if done.status != 0:
            raise KindError(f"{what}: {Path(command[0]).name} {' '.join(command[1:3])}: exit status {done.status}\n{done.words[-3000:]}")


def _last_line(done: Ran) -> str:
    lines = done.words.splitlines()
    return lines[-1] if lines else f"exit status {done.status}"
