# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Parts rendered to a plan: one kustomization per part, built side by side, cached by a digest of what goes in."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._common.cache import locked
from .._common.files import is_full, private_folder, write_private
from .._common.process import Ran, run_command
from .._objects.manifests import dump, load_manifests
from .._objects.objects import Key, key_of
from ._patches.added import added_objects
from ._patches.change import Change, ChangeError
from ._patches.compile import Common, Patches, compile_patches
from ._patches.unmatched import unmatched
from .plan import INDEX, KEPT, PlanError, publish

# Part of the digest: raise it when the same input renders to something else.
_FORMAT = 3
_CACHE_SECONDS = 30 * 24 * 3600
_PART_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
# By it a folder is known as ours, and may be removed.
_MARK = "by mlplatform.kubeflow. Made anew by every run."

NO_SPACE = "Free some space there, or choose other folders: one for the plan, XDG_CACHE_HOME for the cache."

RunKustomize = Callable[[Path], Ran]
"""Builds the kustomization in a folder."""


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
    changes: tuple[Change, ...] = ()
    """What the part's settings change of what upstream gives."""


@dataclass(frozen=True)
class RenderedPart:
    """The outcome for one part; C(seconds) is the wall time of its build."""

    name: str
    objects: int
    patched: int
    """Of upstream's objects, those that settings change or leave out."""
    cached: bool
    seconds: float


@dataclass(frozen=True)
class Rendered:
    """The outcome for all."""

    parts: list[RenderedPart]
    unmatched: list[str]
    """Settings for all parts that chose nothing."""
    not_replaced: list[str]
    """Images that were to be replaced, and stand where kustomize does not look."""
    digest: str
    """Of the plan, by which it is found again."""
    not_kept: str = ""
    """Why the next run will have to build it all anew; empty when it will not."""


def kustomize_runner(binary: str, *, timeout: float) -> RunKustomize:
    """Run the real kustomize; C(timeout) in seconds for one part."""
    # A build is short and its heap small: collecting garbage less often saves a quarter of its CPU time.
    environment = {"GOGC": "400", "GIT_TERMINAL_PROMPT": "0"}

    def run(folder: Path) -> Ran:
        try:
            return run_command([binary, "build", str(folder)], timeout=timeout, environment=environment)
        except subprocess.TimeoutExpired:
            return Ran(124, stderr=f"gave no result within {timeout:g} seconds".encode())

    return run


@dataclass(frozen=True)
class Tools:
    """What parts are built with, and where results are kept.

    Manifests below C(sources) never change: there M(mlplatform.kubeflow.source) keeps them. Others are always built.
    """

    run: RunKustomize
    kustomize_version: str
    cache: Path
    sources: Path
    workers: int


def render(
    parts: Sequence[PartSpec], common: Common, *, release: str, manifests: Path, plan: Path, partial: bool, tools: Tools
) -> Rendered:
    """Write the plan for C(parts) and remove from it what is not among them. Waits for other processes that write it.

    :arg partial: not all parts of the release are there, so settings for all parts may choose nothing.
    :raises RenderError: when a part does not build, or a setting of a part has nothing to change;
        the plan's index is gone then, so that nothing applies half a plan.
    """
    names = [part.name for part in parts]
    for name in names:
        if not _PART_NAME.fullmatch(name) or names.count(name) > 1:
            raise RenderError(f"part '{name}': " + ("is given twice" if names.count(name) > 1 else "is no name for a folder"))
    private_folder(plan / KEPT)
    # One after the other: kustomize builds in the folders of parts.
    with locked(plan / KEPT / "render"):
        return _render(parts, common, release, manifests, plan, partial, tools)


def _render(parts: Sequence[PartSpec], common: Common, release: str, manifests: Path, plan: Path, partial: bool, tools: Tools) -> Rendered:
    names = [part.name for part in parts]
    (plan / INDEX).unlink(missing_ok=True)
    for stale in plan.iterdir():
        if stale.name not in names and _is_ours(stale):
            shutil.rmtree(stale)
    builder = _Builder(release, manifests, plan, tools)
    with ThreadPoolExecutor(max_workers=max(1, tools.workers)) as pool:
        outcomes = [(part, pool.submit(builder.part, part, Common() if part.provided else common)) for part in parts]
    errors = [(part, error) for part, future in outcomes if (error := future.exception())]
    if errors:
        remedy = [NO_SPACE] if any(is_full(error) for _part, error in errors) else []
        raise RenderError("\n".join([*(f"part {part.name}: {error}" for part, error in errors), *remedy]))
    results = [future.result() for _part, future in outcomes]
    patched = [result for result in results if result.patches is not None]
    patches = [result.patches for result in patched if result.patches is not None]
    lost = list(unmatched(common, patches, [item for result in patched for item in result.upstream]))
    if lost and not partial:
        raise RenderError("\n".join(lost))
    provided = [part.name for part in parts if part.provided]
    try:
        digest = publish(plan, release, [name for name in names if name not in provided], provided)
    except PlanError as error:
        raise RenderError(str(error)) from error
    left = {image for some in patches for image in some.left}
    return Rendered([result.part for result in results], lost, sorted(left), digest, builder.not_kept)


@dataclass(frozen=True)
class _Result:
    part: RenderedPart
    patches: Patches | None
    upstream: list[dict[str, Any]]


class _Builder:
    """Builds single parts. Without settings a part is one kustomization; with any, they lie over what upstream gives:

    C(upstream/) is upstream's part, C(patches/) holds one patch per object, C(kustomization.yaml) puts both together.
    """

    def __init__(self, release: str, manifests: Path, plan: Path, tools: Tools) -> None:
        self._release, self._manifests, self._plan, self._tools = release, manifests, plan, tools
        inside, sources = manifests.resolve(), tools.sources.resolve()
        self._unchanging = str(inside.relative_to(sources)) if inside.is_relative_to(sources) else ""
        self.not_kept = ""
        """Why renderings are not kept for the next run; empty when they are. That costs time, and is no reason to fail."""
        try:
            private_folder(tools.cache)
            _forget_unused(tools.cache)
        except OSError as error:
            self._cannot_keep(error)

    def part(self, part: PartSpec, common: Common) -> _Result:
        started = time.monotonic()
        folder = private_folder(self._plan / part.name)
        for left in (folder / "upstream", folder / "patches"):
            shutil.rmtree(left, ignore_errors=True)
        settings = bool(part.changes or common)
        base = private_folder(folder / "upstream") if settings else folder
        self._describe(base, part, _upstream(part, self._manifests, base))
        given = [part.name, part.paths, part.namespace]
        built, cached = self._built(base, given)
        patches, upstream = None, []
        if settings:
            upstream = json.loads(built.as_json)
            try:
                added = added_objects(upstream, part.changes)
                upstream += [item for _setting, item in added]
                patches = compile_patches(part.name, upstream, part.changes, common)
            except ChangeError as error:
                raise RenderError(str(error)) from error
            write_private(base / "objects.yaml", built.as_yaml)
            if added:
                write_private(base / "added.yaml", _added(added))
            if patches.removed:
                new = {key_of(item) for _setting, item in added}
                write_private(base / "kept.yaml", _without(patches.removed, [item for item in upstream if key_of(item) not in new]))
            self._describe(folder, part, _laid_over(patches, bool(added)))
            for name, text in patches.files.items():
                write_private(private_folder(folder / "patches") / name, text)
            if patches or added:
                inputs = [*given, patches.files, patches.images, sorted(patches.removed), *([added] if added else [])]
                built, cached = self._built(folder, inputs)
        _write(folder / "objects.yaml", folder / "objects.json", built)
        count = len(patches.files) + len(patches.removed) if patches else 0
        return _Result(RenderedPart(part.name, built.count, count, cached, round(time.monotonic() - started, 2)), patches, upstream)

    def _describe(self, folder: Path, part: PartSpec, fields: dict[str, Any]) -> None:
        """A kustomization for people and for kustomize."""
        document = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", **fields}
        write_private(folder / "kustomization.yaml", f"# Part {part.name} of Kubeflow {self._release}, {_MARK}\n" + dump(document))

    def _built(self, folder: Path, inputs: list[Any]) -> tuple[_Built, bool]:
        """The objects, and whether they came from the cache."""
        if not self._unchanging:
            return _build(folder, self._tools), False
        digest = json.dumps([_FORMAT, self._tools.kustomize_version, self._unchanging, *inputs])
        cached = self._tools.cache / hashlib.sha256(digest.encode()).hexdigest()[:24]
        kept = _read_cached(cached)
        built = kept or _build(folder, self._tools)
        if not kept and not self.not_kept:
            try:
                _write(cached.with_suffix(".yaml"), cached.with_suffix(".json"), built)
            except OSError as error:
                self._cannot_keep(error)
        return built, kept is not None

    def _cannot_keep(self, error: OSError) -> None:
        """:raises OSError: the error, where the plan would not fit either."""
        if is_full(error):
            raise error
        self.not_kept = f"Renderings are not kept for later runs: {self._tools.cache}: {error.strerror}. XDG_CACHE_HOME may name a folder that can be written."


def _upstream(part: PartSpec, manifests: Path, folder: Path) -> dict[str, Any]:
    # kustomize refuses absolute bases.
    resources = [os.path.relpath(manifests.resolve() / path, folder.resolve()) for path in part.paths]
    return {**({"namespace": part.namespace} if part.namespace else {}), "resources": resources}


def _laid_over(patches: Patches, adds: bool) -> dict[str, Any]:
    # What upstream built, rather than upstream's kustomization: patches then name objects as they are on the cluster,
    # also those whose name is a variable or ends with a hash.
    resources = ["upstream/kept.yaml" if patches.removed else "upstream/objects.yaml", *(["upstream/added.yaml"] if adds else [])]
    fields: dict[str, Any] = {"resources": resources}
    if patches.files:
        targets = patches.targets
        fields["patches"] = [
            {"path": f"patches/{name}", **({"target": targets[name]} if name in targets else {})} for name in patches.files
        ]
    if patches.images:
        fields["images"] = list(patches.images)
    return fields


def _added(added: Sequence[tuple[str, dict[str, Any]]]) -> str:
    return "---\n".join(f"# Added by {setting}: {key_of(item)}\n" + json.dumps(item, indent=1) + "\n" for setting, item in added)


def _without(removed: Mapping[Key, str], upstream: Sequence[dict[str, Any]]) -> str:
    """Not as patches with C($patch: delete): kustomize 3 knows them for some kinds only."""
    head = "".join(f"# Left out by {setting}: {key}\n" for key, setting in sorted(removed.items()))
    # JSON, which every YAML parser reads alike.
    return head + "---\n".join(json.dumps(item, indent=1) + "\n" for item in upstream if key_of(item) not in removed)


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


# kustomize 3 says {KustomizeVersion:3.2.0 …}, 4 {Version:kustomize/v4.5.7 …}, 5 v5.8.1.
_KUSTOMIZE_3 = re.compile(r"\{KustomizeVersion:v?3\.|Version:kustomize/v3\.")


def _build(folder: Path, tools: Tools) -> _Built:
    done = tools.run(folder)
    if done.status != 0:
        raise RenderError(_kustomize_words(done.stderr.decode(errors="replace")) or f"kustomize ended with exit code {done.status}")
    objects = load_manifests(done.stdout, by_go_yaml_2_2=bool(_KUSTOMIZE_3.search(tools.kustomize_version)))
    return _Built(done.stdout, json.dumps(objects).encode(), len(objects))


def _write(yaml_file: Path, json_file: Path, built: _Built) -> None:
    write_private(yaml_file, built.as_yaml)
    write_private(json_file, built.as_json)


def _read_cached(cached: Path) -> _Built | None:
    """What an earlier run built. Reading it counts as use."""
    files = cached.with_suffix(".yaml"), cached.with_suffix(".json")
    try:
        for file in files:
            # Of a cache that others have filled, like that of an image, files can be read and no more.
            with contextlib.suppress(OSError):
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
        # Another run had the same idea, or it is somebody else's.
        with contextlib.suppress(FileNotFoundError, PermissionError):
            if entry.stat().st_mtime < oldest:
                entry.unlink()
