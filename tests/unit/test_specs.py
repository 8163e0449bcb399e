# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""That what is documented is what is there: argument specs of roles and defaults, documentation of modules and their specs."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import yaml
from ansible.module_utils import basic

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.cluster_source import VARIABLES

ROOT = Path(__file__).parents[2]
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())
MODULES = sorted(path.stem for path in (ROOT / "plugins/modules").glob("*.py"))


def entry_points(role: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / f"roles/{role}/meta/argument_specs.yml").read_text())["argument_specs"]
    return found


def defaults(role: str) -> dict[str, Any]:
    path = ROOT / f"roles/{role}/defaults/main.yml"
    return (yaml.safe_load(path.read_text()) or {}) if path.exists() else {}


def leaves(options: dict[str, Any], prefix: str = "") -> list[tuple[str, dict[str, Any]]]:
    found = []
    for name, option in options.items():
        found.append((f"{prefix}{name}", option))
        found.extend(leaves(option.get("options") or option.get("suboptions") or {}, f"{prefix}{name}."))
    return found


@pytest.mark.parametrize("role", ROLES)
def test_every_entry_point_has_a_spec(role: str) -> None:
    """All but those that only hand over to another one, or read nothing of their own."""
    points = entry_points(role)
    tasks = {path.stem for path in (ROOT / f"roles/{role}/tasks").glob("*.yml")}
    assert set(points) <= tasks
    assert "main" in points or "main" not in tasks
    for name, spec in points.items():
        assert spec["short_description"], name
        assert isinstance(spec["options"], dict), name


@pytest.mark.parametrize("role", ROLES)
def test_options_and_defaults_are_the_same(role: str) -> None:
    known: dict[str, Any] = {}
    for spec in entry_points(role).values():
        known.update(spec["options"])
    actual = defaults(role)
    assert set(actual) == {name for name, option in known.items() if not option.get("required")}
    for name, value in actual.items():
        wanted = known[name].get("default")
        assert (wanted.split() if isinstance(wanted, str) else wanted) == (value.split() if isinstance(value, str) else value), name


@pytest.mark.parametrize("role", ROLES)
def test_options_are_typed_to_the_leaf_and_described_and_carry_the_roles_name(role: str) -> None:
    for spec in entry_points(role).values():
        for name, option in leaves(spec["options"]):
            assert option.get("description"), name
            assert option.get("type"), name
            if option["type"] == "list":
                assert option.get("elements"), name
            if "." not in name:
                assert name.startswith(f"{role}_"), name


@pytest.mark.parametrize("role", [role for role in ROLES if (ROOT / f"roles/{role}/defaults/main.yml").exists()])
def test_every_default_has_a_comment(role: str) -> None:
    """Its own, or that of the block it is in."""
    for block in (ROOT / f"roles/{role}/defaults/main.yml").read_text().removeprefix("---\n").split("\n\n"):
        assert block.lstrip("\n").startswith("#"), block


class Stop(Exception):
    """Where a module's main would begin to work."""


def spec_of(module: str) -> dict[str, Any]:
    """The argument spec that a module gives to AnsibleModule, or that an action has where the module is only its documentation."""
    loaded = importlib.import_module(f"ansible_collections.mlplatform.kubeflow.plugins.modules.{module}")
    if not hasattr(loaded, "main"):
        action = importlib.import_module(f"ansible_collections.mlplatform.kubeflow.plugins.action.{module}")
        arguments: dict[str, Any] = action.ARGUMENTS
        return arguments
    with mock.patch.object(loaded, "AnsibleModule", side_effect=Stop) as made, pytest.raises(Stop):
        loaded.main()
    spec: dict[str, Any] = made.call_args.kwargs["argument_spec"]
    return spec


def documented(module: str) -> dict[str, Any]:
    """The options of a module's documentation, with those of its fragments."""
    loaded = importlib.import_module(f"ansible_collections.mlplatform.kubeflow.plugins.modules.{module}")
    documentation = yaml.safe_load(loaded.DOCUMENTATION)
    options: dict[str, Any] = dict(documentation["options"])
    for fragment in documentation["extends_documentation_fragment"]:
        name, _, section = fragment.removeprefix("mlplatform.kubeflow.").partition(".")
        fragments = importlib.import_module(f"ansible_collections.mlplatform.kubeflow.plugins.doc_fragments.{name}").ModuleDocFragment
        options.update(yaml.safe_load(getattr(fragments, section.upper() or "DOCUMENTATION"))["options"])
    return options


def same(spec: dict[str, Any], options: dict[str, Any], where: str) -> None:
    assert set(spec) == set(options), where
    for name, given in spec.items():
        told = options[name]
        assert told.get("description"), f"{where}{name}"
        assert given.get("type", "str") == told.get("type"), f"{where}{name}"
        for field in ("default", "elements", "choices", "aliases"):
            assert given.get(field) == told.get(field), f"{where}{name}: {field}"
        assert bool(given.get("required")) == bool(told.get("required")), f"{where}{name}"
        same(given.get("options") or {}, told.get("suboptions") or {}, f"{where}{name}.")


@pytest.mark.parametrize("module", MODULES)
def test_a_modules_documentation_is_its_spec(module: str) -> None:
    same(spec_of(module), documented(module), "")


@pytest.mark.parametrize("module", MODULES)
def test_environment_variables_are_documented(module: str) -> None:
    options, spec = documented(module), spec_of(module)
    # Those of the connection are no fallbacks of single options: they are one source, as a whole.
    variables = {name: [variable] for name, variable in VARIABLES.items() if "kubeconfig" in spec and "host" in spec}
    for name, given in spec.items():
        if "fallback" in given:
            assert given["fallback"][0] is basic.env_fallback
            variables[name] = given["fallback"][1]
    for name, some in variables.items():
        for variable in some:
            assert f"E({variable})" in str(options[name]["description"]), name


@pytest.mark.parametrize("module", MODULES)
def test_options_that_hold_secrets_are_not_logged(module: str) -> None:
    for name, given in spec_of(module).items():
        if re.search(r"password|token|api_key|secret", name):
            # Names of Secrets are none, and neither are numbers and switches.
            harmless = str(documented(module)[name]["description"]).startswith("Names of Secrets") or given["type"] in ("float", "bool")
            assert given.get("no_log") is (not harmless), name
