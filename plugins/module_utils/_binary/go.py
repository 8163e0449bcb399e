# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs Go for one build, within one time limit, and says what to do when it cannot."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from .._common.deadline import Deadline
from .._common.process import RunCommand
from .recipe import Refused, Unavailable

# The first Go that understands what a newer go.mod asks for, and can fetch the newer Go by itself.
_FIRST_SELF_UPGRADING = (1, 21)
_ENVIRONMENT = {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOWORK": "off", "GO111MODULE": "on", "LC_ALL": "C"}
_SHOWN_LINES = 15


class Go:
    """The Go in PATH, working in C(folder)."""

    def __init__(self, path: str, folder: Path, *, host: tuple[str, str], timeout: float, run: RunCommand) -> None:
        self.path, self.folder, self._run, self._deadline = path, folder, run, Deadline(timeout)
        self._environment = {**_ENVIRONMENT, "GOOS": host[0], "GOARCH": host[1]}

    def __call__(self, *arguments: str, doing: str) -> str:
        """What C(go arguments) wrote; C(doing) names it in messages.

        :raises Unavailable: when it fails; the message has its words.
        :raises Refused: when a module is not the one that go.sum pins.
        """
        return self.command(self.path, *arguments, doing=doing)

    def command(self, *command: str, doing: str) -> str:
        """The same for a command that calls Go itself."""
        try:
            done = self._run(command, timeout=self._deadline.remaining, folder=self.folder, environment=self._environment)
        except subprocess.TimeoutExpired as error:
            raise Unavailable(
                f"{doing} was not finished after {self._deadline.seconds:.0f} s. "
                "Go keeps what it compiled, so another run goes on from there; or allow more time"
            ) from error
        except OSError as error:
            raise Unavailable(f"{command[0]} could not be run: {error.strerror or error}") from error
        if done.status != 0:
            raise _failed(doing, done.status, done.words)
        return done.words


def usable_go(module: Path, scratch: Path, run: RunCommand) -> str:
    """The path of a Go that can build what the C(go.mod) in C(module) pins.

    :raises Unavailable: when there is none.
    """
    needed = re.search(r"^go (\S+)", (module / "go.mod").read_text(encoding="utf-8"), re.MULTILINE)
    wanted = needed[1] if needed else "1.21"
    advice = f"Go {wanted} or newer is needed: install it from https://go.dev/dl/ or from your distribution"
    go = shutil.which("go")
    if go is None:
        raise Unavailable(f"there is no go in PATH. {advice}")
    try:
        # In a folder without a go.mod, or a go.mod would make it answer for the Go that it asks for.
        done = run([go, "env", "GOVERSION", "GOTOOLCHAIN"], timeout=60, folder=scratch)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"{go} could not be run: {error}. {advice}") from error
    version, _other, toolchain = done.words.partition("\n")
    present = _numbers(version.removeprefix("go"))
    if done.status != 0 or not present:
        raise Unavailable(f"{go} does not tell its version: {' '.join(done.words.split()) or 'no output'}. {advice}")
    if present < _numbers(wanted) and (toolchain == "local" or present < _FIRST_SELF_UPGRADING):
        raise Unavailable(f"{go} is {version}, too old. {advice}")
    return go


def _numbers(version: str) -> tuple[int, ...]:
    match = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(number) for number in match[0].split(".")) if match else ()


def _failed(doing: str, rc: int, output: str) -> Unavailable | Refused:
    lines = output.strip().splitlines()
    shown = "\n".join(lines[-_SHOWN_LINES:]) or "(no output)"
    message = f"{doing} failed with exit code {rc}:\n{shown}"
    if "SECURITY ERROR" in output or "checksum mismatch" in output:
        return Refused(f"{message}\nA module is not the one that go.sum pins. Nothing was kept, and nothing else was tried in its place.")
    if re.search(r"dial tcp|no such host|i/o timeout|proxyconnect|connection refused|module lookup disabled", output):
        message += "\nGo could not fetch the modules: set GOPROXY (and https_proxy, no_proxy) to what this machine can reach."
    return Unavailable(message)
