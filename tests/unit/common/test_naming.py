# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How messages name options."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common import naming

PLUGINS = Path(__file__).parents[3] / "plugins"


@pytest.fixture(autouse=True)
def _own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(naming, "_prefix", "")


def test_an_option_has_its_own_name_until_a_caller_says_how_its_users_know_it() -> None:
    assert naming.option_name("context") == "context"
    assert naming.option_name("timeout", "preflight_timeout") == "timeout"
    naming.name_options({"variable_prefix": "kubeflow_"})
    assert naming.option_name("context") == "kubeflow_context"
    assert naming.option_name("timeout", "preflight_timeout") == "kubeflow_preflight_timeout"


def texts(path: Path) -> Iterator[str]:
    """Every string that is no docstring."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)}
    yield from (
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings
    )


def test_what_modules_run_names_no_variable_of_a_role() -> None:
    """But for the remedies of diagnosis and preflight, which are settings of any part; that those exist is tested with them."""
    remedies = {PLUGINS / "module_utils" / folder for folder in ("_diagnosis/rules", "_preflight/checks", "_preflight/probes")}
    files = sorted(path for path in (PLUGINS / "module_utils").rglob("*.py") if path.parent not in remedies)
    assert len(files) > 100
    named = [f"{path.name}: {text}" for path in files for text in texts(path) if "kubeflow_" in text]
    assert not named
