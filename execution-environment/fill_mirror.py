# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Fills a mirror with what releases of Kubeflow are made of, and the kustomize of each: docs/mirrors.md tells its layout.

    python3 fill_mirror.py mirror [release ...]

It needs git and PyYAML, and begins anew what it has not finished. What is there already stays.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml

ROLES = Path(__file__).resolve().parents[1] / "roles"
FILES = ROLES / "kubeflow/vars"
# What images are built for.
PLATFORMS = ("linux/amd64", "linux/arm64")
_SECONDS = 600


class MirrorError(Exception):
    """Something is not there, or not what it should be."""


def wanted(name: str) -> dict[str, Any]:
    """Of a release: git C(repositories), and C(files) by their URL, each with the SHA-256 that it must have, or none."""
    path = FILES / f"releases/{name}.yml"
    if not path.is_file():
        raise MirrorError(f"{name} is no release; there are {', '.join(sorted(path.stem for path in FILES.glob('releases/*.yml')))}")
    release = yaml.safe_load(path.read_text(encoding="utf-8"))["__kubeflow_release"]
    every = yaml.safe_load((FILES / "every_release.yml").read_text(encoding="utf-8"))["__kubeflow_every_release"]
    known = every["sources"]["repositories"]
    repositories = [{**known.get(key, {}), **one} for key, one in release["sources"]["repositories"].items()]
    files = {one["url"]: one.get("sha256") for one in release["sources"].get("files", [])}
    return {"repositories": repositories, "files": {**files, **kustomize(str(release["kustomize"]))}}


def kustomize(version: str) -> dict[str, str | None]:
    """The programs for each platform that there is one for, and the file of their checksums."""
    checksums = yaml.safe_load((ROLES / "binary/vars/main/checksums.yml").read_text(encoding="utf-8"))["__binary_checksums"]
    recipes = yaml.safe_load((ROLES / "binary/vars/main/recipes.yml").read_text(encoding="utf-8"))["__binary_recipes"]
    own = [recipe for recipe in recipes if recipe["name"] == "kustomize" and version in map(str, recipe.get("versions", [version]))]
    # One for this version goes before one for all.
    page = max(own, key=lambda recipe: "versions" in recipe)["download"]
    found: dict[str, str | None] = {page["checksum_url"].format(version=version): None}
    for platform in PLATFORMS:
        if platform in checksums["kustomize"][version]:
            system, arch = platform.split("/")
            found[page["url"].format(version=version, os=system, arch=arch)] = checksums["kustomize"][version][platform]
    return found


def place(mirror: Path, url: str) -> Path:
    parts = urlsplit(url)
    return mirror / parts.netloc / unquote(parts.path).lstrip("/")


def bundle(mirror: Path, repository: dict[str, Any]) -> None:
    """A git repository with the one commit that a release is made of, under the name of its branch or tag."""
    url, ref = repository["url"], repository["ref"]
    target = place(mirror, f"{url}.bundle")
    refs = subprocess.run(["git", "bundle", "list-heads", str(target)], capture_output=True, text=True, check=False).stdout
    if any(line.endswith(f"/{ref}") for line in refs.splitlines()):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:

        def git(*arguments: str) -> None:
            done = subprocess.run(["git", "-C", scratch, *arguments], capture_output=True, text=True, check=False)
            if done.returncode:
                raise MirrorError(f"git {arguments[0]} of {url}: {done.stderr.strip()}")

        git("init", "--quiet", "--bare")
        if refs:
            git("fetch", "--quiet", str(target.absolute()), "+refs/*:refs/*")
        # By commit where it is known: a branch moves on.
        git("fetch", "--quiet", url, f"+{repository.get('commit') or ref}:refs/heads/{ref}")
        git("bundle", "create", "made.bundle", "--all")
        (Path(scratch) / "made.bundle").rename(target)


def download(mirror: Path, url: str, sha256: str | None) -> None:
    target = place(mirror, url)
    if target.exists():
        return
    with urllib.request.urlopen(url, timeout=_SECONDS) as answer:
        content = answer.read()
    if sha256 and hashlib.sha256(content).hexdigest() != sha256:
        raise MirrorError(f"{url} is another file than the one that is pinned: its SHA-256 is {hashlib.sha256(content).hexdigest()}")
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}")
    unfinished.write_bytes(content)
    unfinished.rename(target)


def main() -> int:
    """Exit status 0 when all of it is there."""
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    mirror = Path(sys.argv[1])
    try:
        for name in sys.argv[2:] or sorted(path.stem for path in FILES.glob("releases/*.yml")):
            release = wanted(name)
            for repository in release["repositories"]:
                bundle(mirror, repository)
            for url, sha256 in release["files"].items():
                download(mirror, url, sha256)
    except (MirrorError, OSError) as error:
        print(f"The mirror is not complete: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
