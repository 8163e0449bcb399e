# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Images in the form of C(docker save), which C(docker load) and C(kind load image-archive) take, written without a container engine.

Of the same content the same bytes are made: nothing has a time or an owner.
github.com/moby/docker-image-spec@v1.3.1 spec.md, "Combined Image JSON + Filesystem Changeset Format"
"""

from __future__ import annotations

import hashlib
import io
import json
import platform
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any

_EPOCH = "1970-01-01T00:00:00Z"
_BLOCK = 1 << 20
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# As Go and image specifications call them.
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True)
class Link:
    """A symbolic link."""

    target: str


@dataclass(frozen=True)
class Image:
    """One layer, by absolute path: bytes, a file of this machine (with its mode), or a link. Folders come by themselves."""

    tags: Sequence[str]
    files: Mapping[str, bytes | Path | Link]
    entrypoint: Sequence[str]
    user: str = "65532:65532"
    working_dir: str = "/"
    environment: Mapping[str, str] = field(default_factory=dict)


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(content), 0o644
    archive.addfile(info, io.BytesIO(content))


def _write_layer(image: Image, stream: IO[bytes]) -> None:
    entries: dict[str, bytes | Path | Link | None] = {path.strip("/"): found for path, found in image.files.items()}
    for path in [*entries, f"{image.working_dir}/x".strip("/")]:
        for parent in PurePosixPath(path).parents:
            entries.setdefault(str(parent), None)
    del entries["."]
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT) as archive:
        # A folder's name sorts before those of what is in it.
        for path, found in sorted(entries.items()):
            info = tarfile.TarInfo(path)
            if found is None:
                info.type, info.mode = tarfile.DIRTYPE, 0o755
                archive.addfile(info)
            elif isinstance(found, Link):
                info.type, info.mode, info.linkname = tarfile.SYMTYPE, 0o777, found.target
                archive.addfile(info)
            elif isinstance(found, bytes):
                _add(archive, path, found)
            else:
                status = found.stat()
                info.size, info.mode = status.st_size, 0o755 if status.st_mode & 0o100 else 0o644
                with found.open("rb") as handle:
                    archive.addfile(info, handle)


def _digest(stream: IO[bytes]) -> str:
    digest = hashlib.sha256()
    stream.seek(0)
    while block := stream.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()


def _configuration(image: Image, layer: str) -> bytes:
    environment = {"PATH": _PATH, **image.environment}
    config: dict[str, Any] = {
        "Entrypoint": list(image.entrypoint),
        "Env": [f"{name}={value}" for name, value in environment.items()],
        "User": image.user,
        "WorkingDir": image.working_dir,
    }
    machine = platform.machine()
    content = {
        "architecture": _ARCHITECTURES.get(machine, machine),
        "os": "linux",
        "created": _EPOCH,
        "config": config,
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer}"]},
        "history": [{"created": _EPOCH}],
    }
    return json.dumps(content, sort_keys=True).encode()


def write(path: Path, images: Sequence[Image]) -> None:
    """Write an archive of these images."""
    manifest: list[dict[str, Any]] = []
    with tarfile.open(path, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for image in images:
            with tempfile.TemporaryFile(dir=path.parent) as layer:
                _write_layer(image, layer)
                digest = _digest(layer)
                info = tarfile.TarInfo(f"{digest}.tar")
                info.size, info.mode = layer.seek(0, io.SEEK_END), 0o644
                layer.seek(0)
                archive.addfile(info, layer)
            configuration = _configuration(image, digest)
            name = f"{hashlib.sha256(configuration).hexdigest()}.json"
            _add(archive, name, configuration)
            manifest.append({"Config": name, "RepoTags": sorted(image.tags), "Layers": [f"{digest}.tar"]})
        _add(archive, "manifest.json", json.dumps(manifest, sort_keys=True).encode())
