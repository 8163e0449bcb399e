# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a binary is, how it tells its version, and where it comes from: data, with the version and platform filled in."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from .._common.suggest import nearest

CHECKSUM_FORMS = ("list", "single", "github")
"""C(list): lines of digest and file name. C(single): one digest. C(github): GitHub's description of a release, in JSON."""

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
_VERSION = re.compile(r"(?P<major>\d+)\.(?P<minor>\d+)(\.\d+)*([-+][0-9A-Za-z.+-]+)?")
_FIELD = re.compile(r"\{([a-z]+)\}")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")

Checksums: TypeAlias = Mapping[str, Mapping[str, Mapping[str, str]]]
"""SHA-256 checksums, hexadecimal, by binary, version and platform (C(linux/amd64)): of the file that is downloaded, so of an archive
where it is one."""


class BinaryError(Exception):
    """A binary could not be had; the message says what was tried, what came back, and what to do."""


class Refused(BinaryError):
    """Something was had that must not be used. Final: another source must not paper over it."""


class Unavailable(BinaryError):
    """One source does not have it; the next one may."""


@dataclass(frozen=True)
class Download:
    """A file on a release page. With C(member) it is an archive, and that file in it is the binary.

    C(sha256) is its pinned checksum. None: only what its publisher tells at C(checksum_url) vouches for it.
    """

    url: str
    checksum_url: str
    checksum_form: str
    member: str | None = None
    sha256: str | None = None


@dataclass(frozen=True)
class Build:
    """A package of a Go module; C(module) is the folder of the go.mod and go.sum that pin it.

    C(openapi) is a package that has to be generated first: see C(openapi.py).
    """

    module: Path
    package: str
    ldflags: tuple[str, ...] = ()
    openapi: str | None = None


@dataclass(frozen=True)
class Binary:
    """One binary at a version. C(version_pattern) has one group, the version in the output of C(version_command).

    Where C(version_command) is empty, no command makes it tell: the pattern is looked up in the file itself, in which Go writes a line for
    each module (C(mod), path, version, checksum, with tabs between; golang.org/pkg/runtime/debug, BuildInfo.String).
    """

    name: str
    version: str
    version_command: tuple[str, ...]
    version_pattern: str
    download: Download | None = None
    build: Build | None = None

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


@dataclass(frozen=True)
class Origin:
    """Where a binary came from, for people, and what vouches for it.

    C(checksum) is C(pinned); or C(published), when only its publisher's own checksum does; or empty, when none was needed.
    """

    place: str
    checksum: str = ""

    def __str__(self) -> str:
        return f"{self.place}, checksum {self.checksum}" if self.checksum else self.place


@dataclass(frozen=True)
class Recipe:
    """A binary whose texts have the fields C({version}), C({major}), C({minor}), C({os}), C({arch}) and C({archive}).

    C({archive}) is C(zip) on macOS and C(tar.gz) elsewhere. C(versions) is what it is good for; empty: any.
    """

    binary: Binary
    versions: tuple[str, ...] = ()


def host_platform(system: str | None = None, machine: str | None = None) -> tuple[str, str]:
    """Operating system and processor of this machine in the words of release pages and of Go."""
    machine = (machine or platform.machine()).lower()
    known = {"x86_64": "amd64", "aarch64": "arm64"}
    return (system or platform.system()).lower(), known.get(machine, machine)


def resolve(
    wanted: Iterable[Mapping[str, str]], recipes: Iterable[Recipe], host: tuple[str, str], checksums: Checksums | None = None
) -> list[Binary]:
    """The binaries that C(wanted), entries of C(name) and C(version), asks for.

    :arg checksums: those that are pinned.
    :raises BinaryError: for an unknown name, something that is no version, two versions of one name, or a pin that is no checksum.
    """
    recipes = list(recipes)
    chosen: dict[str, Binary] = {}
    for entry in wanted:
        name, version = entry["name"], entry["version"]
        if not _VERSION.fullmatch(version):
            raise BinaryError(f"{name}: {version!r} is not a version. Write it as 1.2.3, without a v, and in quotes.")
        before = chosen.get(name)
        if before and before.version != version:
            raise BinaryError(
                f"{name} is wanted in two versions, {before.version} and {version}. "
                "One call gives one version of a name: ask for the other in a call of its own."
            )
        binary = _filled(_chosen(name, version, recipes), version, host)
        if binary.download:
            pin = _pin(checksums or {}, binary, "/".join(host))
            binary = replace(binary, download=replace(binary.download, sha256=pin))
        chosen[name] = binary
    return list(chosen.values())


def _chosen(name: str, version: str, recipes: list[Recipe]) -> Binary:
    named = [recipe for recipe in recipes if recipe.binary.name == name and _NAME.fullmatch(name)]
    if not named:
        names = sorted({recipe.binary.name for recipe in recipes})
        near = nearest(name, names)
        raise BinaryError(
            f"There is no recipe for a binary named {name!r}."
            + (f" Did you mean {near}?" if near else "")
            + f" Known: {', '.join(names) or 'none'}."
        )
    for recipe in [*(r for r in named if version in r.versions), *(r for r in named if not r.versions)]:
        return replace(recipe.binary, version=version)
    known = sorted({known for recipe in named for known in recipe.versions})
    raise BinaryError(f"There is no recipe for {name} {version}; there are recipes for {', '.join(known)}.")


def _pin(checksums: Checksums, binary: Binary, platform: str) -> str | None:
    platforms = _entry(_entry(checksums, binary.name, binary), binary.version, binary)
    if platform not in platforms:
        return None
    pin: Any = platforms[platform]
    if not (isinstance(pin, str) and _SHA256.fullmatch(pin)):
        raise BinaryError(f"The checksum of {binary} for {platform} is {pin!r}, which is no SHA-256 checksum: 64 hexadecimal digits.")
    return pin.lower()


def _entry(checksums: Mapping[str, Any], key: str, binary: Binary) -> Mapping[str, Any]:
    entry = checksums.get(key, {})
    if not isinstance(entry, Mapping):
        raise BinaryError(f"The checksums of {binary.name} have another shape than version, platform, checksum: {entry!r} at {key}.")
    return entry


def _filled(binary: Binary, version: str, host: tuple[str, str]) -> Binary:
    match = _VERSION.fullmatch(version)
    if match is None:
        raise AssertionError("resolve() checks it")
    try:
        groups = re.compile(binary.version_pattern).groups
    except re.error as error:
        raise BinaryError(
            f"The version_pattern of {binary.name}, {binary.version_pattern!r}, is no regular expression: {error}."
        ) from error
    if groups != 1:
        raise BinaryError(
            f"The version_pattern of {binary.name}, {binary.version_pattern!r}, needs one group, the version; it has {groups}."
        )
    fields = {
        "version": version,
        "major": match["major"],
        "minor": match["minor"],
        "os": host[0],
        "arch": host[1],
        "archive": "zip" if host[0] == "darwin" else "tar.gz",
    }

    def fill(text: str) -> str:
        # Not str.format(): a path may have braces that are no fields.
        return _FIELD.sub(lambda field: fields.get(field[1], field[0]), text)

    download, build = binary.download, binary.build
    if download:
        download = replace(
            download,
            url=fill(download.url),
            checksum_url=fill(download.checksum_url),
            member=fill(download.member) if download.member else None,
        )
    if build:
        build = replace(
            build, module=Path(fill(str(build.module))), package=fill(build.package), ldflags=tuple(fill(flag) for flag in build.ldflags)
        )
    return replace(binary, download=download, build=build)
