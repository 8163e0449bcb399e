# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""This Python with some packages, as files of an image: at the same paths, with the libraries that it is linked with.

Nothing has to be pulled or installed, and the container runs what was tested here.
"""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path

# Large, and nobody imports them.
_LEFT_OUT = {"test", "tests", "idlelib", "ensurepip", "lib2to3", "tkinter", "turtledemo", "pydoc_data", "site-packages", "__pycache__"}
_ELF = b"\x7fELF"
# "libm.so.6 => /lib/libm.so.6 (0x…)", and the loader itself: "/lib64/ld-linux-x86-64.so.2 (0x…)"
_LINKED = re.compile(r"(/\S+) \(0x")


def _below(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name in _LEFT_OUT:
            continue
        if path.is_dir():
            yield from _below(path)
        elif path.suffix in (".py", ".so", ".abi3.so"):
            yield path


def _package(name: str) -> Iterator[Path]:
    """The files of a package or an extension module."""
    module = importlib.import_module(name)
    found = Path(str(module.__file__))
    yield from _below(found.parent) if found.name == "__init__.py" else [found]


def linked(paths: Iterable[Path]) -> set[Path]:
    """The libraries that these programs and libraries are linked with, wherever the loader finds them."""
    binaries = []
    for path in paths:
        with path.open("rb") as handle:
            if handle.read(4) == _ELF:
                binaries.append(str(path))
    said = subprocess.run(["ldd", *binaries], capture_output=True, text=True, check=False).stdout
    return {Path(found) for found in _LINKED.findall(said)}


def executable() -> Path:
    """The interpreter itself, not its name in a virtual environment."""
    return Path(sys.base_prefix) / "bin" / f"python{sysconfig.get_python_version()}"


def files(packages: Iterable[str], search: str) -> dict[str, Path]:
    """The interpreter and its standard library at their own paths, packages in folder C(search)."""
    found = {str(path): path for path in _below(Path(sysconfig.get_path("stdlib", vars={"installed_base": sys.base_prefix})))}
    found[str(executable())] = executable()
    for name in packages:
        for path in _package(name):
            module = importlib.import_module(name)
            home = Path(str(module.__file__)).parent
            root = home.parent if Path(str(module.__file__)).name == "__init__.py" else home
            found[f"{search}/{path.relative_to(root)}"] = path
    return found | {str(path): path for path in linked(found.values())}
