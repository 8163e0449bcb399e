# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Builds binaries from Go modules that a go.mod and a go.sum pin: go.sum is the checksum of a source build.

PRIVATE: for the modules of this collection only.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from .recipe import Binary, Build, Refused, Unavailable
from .run import Run

# The first Go that understands what a newer go.mod asks for, and can fetch the newer Go by itself.
_FIRST_SELF_UPGRADING = (1, 21)
_ENVIRONMENT = {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOWORK": "off", "GO111MODULE": "on", "LC_ALL": "C"}
_SHOWN_LINES = 15


def same_build(one: Binary, other: Binary) -> bool:
    """Whether two binaries can come from one C(go build): same module, same linker flags."""
    return bool(one.build and other.build and (one.build.module, one.build.ldflags) == (other.build.module, other.build.ldflags))


def build(binaries: Sequence[Binary], scratch: Path, *, host: tuple[str, str], timeout: float, run: Run) -> dict[str, Path]:
    """Build binaries of which each two are C(same_build), inside the empty folder C(scratch).

    :returns: the file of each name.
    :raises Unavailable: when it cannot be built here; the message has the compiler's words.
    :raises Refused: when a module is not the one that go.sum pins.
    """
    recipes = [binary.build for binary in binaries if binary.build]
    module = recipes[0].module
    if not (module / "go.mod").is_file() or not (module / "go.sum").is_file():
        raise Unavailable(f"there is no go.mod and go.sum for this version ({module})")
    go = _usable_go(module, scratch, run)
    for name in ("go.mod", "go.sum"):
        shutil.copyfile(module / name, scratch / name)
    out = scratch / "out"
    out.mkdir()
    packages = [recipe.package for recipe in recipes]
    command = [go, "build", "-trimpath", "-buildvcs=false", "-ldflags", " ".join(recipes[0].ldflags), "-o", f"{out}/", *packages]
    environment = {**_ENVIRONMENT, "GOOS": host[0], "GOARCH": host[1]}
    try:
        rc, output = run(command, timeout=timeout, folder=scratch, environment=environment)
    except subprocess.TimeoutExpired as error:
        raise Unavailable(
            f"go build of {', '.join(packages)} was not finished after {timeout:.0f} s. "
            "Go keeps what it compiled, so another run goes on from there; or allow more time"
        ) from error
    except OSError as error:
        raise Unavailable(f"{go} could not be run: {error.strerror or error}") from error
    if rc != 0:
        raise _failed(packages, rc, output)
    return {binary.name: out / _executable(recipe) for binary, recipe in zip(binaries, recipes, strict=True)}


def _usable_go(module: Path, scratch: Path, run: Run) -> str:
    needed = re.search(r"^go (\S+)", (module / "go.mod").read_text(encoding="utf-8"), re.MULTILINE)
    wanted = needed[1] if needed else "1.21"
    advice = f"Go {wanted} or newer is needed: install it from https://go.dev/dl/ or from your distribution"
    go = shutil.which("go")
    if go is None:
        raise Unavailable(f"there is no go in PATH. {advice}")
    try:
        # In a folder without a go.mod, or a go.mod would make it answer for the Go that it asks for.
        rc, output = run([go, "env", "GOVERSION", "GOTOOLCHAIN"], timeout=60, folder=scratch)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"{go} could not be run: {error}. {advice}") from error
    version, _, toolchain = output.strip().partition("\n")
    present = _numbers(version.removeprefix("go"))
    if rc != 0 or not present:
        raise Unavailable(f"{go} does not tell its version: {' '.join(output.split()) or 'no output'}. {advice}")
    if present < _numbers(wanted) and (toolchain == "local" or present < _FIRST_SELF_UPGRADING):
        raise Unavailable(f"{go} is {version}, too old. {advice}")
    return go


def _numbers(version: str) -> tuple[int, ...]:
    match = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(number) for number in match[0].split(".")) if match else ()


def _executable(recipe: Build) -> str:
    """The name that Go gives it: the last element of the import path that is no major version."""
    elements = recipe.package.split("/")
    return elements[-2] if len(elements) > 1 and re.fullmatch(r"v\d+", elements[-1]) else elements[-1]


def _failed(packages: Sequence[str], rc: int, output: str) -> Unavailable | Refused:
    lines = output.strip().splitlines()
    shown = "\n".join(lines[-_SHOWN_LINES:]) or "(no output)"
    message = f"go build of {', '.join(packages)} failed with exit code {rc}:\n{shown}"
    if "SECURITY ERROR" in output or "checksum mismatch" in output:
        return Refused(f"{message}\nA module is not the one that go.sum pins. Nothing was kept, and nothing else was tried in its place.")
    if re.search(r"dial tcp|no such host|i/o timeout|proxyconnect|connection refused|module lookup disabled", output):
        message += "\nGo could not fetch the modules: set GOPROXY (and https_proxy, no_proxy) to what this machine can reach."
    return Unavailable(message)
