# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asks one source after the other for the binaries that are still missing, and keeps what it got in the cache."""

from __future__ import annotations

import functools
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .._common.cache import locked, make_once
from .._common.download import CONNECT_TIMEOUT, SILENCE_TIMEOUT, TOTAL_TIMEOUT, fetch
from .._common.process import RunCommand, run_command
from .build import build, same_build
from .recipe import Binary, BinaryError, Origin, Unavailable
from .release import Releases
from .version import check_version, told_version

DEFAULT_SOURCES = ("path", "mirror", "download", "build")
_ORIGIN = "origin.json"
_ADVICE = (
    "What to do, one of: put that version in PATH; give a mirror that has it, and its checksum; let this machine reach the release page, "
    "with http_proxy, https_proxy and no_proxy if it needs them; install Go, so that it can be built."
)


@dataclass(frozen=True)
class Timeouts:
    """Seconds: for reaching a server, for its silence, for one download, for one build."""

    connect: float = CONNECT_TIMEOUT
    silence: float = SILENCE_TIMEOUT
    download: float = TOTAL_TIMEOUT
    build: float = 3600.0


@dataclass(frozen=True)
class Obtained:
    """A binary that is there. C(source) is a source, or C(cache); C(origin) is where the file came from at first."""

    binary: Binary
    path: Path
    source: str
    origin: Origin

    @property
    def made(self) -> bool:
        """Whether it was fetched or built now."""
        return self.source not in ("path", "cache")


def obtain(
    binaries: Sequence[Binary],
    *,
    cache: Path,
    host: tuple[str, str],
    mirror: str = "",
    sources: Sequence[str] = DEFAULT_SOURCES,
    timeouts: Timeouts | None = None,
    run: RunCommand = run_command,
) -> dict[str, Obtained]:
    """Each binary from the first source that has it. What earlier runs fetched or built is looked up before doing so again.

    :raises BinaryError: with what every source said, when one binary could not be had from any of them.
    """
    try:
        return _Obtain(cache, host, mirror, timeouts or Timeouts(), run).all(binaries, sources)
    except OSError as error:
        raise BinaryError(
            f"The cache {cache} cannot be used: {error}. Name another folder for it (XDG_CACHE_HOME), or make room."
        ) from error


class _Obtain:
    def __init__(self, cache: Path, host: tuple[str, str], mirror: str, timeouts: Timeouts, run: RunCommand) -> None:
        self.folder, self.host, self.timeouts, self.run = cache / "binary", host, timeouts, run
        fetcher = functools.partial(fetch, timeout=timeouts.silence, connect_timeout=timeouts.connect, total_timeout=timeouts.download)
        self.mirror = Releases(mirror, fetcher) if mirror else None
        self.page = Releases("", fetcher)
        self.got: dict[str, Obtained] = {}
        self.said: dict[str, list[str]] = {}

    def all(self, binaries: Sequence[Binary], sources: Sequence[str]) -> dict[str, Obtained]:
        actions: dict[str, Callable[[Sequence[Binary]], None]] = {
            "path": self._from_path,
            "cache": self._from_cache,
            "mirror": self._from_mirror,
            "download": self._from_page,
            "build": self._from_build,
        }
        self.said = {binary.name: [] for binary in binaries}
        first_to_make = next((index for index, source in enumerate(sources) if source != "path"), len(sources))
        for source in [*sources[:first_to_make], "cache", *sources[first_to_make:]]:
            if missing := [binary for binary in binaries if binary.name not in self.got]:
                actions[source](missing)
        if missing := [binary for binary in binaries if binary.name not in self.got]:
            raise BinaryError("\n".join([*(self._without(binary) for binary in missing), _ADVICE]))
        return {binary.name: self.got[binary.name] for binary in binaries}

    def _without(self, binary: Binary) -> str:
        tried = "".join(f"\n  - {said}" for said in self.said[binary.name])
        return f"{binary} for {'/'.join(self.host)} could not be had. Tried:{tried}"

    # -- the sources --------------------------------------------------------------------------------------------------

    def _from_path(self, missing: Sequence[Binary]) -> None:
        for binary in missing:
            found = list(_in_path(binary.name))
            if not found:
                self._say(binary, f"PATH: no {binary.name} in it")
            for path in found:
                version, words = told_version(binary, path, self.run)
                if version == binary.version:
                    self._take(binary, path, "path", Origin(str(path)))
                    break
                self._say(binary, f"PATH: {path}: {words}")

    def _from_cache(self, missing: Sequence[Binary]) -> None:
        for binary in missing:
            target = self._target(binary)
            if not self._take_cached(binary):
                self._say(binary, f"cache: not in {target}")

    def _from_mirror(self, missing: Sequence[Binary]) -> None:
        for binary in missing:
            if self.mirror is None:
                self._say(binary, "mirror: none is set")
            else:
                self._from_release(binary, self.mirror, "mirror")

    def _from_page(self, missing: Sequence[Binary]) -> None:
        for binary in missing:
            self._from_release(binary, self.page, "download")

    def _from_release(self, binary: Binary, releases: Releases, source: str) -> None:
        try:
            self._keep(binary, source, lambda destination: releases.get(binary, destination))
        except Unavailable as error:
            self._say(binary, f"{source}: {error}")

    def _from_build(self, missing: Sequence[Binary]) -> None:
        left = list(missing)
        while left:
            group = [binary for binary in left if binary is left[0] or same_build(binary, left[0])]
            left = [binary for binary in left if binary not in group]
            try:
                self._build(group)
            except Unavailable as error:
                self._say(group[0], f"build: {error}")
                for binary in group[1:]:
                    self._say(binary, f"build: together with {group[0]}, see there")

    def _build(self, group: Sequence[Binary]) -> None:
        recipe = group[0].build
        if recipe is None:
            raise Unavailable("its recipe names no Go module")
        # One Go build of a user at a time: each takes all processors and, when linking, gigabytes of memory.
        with locked(self.folder / ".build"):
            wanted = [binary for binary in group if not self._take_cached(binary)]
            if not wanted:
                return
            with self._scratch() as scratch:
                files = build(wanted, scratch, host=self.host, timeout=self.timeouts.build, run=self.run)
                for binary in wanted:
                    self._keep(
                        binary,
                        "build",
                        functools.partial(_moved, files[binary.name], Origin(f"Go package {binary.build and binary.build.package}")),
                    )

    @contextmanager
    def _scratch(self) -> Iterator[Path]:
        """A folder for a build. What killed runs left is cleared; each has a new name, so a leftover compiler meets nobody."""
        for leftover in self.folder.glob(".build-*.unfinished"):
            shutil.rmtree(leftover, ignore_errors=True)
        scratch = Path(tempfile.mkdtemp(dir=self.folder, prefix=".build-", suffix=".unfinished"))
        try:
            yield scratch
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    # -- the cache ----------------------------------------------------------------------------------------------------

    def _target(self, binary: Binary) -> Path:
        """A folder of its own for each, so that it keeps its plain name and can be put in PATH."""
        return self.folder / binary.name / f"{binary.version}-{self.host[0]}-{self.host[1]}"

    def _keep(self, binary: Binary, source: str, get: Callable[[Path], Origin]) -> None:
        """Put what C(get) brings into the cache, once it was asked for its version. C(get) tells where it came from."""
        target = self._target(binary)

        def make(folder: Path) -> None:
            folder.mkdir()
            path = folder / binary.name
            origin = get(path)
            path.chmod(0o755)
            check_version(binary, path, origin.place, self.run)
            told = {"source": source, "origin": origin.place, "checksum": origin.checksum}
            (folder / _ORIGIN).write_text(json.dumps(told) + "\n", encoding="utf-8")

        target.parent.mkdir(parents=True, exist_ok=True)
        made = make_once(target, make)
        if not self._take_cached(binary, source if made else "cache"):
            raise Unavailable(f"{target} is there without a {binary.name} that can be run in it: remove that folder")

    def _take_cached(self, binary: Binary, source: str = "cache") -> bool:
        folder = self._target(binary)
        path = folder / binary.name
        if not (path.is_file() and os.access(path, os.X_OK)):
            return False
        self._take(binary, path, source, _origin(folder))
        return True

    def _take(self, binary: Binary, path: Path, source: str, origin: Origin) -> None:
        self.got[binary.name] = Obtained(binary, path, source, origin)

    def _say(self, binary: Binary, words: str) -> None:
        self.said[binary.name].append(words)


def _moved(file: Path, origin: Origin, destination: Path) -> Origin:
    file.rename(destination)
    return origin


def _origin(folder: Path) -> Origin:
    try:
        told = json.loads((folder / _ORIGIN).read_text(encoding="utf-8"))
        # Earlier versions kept no checksum's name.
        return Origin(str(told["origin"]), str(told.get("checksum", "")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Origin(str(folder))


def _in_path(name: str) -> Iterator[Path]:
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        path = Path(folder, name)
        if path.is_absolute() and path.is_file() and os.access(path, os.X_OK):
            yield path
