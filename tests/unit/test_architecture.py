"""Imports of plugins/module_utils run one way, package by package."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UTILS = ROOT / "plugins/module_utils"
BASE = {"_common", "_objects", "_client"}
# What each package may import besides itself.
MAY = {
    "_common": set(),
    "_objects": {"_common"},
    "_client": {"_common", "_objects"},
    "_render": {"_common", "_objects"},
    "_inventory": BASE,
    "_readiness": {*BASE, "_render", "_inventory"},
    "_registry": {"_common", "_client"},
    "_preflight": {*BASE, "_render", "_inventory", "_readiness", "_nodes", "_registry"},
    "_apply": {*BASE, "_render", "_inventory", "_readiness"},
    "_uninstall": {*BASE, "_render", "_inventory", "_apply"},
    "_diagnosis": {*BASE, "_render", "_inventory", "_readiness", "_apply"},
    "_binary": {"_common"},
    "_nodes": {"_common"},
    "_providers": {"_common", "_objects", "_client"},
    "_apiserver": {"_common"},
}
FILES = sorted(UTILS.rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """Dotted names below module_utils that a file imports."""
    package = path.relative_to(UTILS).parent.parts
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - (node.level - 1)]
            yield ".".join([*base, *(node.module or "").split(".")]).strip(".")
        elif isinstance(node, ast.ImportFrom) and "module_utils" in (node.module or "") and "mlplatform" in (node.module or ""):
            raise AssertionError(f"{path.relative_to(ROOT)} names the collection: imports inside of it are relative")


def test_the_packages_are_those_that_are_known_here() -> None:
    assert {path.name for path in UTILS.iterdir() if any(path.glob("*.py"))} == set(MAY)


def test_every_package_says_its_purpose() -> None:
    for package in MAY:
        assert ast.get_docstring(ast.parse((UTILS / package / "__init__.py").read_text())), package


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(UTILS)))
def test_a_file_imports_only_packages_below_its_own(path: Path) -> None:
    own = path.relative_to(UTILS).parts[0]
    assert {name.split(".")[0] for name in imported(path)} - {own} <= MAY[own]


def test_the_picture_in_the_documentation_is_true() -> None:
    """Every arrow stands for an import or leads to what one needs; every import goes along arrows."""
    drawn: dict[str, set[str]] = {}
    for one, other in re.findall(r"^  (_\w+) --> (_\w+)$", (ROOT / "docs/architecture.md").read_text(), re.MULTILINE):
        drawn.setdefault(one, set()).add(other)
    assert set(drawn) | {"_common"} == set(MAY)

    def reached(package: str) -> set[str]:
        return {package}.union(*map(reached, drawn.get(package, ())))

    for path in FILES:
        own = path.relative_to(UTILS).parts[0]
        assert {name.split(".")[0] for name in imported(path)} <= reached(own), path
    for package, others in drawn.items():
        assert others <= MAY[package], package


def test_no_imports_go_in_a_circle() -> None:
    names = {".".join(path.relative_to(UTILS).with_suffix("").parts).removesuffix(".__init__"): path for path in FILES}
    edges = {name: {found for found in imported(path) if found in names and found != name} for name, path in names.items()}
    # Whatever imports nothing that is left is taken away; what stays goes in a circle.
    while free := [name for name, found in edges.items() if not found & set(edges)]:
        for name in free:
            del edges[name]
    assert not edges


def test_unit_tests_mirror_the_packages() -> None:
    for folder in (path for path in (ROOT / "tests/unit").iterdir() if path.is_dir() and path.name != "__pycache__"):
        assert f"_{folder.name}" in MAY or folder.name == "plugin_utils", folder
