# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every rule is found, has its tests, and is the only one for its kinds."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness import rules
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.judge import has_status
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.rule import RULES, rule
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.status import CURRENT

FOLDER = Path(rules.__file__).parent
NAMES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__")


@pytest.mark.parametrize("name", NAMES)
def test_a_rule_has_its_line_in_the_package(name: str) -> None:
    """Without it AnsiballZ would leave the file behind."""
    named = [
        alias.name
        for node in ast.walk(ast.parse((FOLDER / "__init__.py").read_text()))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]
    assert name in named, f"add this line to the import in {FOLDER / '__init__.py'}:\n    {name},"


@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_rules_registers_some(name: str) -> None:
    """A function of its own, or a table."""
    by_table = [kind for kinds, _declared in getattr(getattr(rules, name), "TABLE", ()) for kind in kinds]
    assert by_table or [kind for kind, function in RULES.items() if function.__module__ == f"{rules.__name__}.{name}"]


@pytest.mark.parametrize("name", NAMES)
def test_a_rule_has_its_tests(name: str) -> None:
    assert (Path(__file__).parent / f"rules/test_{name}.py").is_file()


def test_a_kind_has_one_rule() -> None:
    assert has_status("apps", "Deployment")
    with pytest.raises(ValueError, match="two rules of readiness for apps/Deployment"):
        rule(("apps", "Deployment"))(lambda _item, _seen: CURRENT)


def test_kinds_without_a_rule_are_ready_once_they_exist() -> None:
    assert not has_status("", "ConfigMap")
