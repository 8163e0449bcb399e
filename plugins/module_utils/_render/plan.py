# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A plan on disk: the rendered objects of the chosen parts, in order.

plan.json                      the release, its parts in order, and the parts that the cluster has from elsewhere
<part>/kustomization.yaml      what was built, for people
<part>/objects.yaml            the built objects, for people
<part>/objects.json            the same, for modules (parsing JSON is about twenty times faster)
.plans/<digest>/               plan.json and every objects.json once more, as they were rendered: what modules read

The folder shows what was rendered last. A run works on the plan that it has rendered itself, whose digest it hands from phase to
phase, whatever another run renders into the same folder meanwhile.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._common.files import private_folder, write_private
from .._common.garbage import all_stays
from .._common.naming import option_name
from .._objects.manifests import outline
from .._objects.objects import Key, key_of

INDEX = "plan.json"
OBJECTS = "objects.json"
# Below the folder of a plan: plans by their digest, and the lock of those who render.
KEPT = ".plans"
_DIGEST = re.compile(r"[0-9a-f]{24}")
# A run may wait for hours until its cluster is ready, or for somebody over night between two phases.
_KEPT_SECONDS = 24 * 3600


class PlanError(Exception):
    """The plan cannot be read, or contradicts itself."""


@dataclass(frozen=True)
class Part:
    """One rendered part."""

    name: str
    objects: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Plan:
    """The rendered parts of one release, in order."""

    release: str
    parts: tuple[Part, ...]
    provided: tuple[Part, ...] = ()
    """Parts that are on the cluster from elsewhere: to be looked for, not to be applied."""
    digest: str = ""
    """By which the plan is known, empty for one made by hand."""

    def kinds(self) -> set[tuple[str, str]]:
        """Group and kind of everything in it."""
        return {(key.group, key.kind) for part in self.parts for item in part.objects for key in [key_of(item)]}

    def owners(self) -> dict[Key, str]:
        """The part of every object.

        :raises PlanError: when an object is in two parts, since then neither could be removed or changed alone.
        """
        owners: dict[Key, str] = {}
        for part in self.parts:
            for item in part.objects:
                key = key_of(item)
                if key in owners:
                    raise PlanError(
                        f"{key} is in two places of the plan: part {owners[key]} and part {part.name}. An object belongs to one part."
                    )
                owners[key] = part.name
        return owners


def _checked(item: Any) -> dict[str, Any]:
    """What every reader of a plan relies on; the rest of an object is the API server's to judge."""
    if not isinstance(item, dict) or not all(isinstance(item.get(name), str) for name in ("apiVersion", "kind")):
        raise ValueError(f"not a Kubernetes object (no apiVersion or kind): {outline(item)}")
    metadata = item.get("metadata")
    if (
        not isinstance(metadata, dict)
        or not isinstance(metadata.get("name"), str)
        or not isinstance(metadata.get("namespace", ""), str | None)
    ):
        raise ValueError(f"a {item['kind']} has no name: {str(metadata)[:120]}")
    for field in ("labels", "annotations"):
        given = metadata.get(field) or {}
        if not isinstance(given, dict) or not all(isinstance(value, str | None) for value in given.values()):
            raise ValueError(f"{item['kind']} {metadata['name']}: its {field} are not text by name: {str(given)[:120]}")
    return item


def _parts(folder: Path, names: Iterable[str]) -> tuple[Part, ...]:
    return tuple(Part(name, tuple(map(_checked, json.loads((folder / name / OBJECTS).read_bytes())))) for name in names)


def plan_spec(*, required: bool = True) -> dict[str, dict[str, Any]]:
    """The options of a module that works on a plan; documented in the fragment C(mlplatform.kubeflow._plan).

    :arg required: False for a module that can do without.
    """
    return {
        "plan": {"type": "path", **({"required": True} if required else {})},
        "release": {"type": "str"},
        "digest": {"type": "str", "default": ""},
    }


@all_stays()
def load_plan(folder: Path, release: str | None = None, digest: str = "") -> Plan:
    """Read a plan that M(mlplatform.kubeflow.render) wrote.

    :arg release: the release that it has to be of; None for any.
    :arg digest: which of those that were rendered into the folder; empty for the newest.
    :raises PlanError: when there is none, or it is damaged, or of another release.
    """
    try:
        kept = _kept(folder, digest)
        index = json.loads((kept / INDEX).read_text(encoding="utf-8"))
        parts, provided = _parts(kept, index["parts"]), _parts(kept, index.get("provided", ()))
        plan = Plan(index["release"], parts, provided, index.get("digest", ""))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PlanError(
            f"No usable plan in {folder} ({error}). Render it first: --tags render, or module mlplatform.kubeflow.render."
        ) from error
    if release is not None and plan.release != release:
        # Playbooks that only look, as diagnose and status, cannot render.
        raise PlanError(
            f"The plan in {folder} is of Kubeflow {plan.release}, not of {release}. If {plan.release} is what is installed: "
            f"-e {option_name('release')}={plan.release}. Otherwise render it again, with playbook mlplatform.kubeflow.site: --tags render"
        )
    return plan


def _kept(folder: Path, digest: str) -> Path:
    """Where a plan is that another run does not change. Reading it counts as use."""
    wanted = digest
    if not digest:
        index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        wanted = str(index.get("digest")) if isinstance(index, dict) else ""
    kept = folder / KEPT / wanted
    if _DIGEST.fullmatch(wanted) and kept.is_dir():
        with contextlib.suppress(OSError):
            os.utime(kept)
        return kept
    if digest:
        raise PlanError(
            f"The plan of this run ({digest}) is not in {folder} any more: it was removed, or no run has used it for a day. "
            "Render again: --tags render"
        )
    # Made by hand, or copied without what is kept for runs.
    return folder


@all_stays()
def publish(folder: Path, release: str, parts: Sequence[str], provided: Sequence[str]) -> str:
    """Make what lies in the folders of parts the newest plan, and keep it for the runs that work on it.

    Until then there is no index, so nobody reads half a plan. Only one process may do this at a time.

    :returns: the digest by which it is known: of the release, the parts and their objects.
    :raises PlanError: when an object is none, or is in two parts; there is no index then.
    """
    contents = {name: (folder / name / OBJECTS).read_bytes() for name in (*parts, *provided)}
    try:
        Plan(release, _parts(folder, parts), _parts(folder, provided)).owners()
    except (ValueError, TypeError) as error:
        raise PlanError(str(error)) from error
    identity = [release, [*parts], [*provided], [hashlib.sha256(content).hexdigest() for content in contents.values()]]
    digest = hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:24]
    index = json.dumps({"release": release, "parts": [*parts], "provided": [*provided], "digest": digest}, indent=1)
    kept = private_folder(folder / KEPT)
    _forget_unused(kept, digest)
    if not (kept / digest).is_dir():
        unfinished = kept / f".{digest}"
        shutil.rmtree(unfinished, ignore_errors=True)
        try:
            for name, content in contents.items():
                write_private(private_folder(unfinished / name) / OBJECTS, content)
            write_private(unfinished / INDEX, index)
            unfinished.rename(kept / digest)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
    os.utime(kept / digest)
    write_private(folder / INDEX, index)
    return digest


def _forget_unused(kept: Path, newest: str) -> None:
    oldest = time.time() - _KEPT_SECONDS
    for entry in kept.iterdir():
        if entry.is_dir() and entry.name != newest and entry.stat().st_mtime < oldest:
            shutil.rmtree(entry)
