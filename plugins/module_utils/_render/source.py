# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The upstream manifests of a release as one folder that builds offline.

A release names git repositories (kubeflow/manifests and the remote bases of its kustomizations) and files (remote
bases that are plain URLs). All are fetched once, side by side; then the remote bases inside that copy are replaced by
relative paths. So a build clones nothing (kustomize would clone a remote base once per part), needs no network the
second time, and uses exactly the commits that were checked here.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

from .._common.cache import make_once
from .._common.download import DownloadError, NotFound, fetch
from .._common.mirror import is_url, mirrored
from .._common.naming import option_name
from .._common.process import Ran, RunCommand, run_command
from .._objects.manifests import read_mapping

# Part of the digest: raise it when prepare() makes a different folder of the same input.
_FORMAT = 1
_KUSTOMIZATION_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
# A first fetch of manifests takes a minute over a slow line; one that takes this long hangs.
_GIT_SECONDS = 1800.0


class SourceError(Exception):
    """Something of a release could not be fetched; the message says what, from where, and what to do."""


@dataclass(frozen=True)
class Repository:
    """A git repository at a tag or branch; C(commit) is what upstream's ref must be, when it is known."""

    name: str
    url: str
    ref: str
    commit: str | None = None


@dataclass(frozen=True)
class RemoteFile:
    """A plain file that a kustomization names by its URL."""

    url: str
    sha256: str | None = None


@dataclass(frozen=True)
class Sources:
    """Everything one release is built from."""

    repositories: tuple[Repository, ...]
    files: tuple[RemoteFile, ...] = ()


def prepare(sources: Sources, *, cache: Path, mirror: str, run: RunCommand = run_command) -> tuple[Path, bool]:
    """The folder that holds all of C(sources), one sub-folder per repository name; fetched unless it is cached.

    :arg mirror: folder or URL laid out as C(<host>/<path>), or an empty string for the originals.
    :returns: the folder, and whether it was fetched now.
    :raises SourceError: when something could not be fetched, or a commit is not the expected one.
    """
    target, git = cache / "source" / _digest(sources, mirror), _Git(run)

    def make(scratch: Path) -> None:
        scratch.mkdir(parents=True)
        for repository in sources.repositories:
            _checkout(repository, scratch / repository.name, mirror, git)
        _redirect_bases(scratch, sources, mirror)

    return target, make_once(target, make)


class _Git:
    """git, apart from whatever repository this process was started in."""

    def __init__(self, run: RunCommand) -> None:
        self._run = run
        # A private repository must fail, not wait for somebody to type a password.
        self._environment: dict[str, str | None] = {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
        # A git hook has GIT_DIR and the like set: git would then work on the hook's own repository.
        names = self("rev-parse", "--local-env-vars").words.split()
        self._environment |= dict.fromkeys(name for name in names if not name.startswith("GIT_CONFIG"))

    def __call__(self, *arguments: str) -> Ran:
        command = ["git", "-c", "advice.detachedHead=false", *arguments]
        try:
            return self._run(command, timeout=_GIT_SECONDS, environment=self._environment)
        except subprocess.TimeoutExpired as error:
            raise SourceError(f"{' '.join(command)} was not finished after {error.timeout:g} s: check the network or the mirror") from error


def _digest(sources: Sources, mirror: str) -> str:
    """What the prepared folder depends on. A mirror's branches can move, so what it says of its commits belongs to it."""
    told = ""
    if mirror and not is_url(mirror):
        for repository in sources.repositories:
            commits = Path(mirrored(repository.url, mirror) + ".commits.yml")
            told += commits.read_text(encoding="utf-8") if commits.is_file() else ""
    text = json.dumps([_FORMAT, asdict(sources), mirror, told], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _checkout(repository: Repository, folder: Path, mirror: str, git: _Git) -> None:
    origin, expected = repository.url, repository.commit
    what = repository.ref
    bundle = None
    if mirror:
        bundle = folder.with_name(folder.name + ".bundle")
        origin, expected = _from_mirror(repository, mirror, bundle)
    elif expected:
        # By commit, since a branch moves on; every large git host serves reachable commits by their id.
        what = expected
    folder.mkdir()
    for arguments in (
        ["init", "--quiet"],
        ["fetch", "--quiet", "--depth", "1", "--no-tags", origin, what],
        ["checkout", "--quiet", "FETCH_HEAD"],
    ):
        done = git("-C", str(folder), *arguments)
        if done.status != 0:
            raise SourceError(
                f"git {arguments[0]} of {what} from {origin} failed: {done.stderr.decode(errors='replace').strip() or f'exit code {done.status}'}. "
                + (
                    "Check that the mirror's bundle holds that ref."
                    if mirror
                    else f"Check the network, or set {option_name('mirror')} to a mirror of it."
                )
            )
    done = git("-C", str(folder), "rev-parse", "HEAD")
    if expected and done.words != expected:
        raise SourceError(
            f"{repository.url} at {repository.ref} should be commit {expected}, but {origin} has {done.words}. "
            "Nothing was installed from it. If the mirror was rebuilt on purpose, its commits.yml beside the bundle has to tell the new commit."
        )
    # The commit is checked and nobody is meant to edit the copy, so the history has done its work.
    shutil.rmtree(folder / ".git")
    if bundle:
        bundle.unlink(missing_ok=True)


def _from_mirror(repository: Repository, mirror: str, bundle: Path) -> tuple[str, str | None]:
    """The local path of the mirror's bundle, and the commit that the ref must have in it.

    git cannot clone a bundle over HTTP, so that of a mirror at a URL is downloaded first, to C(bundle).
    """
    location = mirrored(repository.url, mirror)
    commits_file = bundle.with_suffix(".commits.yml")
    try:
        if is_url(mirror):
            fetch(f"{location}.bundle", bundle)
            origin = str(bundle)
        else:
            # git runs in the folder that it fetches into.
            origin = str(Path(f"{location}.bundle").absolute())
            if not Path(origin).is_file():
                raise NotFound(f"no such file: {origin}")
        try:
            fetch(f"{location}.commits.yml", commits_file)
        except NotFound:
            return origin, repository.commit
        entry = read_mapping(commits_file).get(repository.ref)
    except NotFound as error:
        raise SourceError(
            f"The mirror {mirror} lacks {repository.url}: {error}. A mirror holds git repositories as bundles: "
            f"git clone --mirror {repository.url} && git bundle create {location.rsplit('/', 1)[-1]}.bundle --all"
        ) from error
    except (DownloadError, ValueError) as error:
        raise SourceError(f"The mirror's copy of {repository.url} could not be read: {error}") from error
    finally:
        commits_file.unlink(missing_ok=True)
    return origin, (entry.get("commit") if isinstance(entry, dict) else None) or repository.commit


def _redirect_bases(root: Path, sources: Sources, mirror: str) -> None:
    """Replace the remote bases in every kustomization below C(root) by what was fetched."""
    by_url = {_without_git_suffix(repository.url): repository for repository in sources.repositories}
    files = {remote.url: remote for remote in sources.files}
    for name in _KUSTOMIZATION_NAMES:
        for kustomization in root.rglob(name):
            text = kustomization.read_text(encoding="utf-8")
            redirected = "".join(
                _redirect_line(line, kustomization.parent, root, by_url, files, mirror) for line in text.splitlines(keepends=True)
            )
            if redirected != text:
                kustomization.write_text(redirected, encoding="utf-8")


# A list entry of a kustomization that is a URL: "- https://host/path", quoted or not.
_REMOTE_ENTRY = re.compile(r"^(?P<head>\s*-\s*['\"]?)(?P<url>https?://[^\s'\"#]+)(?P<tail>.*)$", re.DOTALL)


def _redirect_line(
    line: str, folder: Path, root: Path, repositories: dict[str, Repository], files: dict[str, RemoteFile], mirror: str
) -> str:
    match = _REMOTE_ENTRY.match(line)
    if not match:
        return line
    url = match["url"]
    if url in files:
        # Into the folder itself: kustomize reads no file from outside the folder of the kustomization that names it.
        local = f"remote-{hashlib.sha256(url.encode()).hexdigest()[:8]}-{url.rsplit('/', 1)[-1]}"
        _fetch_file(files[url], folder / local, mirror)
        return f"{match['head']}{local}{match['tail']}"
    base, _mark, query = url.partition("?")
    for prefix, repository in repositories.items():
        if base.startswith((f"{prefix}/", f"{prefix}.git/")) and query in (f"ref={repository.ref}", f"version={repository.ref}"):
            inside = base.removeprefix(prefix).removeprefix(".git").strip("/")
            relative = os.path.relpath(root / repository.name / inside, folder)
            return f"{match['head']}{relative}{match['tail']}"
    return line


def _fetch_file(remote: RemoteFile, destination: Path, mirror: str) -> None:
    location = mirrored(remote.url, mirror) if mirror else remote.url
    try:
        # A mirror's file need not be the very bytes (see its README); the published checksum is of the original.
        fetch(location, destination, sha256=None if mirror else remote.sha256)
    except NotFound as error:
        where = (
            f"The mirror {mirror} lacks {remote.url}: {error}. Files lie in a mirror as <host>/<path>."
            if mirror
            else f"{remote.url} is not there: {error}"
        )
        raise SourceError(where) from error
    except DownloadError as error:
        raise SourceError(f"{remote.url} could not be fetched: {error}") from error


def _without_git_suffix(url: str) -> str:
    return url.rstrip("/").removesuffix(".git")
