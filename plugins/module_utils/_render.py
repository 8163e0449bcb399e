# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Parts rendered to a plan: one kustomization per part, built side by side, cached by a digest of what goes in.

PRIVATE: for the modules of this collection only.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from . import _plan
from ._files import private_folder, write_private
from ._yaml import load_manifests

# Part of the digest: raise it when the same input renders to something else.
_FORMAT = 1
_CACHE_SECONDS = 30 * 24 * 3600

RunKustomize = Callable[[Path], tuple[int, bytes, str]]
"""Builds the kustomization in a folder; returns exit code, standard output, standard error."""


class RenderError(Exception):
    """One or more parts cannot be rendered; the message names each with kustomize's words."""


@dataclass(frozen=True)
class PartSpec:
    """What a part is rendered from. Paths are relative to the manifests; C(namespace) is set on all objects when given."""

    name: str
    paths: tuple[str, ...]
    namespace: str | None = None


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
    run: RunKustomize,
    kustomize_version: str,
    workers: int,
) -> list[RenderedPart]:
    """Write the plan for C(parts) and remove from it what is not among them.

    :raises RenderError: when a part does not build; the plan's index is gone then, so that nothing applies half a plan.
    """
    private_folder(plan)
    (plan / _plan.INDEX).unlink(missing_ok=True)
    wanted = {part.name for part in parts}
    for stale in plan.iterdir():
        if stale.is_dir() and stale.name not in wanted:
            shutil.rmtree(stale)
    private_folder(cache)
    _forget_unused(cache)

    def one(part: PartSpec) -> RenderedPart:
        folder = private_folder(plan / part.name)
        write_private(folder / "kustomization.yaml", _kustomization(part, manifests, folder, release))
        digest = hashlib.sha256(json.dumps([_FORMAT, kustomize_version, manifests.parent.name, asdict(part)]).encode()).hexdigest()[:24]
        return _build(part, folder, cache / digest, run)

    with ThreadPoolExecutor(max_workers=max(1, workers)) as pool:
        outcomes = [(part, pool.submit(one, part)) for part in parts]
    failures = [f"part {part.name}: {future.exception()}" for part, future in outcomes if future.exception()]
    if failures:
        raise RenderError("\n".join(failures))
    write_private(plan / _plan.INDEX, json.dumps({"release": release, "parts": [part.name for part in parts]}, indent=1))
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
    return f"# Part {part.name} of Kubeflow {release}, by mlplatform.kubeflow. Made anew by every run.\n" + yaml.safe_dump(
        document, sort_keys=False
    )


def _build(part: PartSpec, folder: Path, cached: Path, run: RunKustomize) -> RenderedPart:
    started = time.monotonic()
    as_yaml, as_json = cached.with_suffix(".yaml"), cached.with_suffix(".json")
    hit = as_yaml.exists() and as_json.exists()
    if not hit:
        rc, stdout, stderr = run(folder)
        if rc != 0:
            raise RenderError(_kustomize_words(stderr) or f"kustomize ended with exit code {rc}")
        objects = load_manifests(stdout)
        write_private(as_yaml, stdout)
        write_private(as_json, json.dumps(objects))
    for source, name in ((as_yaml, "objects.yaml"), (as_json, "objects.json")):
        source.touch()
        write_private(folder / name, source.read_bytes())
    count = len(json.loads(as_json.read_bytes())) if hit else len(objects)
    return RenderedPart(part.name, count, hit, round(time.monotonic() - started, 2))


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
