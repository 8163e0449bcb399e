# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Builds binaries from Go modules that a go.mod and a go.sum pin: go.sum is the checksum of a source build."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from .._common.process import RunCommand
from .go import Go, usable_go
from .openapi import add_openapi
from .recipe import Binary, Build, Unavailable


def same_build(one: Binary, other: Binary) -> bool:
    """Whether two binaries can come from one C(go build): all is the same but the package."""
    return bool(one.build and other.build and _shared(one.build) == _shared(other.build))


def build(binaries: Sequence[Binary], scratch: Path, *, host: tuple[str, str], timeout: float, run: RunCommand) -> dict[str, Path]:
    """Build binaries of which each two are C(same_build), inside the empty folder C(scratch).

    :returns: the file of each name.
    :raises Unavailable: when it cannot be built here; the message has the compiler's words.
    :raises Refused: when a module is not the one that go.sum pins.
    """
    recipes = [binary.build for binary in binaries if binary.build]
    module, ldflags, openapi = _shared(recipes[0])
    if not (module / "go.mod").is_file() or not (module / "go.sum").is_file():
        raise Unavailable(f"there is no go.mod and go.sum for this version ({module})")
    go = Go(usable_go(module, scratch, run), scratch, host=host, timeout=timeout, run=run)
    for name in ("go.mod", "go.sum"):
        shutil.copyfile(module / name, scratch / name)
    if openapi:
        add_openapi(openapi, go, ldflags=ldflags)
    out = scratch / "out"
    out.mkdir()
    packages = [recipe.package for recipe in recipes]
    flags = ["-trimpath", "-buildvcs=false", "-ldflags", " ".join(ldflags)]
    go("build", *flags, "-o", f"{out}/", *packages, doing=f"go build of {', '.join(packages)}")
    return {binary.name: out / _executable(recipe) for binary, recipe in zip(binaries, recipes, strict=True)}


def _shared(recipe: Build) -> tuple[Path, tuple[str, ...], str | None]:
    return recipe.module, recipe.ldflags, recipe.openapi


def _executable(recipe: Build) -> str:
    """The name that Go gives it: the last element of the import path that is no major version."""
    elements = recipe.package.split("/")
    return elements[-2] if len(elements) > 1 and re.fullmatch(r"v\d+", elements[-1]) else elements[-1]
