# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Makes the Go file that the module of an older Kubernetes lacks: the OpenAPI definitions of its types.

Until 1.23 upstream made it while building and kept it out of git, so that the published module cannot be built. Its
generator is pinned by the same go.mod. The module cache is read-only for good reasons, so the file goes into a copy.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from .go import Go
from .recipe import Unavailable

_GENERATOR = "k8s.io/kube-openapi/cmd/openapi-gen"
_FILE = "zz_generated.openapi"
_MARK = b"+k8s:openapi-gen="
# One line per file of all packages that the tools of the go.mod are made of: what is not built is not served either.
_PACKAGES = "{{range .GoFiles}}{{$.ImportPath}}\t{{$.Dir}}\t{{.}}\n{{end}}"


def add_openapi(package: str, go: Go, *, ldflags: tuple[str, ...]) -> None:
    """Generate C(package), and make the C(go.mod) in Go's folder use a copy of its module that has it.

    :raises Unavailable: when a step fails; the message has its words.
    :raises Refused: when a module is not the one that go.sum pins.
    """
    doing = f"the OpenAPI definitions of {package}"
    module, source = _module_of(package, go, doing)
    typed = _typed_packages(go("list", "-deps", "-f", _PACKAGES, "tool", doing=f"{doing}: go list"))
    if not typed:
        raise Unavailable(f"{doing} cannot be made: no package that is built carries {_MARK.decode()}")
    generator, generated, header = go.folder / "openapi-gen", go.folder / "generated", go.folder / "header.txt"
    go("build", "-ldflags", " ".join(ldflags), "-o", str(generator), _GENERATOR, doing=f"go build of {_GENERATOR}")
    header.write_text("", encoding="utf-8")
    go.command(
        str(generator),
        "--logtostderr",
        *("--input-dirs", ",".join(typed)),
        *("--output-package", package),
        *("--output-file-base", _FILE),
        *("--output-base", str(generated)),
        *("--go-header-file", str(header)),
        *("--report-filename", str(go.folder / "violations.txt")),
        doing=f"{doing}: openapi-gen",
    )
    copy = go.folder / "module"
    _copy(source, copy)
    shutil.copyfile(generated / package / f"{_FILE}.go", copy / package.removeprefix(f"{module}/") / f"{_FILE}.go")
    go("mod", "edit", f"-replace={module}=./{copy.name}", doing=f"{doing}: go mod edit")


def _module_of(package: str, go: Go, doing: str) -> tuple[str, Path]:
    """The module of C(package) and the folder in which Go keeps it, fetched and held against go.sum."""
    told = go("list", "-f", "{{.Module.Path}}\t{{.Module.Dir}}", package, doing=f"{doing}: go list")
    # Beside it there may be lines on what was downloaded.
    path, _other, folder = next((line for line in told.splitlines() if "\t" in line), "").partition("\t")
    if not folder:
        raise Unavailable(f"{doing}: go list names no module for it: {' '.join(told.split())[:200] or 'no output'}")
    return path, Path(folder)


def _typed_packages(listed: str) -> list[str]:
    """The packages that ask for definitions, in one of their files."""
    found = set()
    for line in listed.splitlines():
        package, _other, rest = line.partition("\t")
        folder, _other, name = rest.partition("\t")
        if name and package not in found and _MARK in (Path(folder) / name).read_bytes():
            found.add(package)
    return sorted(found)


def _copy(source: Path, target: Path) -> None:
    """Files and folders, not their modes: Go's cache is read-only, and a copy of that could not be removed again."""
    for folder, _folders, files in os.walk(source):
        into = target / Path(folder).relative_to(source)
        into.mkdir()
        for name in files:
            shutil.copyfile(Path(folder) / name, into / name)
