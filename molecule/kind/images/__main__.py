# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""C(python -m images --plan DIR --program FILE [--real NAME:TAG=FILE] --standins DIR --authority DIR --tag NAME --archive FILE)."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from standins.authority import Authority

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render.plan import load_plan

from .archive import Image, Link, write
from .interpreter import executable, files
from .named import named

_PROGRAM = "/standin/standin"
_WORKING_DIR = "/app"
_PACKAGES = "/packages"
# The interpreter for who does not know where this machine has it.
_PYTHON = "/usr/local/bin/python3"
# What the stand-ins import that is not Python's own.
_IMPORTED = ("yaml", "cryptography", "cffi", "_cffi_backend")


def _authority(folder: Path) -> dict[str, bytes]:
    """Files of the authority in this folder, which is made when there is none."""
    certificate, key = folder / "ca.crt", folder / "ca.key"
    if not key.exists():
        made = Authority.new("stand-ins")
        certificate.write_bytes(made.pem)
        key.touch(mode=0o600)
        key.write_bytes(made.key)
    return {f"/standin/{path.name}": path.read_bytes() for path in (certificate, key)}


def real(text: str) -> tuple[str, Path]:
    """An image's name and its program, from C(NAME:TAG=FILE)."""
    name, separator, path = text.partition("=")
    if not (name and separator and path):
        raise argparse.ArgumentTypeError(f"{text} is not NAME:TAG=FILE")
    return name, Path(path)


def with_program(images: frozenset[str], name: str, program: Path) -> Image:
    """The images of this name in whichever registry, with their own program.

    :raises ValueError: when there is none.
    """
    tags = sorted(image for image in images if image.rpartition("/")[2] == name)
    if not tags:
        raise ValueError(f"no image of the plan is named {name}")
    path = f"{_WORKING_DIR}/{name.partition(':')[0]}"
    return Image(tags, {path: program}, [path], working_dir=_WORKING_DIR)


def main() -> None:
    parser = argparse.ArgumentParser(prog="images")
    parser.add_argument("--plan", type=Path, required=True)
    parser.add_argument("--program", type=Path, required=True, help="what all images of the plan run")
    parser.add_argument(
        "--real",
        type=real,
        action="append",
        default=[],
        metavar="NAME:TAG=FILE",
        help="an image, without its registry, that has its own program",
    )
    parser.add_argument("--standins", type=Path, required=True, help="the Python package of the stand-ins for controllers")
    parser.add_argument("--authority", type=Path, required=True, help="folder of the authority that both of them know")
    parser.add_argument("--tag", required=True, help="name of the image of the stand-ins")
    parser.add_argument("--archive", type=Path, required=True)
    options = parser.parse_args()
    os.umask(0o077)

    found = named([item for part in load_plan(options.plan).parts for item in part.objects], _WORKING_DIR)
    if by_digest := sorted(image for image in found.images if "@" in image):
        parser.error(f"an archive names images by tags: kubeflow_images has to give one to {', '.join(by_digest)}")
    try:
        programs = [with_program(found.images, name, program) for name, program in options.real]
    except ValueError as error:
        parser.error(f"--real: {error}")
    played = found.images.difference(*(image.tags for image in programs))
    authority = _authority(options.authority)
    ports = "".join(f"{port}\n" for port in sorted(found.ports)).encode()
    links = {command: Link(_PROGRAM) for command in found.commands}
    program = {_PROGRAM: options.program, "/standin/ports": ports, **authority, **links}
    sources = {f"{_PACKAGES}/{options.standins.name}/{path.name}": path for path in sorted(options.standins.glob("*.py"))}
    controllers = {**files(_IMPORTED, _PACKAGES), **sources, **authority, _PYTHON: Link(str(executable()))}
    write(
        options.archive,
        [
            Image(sorted(played), program, [_PROGRAM], working_dir=_WORKING_DIR),
            *programs,
            Image(
                [options.tag],
                controllers,
                [str(executable()), "-m", options.standins.name],
                environment={"PYTHONPATH": _PACKAGES, "PYTHONDONTWRITEBYTECODE": "1"},
            ),
        ],
    )


if __name__ == "__main__":
    main()
