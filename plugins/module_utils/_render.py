# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Parts rendered to a plan: one kustomization per part, built side by side, cached by a digest of what goes in.

PRIVATE: for the modules of this collection only.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from . import _plan
from ._files import private_folder, write_private
from ._yaml import dump, load_manifests

# Part of the digest: raise it when the same input renders to something else.
_FORMAT = 1
_CACHE_SECONDS = 30 * 24 * 3600
_PART_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
# By it a folder is known as ours, and may be removed.
_MARK = "by mlplatform.kubeflow. Made anew by every run."

RunKustomize = Callable[[Path], tuple[int, bytes, str]]
"""Builds the kustomization in a folder; returns exit code, standard output, standard error."""


class RenderError(Exception):
    """One or more parts cannot be rendered; the message names each with kustomize's words."""


@dataclass(frozen=True)
class PartSpec:
    """What a part is rendered from. Paths are relative to the manifests; C(namespace) is set on all objects when given.

    A C(provided) part is on the cluster from elsewhere: rendered to be looked for, not to be applied.
    """

    name: str
    paths: tuple[str, ...]
    namespace: str | None = None
    provided: bool = False


@dataclass(frozen=True)
class RenderedPart:
    """The outcome for one part; C(seconds) is the wall time of its build."""

    name: str
    objects: int
    cached: bool
    seconds: float


def kustomize_runner(binary: str, *, timeout: float) -> RunKustomize:
    """Run the real kustomize; C(timeout) in seconds for one part."""
    # A build is short and its heap small: collecting garbage less often saves a quarter of its CPU time.
    environment = {**os.environ, "GOGC": "400", "GIT_TERMINAL_PROMPT": "0"}

    def run(folder: Path) -> tuple[int, bytes, str]:
        try:
            done = subprocess.run([binary, "build", str(folder)], capture_output=True, env=environment, timeout=timeout, check=False)
        except subprocess.TimeoutExpired:
            return 124, b"", f"gave no result within {timeout:g} seconds"
        return done.returncode, done.stdout, done.stderr.decode(errors="replace")

    return run


def render(
    parts: Sequence[PartSpec],
    *,
    release: str,
    manifests: Path,
    plan: Path,
    cache: Path,
    sources: Path,
    run: RunKustomize,
    kustomize_version: str,
    workers: int,
) -> list[RenderedPart]:
    """Write the plan for C(parts) and remove from it what is not among them.

    :arg sources: where M(mlplatform.kubeflow.source) keeps its folders, which never change. Manifests from elsewhere are always built.
    :raises RenderError: when a part does not build; the plan's index is gone then, so that nothing applies half a plan.
    """
    names = [part.name for part in parts]
    for name in names:
        if not _PART_NAME.fullmatch(name) or names.count(name) > 1:
            raise RenderError(f"part '{name}': " + ("is given twice" if names.count(name) > 1 else "is no name for a folder"))
    private_folder(plan)
    (plan / _plan.INDEX).unlink(missing_ok=True)
    for stale in plan.iterdir():
        if stale.name not in names and _is_ours(stale):
            shutil.rmtree(stale)
    private_folder(cache)
    _forget_unused(cache)
    inside = manifests.resolve()
    unchanging = inside.relative_to(sources.resolve()) if inside.is_relative_to(sources.resolve()) else None

    def one(part: PartSpec) -> RenderedPart:
        started = time.monotonic()
        folder = private_folder(plan / part.name)
        write_private(folder / "kustomization.yaml", _kustomization(part, manifests, folder, release))
        inputs = json.dumps([_FORMAT, kustomize_version, str(unchanging), asdict(part)])
        cached = cache / hashlib.sha256(inputs.encode()).hexdigest()[:24] if unchanging else None
        kept = _read_cached(cached) if cached else None
        built = kept or _build(folder, run)
        if cached and not kept:
            _write(cached.with_suffix(".yaml"), cached.with_suffix(".json"), built)
        _write(folder / "objects.yaml", folder / "objects.json", built)
        return RenderedPart(part.name, built.count, kept is not None, round(time.monotonic() - started, 2))

    with ThreadPoolExecutor(max_workers=max(1, workers)) as pool:
        outcomes = [(part, pool.submit(one, part)) for part in parts]
    failures = [f"part {part.name}: {future.exception()}" for part, future in outcomes if future.exception()]
    if failures:
        raise RenderError("\n".join(failures))
    index = {
        "release": release,
        "parts": [part.name for part in parts if not part.provided],
        "provided": [part.name for part in parts if part.provided],
    }
    write_private(plan / _plan.INDEX, json.dumps(index, indent=1))
    try:
        _plan.load_plan(plan).owners()
    except _plan.PlanError as error:
        (plan / _plan.INDEX).unlink()
        raise RenderError(str(error)) from error
    return [future.result() for _part, future in outcomes]


def _kustomization(part: PartSpec, manifests: Path, folder: Path, release: str) -> str:
    """A kustomization for people and for kustomize, which refuses absolute bases."""
    document: dict[str, Any] = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
    if part.namespace:
        document["namespace"] = part.namespace
    document["resources"] = [os.path.relpath(manifests.resolve() / path, folder.resolve()) for path in part.paths]
    return f"# Part {part.name} of Kubeflow {release}, {_MARK}\n" + dump(document)


def _is_ours(folder: Path) -> bool:
    """Whether a folder of the plan was made here, for a part: whatever else a user keeps beside is not touched."""
    try:
        return not folder.is_symlink() and _MARK in (folder / "kustomization.yaml").read_text(encoding="utf-8").partition("\n")[0]
    except (OSError, ValueError):
        return False


@dataclass(frozen=True)
class _Built:
    as_yaml: bytes
    as_json: bytes
    count: int


def _build(folder: Path, run: RunKustomize) -> _Built:
    rc, stdout, stderr = run(folder)
    if rc != 0:
        raise RenderError(_kustomize_words(stderr) or f"kustomize ended with exit code {rc}")
    objects = load_manifests(stdout)
    return _Built(stdout, json.dumps(objects).encode(), len(objects))


def _write(yaml_file: Path, json_file: Path, built: _Built) -> None:
    write_private(yaml_file, built.as_yaml)
    write_private(json_file, built.as_json)


def _read_cached(cached: Path) -> _Built | None:
    """What an earlier run built. Reading it counts as use."""
    files = cached.with_suffix(".yaml"), cached.with_suffix(".json")
    try:
        for file in files:
            os.utime(file)
        as_yaml, as_json = (file.read_bytes() for file in files)
        return _Built(as_yaml, as_json, len(json.loads(as_json)))
    except (OSError, ValueError):
        return None


def _kustomize_words(stderr: str) -> str:
    """What kustomize said, without its deprecation notices about upstream's files."""
    return "\n".join(
        line for line in stderr.splitlines() if line.strip() and "is deprecated" not in line and "well-defined vars" not in line
    )


def _forget_unused(cache: Path) -> None:
    """Remove renderings that no run has used for a month."""
    oldest = time.time() - _CACHE_SECONDS
    for entry in cache.iterdir():
        try:
            if entry.stat().st_mtime < oldest:
                entry.unlink()
        except FileNotFoundError:
            # Another run had the same idea.
            continue
