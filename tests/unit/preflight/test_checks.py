"""The register of checks, and what is told of them elsewhere."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path
from typing import Any

import yaml
from settings import homes

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight import checks
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.checks import CHECKS
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.probes.judge import PROBES, short_name

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "plugins/module_utils/_preflight/checks"
FILES = {path.stem for path in FOLDER.glob("*.py")} - {"__init__"}


def choices(options: dict[str, Any], name: str) -> list[str]:
    found: list[str] = options[name]["choices"]
    return found


def test_each_file_is_imported_and_is_one_check() -> None:
    for name in FILES:
        assert hasattr(checks, name), f"checks/__init__.py lacks: {name}"
    assert set(CHECKS) == FILES


def test_each_check_has_a_test() -> None:
    assert {path.stem.removeprefix("test_") for path in Path(__file__).parent.joinpath("checks").glob("test_*.py")} >= FILES


def test_what_can_be_overridden_are_the_checks() -> None:
    module = importlib.import_module("ansible_collections.mlplatform.kubeflow.plugins.modules.preflight")
    documented = yaml.safe_load(module.DOCUMENTATION)
    assert choices(documented["options"], "overrides") == [*CHECKS, *PROBES]
    specs = yaml.safe_load((ROOT / "roles/kubeflow/meta/argument_specs.yml").read_text())["argument_specs"]
    assert choices(specs["release"]["options"], "kubeflow_preflight_overrides") == [*CHECKS, *PROBES]
    probes = ["all", *map(short_name, PROBES)]
    assert choices(documented["options"], "probes") == choices(specs["release"]["options"], "kubeflow_probes") == probes


def test_the_module_says_what_each_check_asks() -> None:
    module = importlib.import_module("ansible_collections.mlplatform.kubeflow.plugins.modules.preflight")
    text = "\n".join(yaml.safe_load(module.DOCUMENTATION)["description"])
    for name, asks in {**{check.name: check.asks for check in CHECKS.values()}, **PROBES}.items():
        assert f"V({name}): {asks}" in text


def test_settings_that_a_remedy_names_are_settings() -> None:
    known = homes()
    trees = [ast.parse(path.read_text()) for path in (*FOLDER.glob("*.py"), *FOLDER.parent.glob("probes/*.py"))]
    text = " ".join(
        str(one.value) for tree in trees for one in ast.walk(tree) if isinstance(one, ast.Constant) and isinstance(one.value, str)
    )
    roles = set(known.values())
    named = set(re.findall(rf"(?<![\w/.-])((?:{'|'.join(sorted(roles))})_[a-z_]+)(?!\w)", text))
    assert len(named) > 8
    assert named - set(known) - roles == set()
