# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A machine, by the shell that a connection gives."""

from __future__ import annotations

import secrets
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..module_utils._apiserver import scripts
from ..module_utils._apiserver.errors import NodeError
from ..module_utils._apiserver.keys import HEAD, Slice, holds, private_kind, public_part, public_slice, same_part
from ..module_utils._apiserver.pod_logs import PATTERN

Execute = Callable[[str], Mapping[str, Any]]
"""Runs a command and gives rc, stdout and stderr, as Ansible's C(_low_level_execute_command)."""


@dataclass(frozen=True)
class Seen:
    """What C(scripts.look) saw. C(allowed): the user is root, or may change the manifest without."""

    allowed: bool
    hostname: str
    paths: frozenset[str]
    kubelet: bool


class Node:
    """Files and processes of a machine.

    :arg execute: runs a command there.
    :arg prefix: words before the shell, where the machine is reached through another program (C(docker exec <node>)).
    """

    def __init__(self, execute: Execute, prefix: Sequence[str] = ()) -> None:
        self._execute, self._prefix = execute, prefix

    def run(self, script: str, doing: str) -> str:
        """What a script says.

        :arg doing: what it is for, for messages.
        :raises NodeError: when it fails, or no shell answers.
        """
        # Between marks, since log-in messages come before it, and a terminal puts errors among what is said.
        mark = f"mlplatform-{secrets.token_hex(8)}"
        whole = f"echo {mark}; ( {script}\n) 2>&1; echo {mark} $?"
        if self._prefix:
            whole = f"{shlex.join(self._prefix)} sh -c {shlex.quote(whole)}"
        done = self._execute(whole)
        said = str(done.get("stdout", "")).replace("\r\n", "\n")
        parts = said.split(mark)
        if len(parts) != 3 or not parts[2].strip().isdigit():
            told = " ".join(f"{said} {done.get('stderr', '')}".replace(mark, "").split())[-300:]
            raise NodeError(f"{doing}: the machine's shell does not answer (status {done.get('rc')}): {told or 'it says nothing'}")
        answer, status = parts[1].removeprefix("\n"), int(parts[2])
        if status:
            raise NodeError(f"{doing} failed: {' '.join(answer.split())[-300:] or f'status {status}'}")
        return answer

    def look(self, paths: Sequence[str], manifest: str) -> Seen:
        """The machine at a glance."""
        told = [line.removeprefix(scripts.SEEN) for line in self.run(scripts.look(paths, manifest), "Looking at the machine").splitlines()]
        facts = dict(line.split(" ", 1) for line in told if line.startswith(("uid ", "hostname ")))
        there = frozenset(line.removeprefix("path ") for line in told if line.startswith("path "))
        return Seen(facts.get("uid") == "0" or "access" in told, facts.get("hostname", ""), there, "kubelet" in told)

    def read(self, path: str) -> bytes:
        """The content of a file."""
        told = self.run(scripts.read(path), f"Reading {path}")
        try:
            return scripts.octets(told)
        except ValueError as error:
            raise NodeError(f"Reading {path}: the machine says something else than its content: {' '.join(told.split())[:200]}") from error

    def command_lines(self) -> list[list[str]]:
        """The words of each process that may be a kube-apiserver."""
        return list(scripts.command_lines(self.run(scripts.apiservers(), "Looking for kube-apiserver")).values())

    def exists(self, path: str) -> bool:
        """Whether there is a file that is not empty."""
        return (
            self.run(f"if [ -f {shlex.quote(path)} ] && [ -s {shlex.quote(path)} ]; then echo yes; fi", f"Looking for {path}").strip()
            == "yes"
        )

    def pod_logs(self, folder: str) -> list[str]:
        """Paths of the logs of kube-apiserver, the newest last."""
        return self.run(scripts.log_files((folder, PATTERN)), "Looking for logs").split()

    def last_lines(self, path: str) -> list[str]:
        """The last lines of a file."""
        return self.run(scripts.last_lines(path), f"Reading {path}").splitlines()

    def check_pair(self, signing: str, verifying: Sequence[str]) -> bool:
        """Whether tokens that are signed with one key are accepted by one of the others; False when that cannot be told.

        :arg signing: path of the private key.
        :arg verifying: paths of public keys, certificates or private keys.
        :raises NodeError: when a file is missing or no key, or none of them is its pair.
        """
        labels = self._labels(signing)
        if private_kind(labels, signing) is None:
            raise NodeError(
                f"{signing} is no private key, which is needed to sign tokens: it holds {', '.join(labels) or 'nothing in PEM'}"
            )
        part = self._public_part(signing)
        for path in verifying:
            held = self._labels(path)
            if not held:
                raise NodeError(f"{path} is no key: it holds nothing in PEM")
            if path == signing:
                return True
            if private_kind(held, path) is not None:
                other = self._public_part(path)
                if part is None or other is None:
                    return False
                if same_part(part, other):
                    return True
            elif part is None:
                return False
            elif holds(self.run(scripts.text_of(path), f"Reading {path}"), part):
                return True
        raise NodeError(
            f"{signing} is not the pair of the key that tokens are verified with ({', '.join(verifying)}): all new tokens would be refused."
            " Give the private key that belongs to it, or its public key as apiserver_patch_key_file (option service_account_key_file)"
        )

    def _labels(self, path: str) -> list[str]:
        if not self.exists(path):
            raise NodeError(f"{path} is missing on the machine, or is empty")
        return self.run(scripts.labels(path), f"Reading {path}").split("\n")[:-1]

    def _public_part(self, path: str) -> bytes | None:
        kind = private_kind(self._labels(path), path)
        if kind is None:
            return None
        doing = f"Reading the public part of {path}"
        length = int(self.run(scripts.key_length(path, kind), doing).strip() or 0)
        head = self.run(scripts.key_characters(path, kind, Slice(0, HEAD[kind])), doing).strip()
        part = public_slice(kind, head, length, path)
        return None if part is None else public_part(self.run(scripts.key_characters(path, kind, part), doing).strip(), path)
