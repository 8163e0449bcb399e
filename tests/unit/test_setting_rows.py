# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How rows of settings are read: what differs by release is filled in from the names that the release file gives the part."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import setting_rows
import yaml
from setting_rows import changes_in

from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.release_file import read_release, release_names

ROOT = Path(__file__).parents[2]
RELEASE_FILES = ROOT / "roles/kubeflow/vars"
RELEASES = {name: read_release(RELEASE_FILES, name) for name in release_names(RELEASE_FILES)}
ROWS = setting_rows.setting_rows()
PARTS = {
    setting: path.parents[1].name
    for path in (ROOT / "roles").glob("*/meta/settings.yml")
    for setting in yaml.safe_load(path.read_text(encoding="utf-8"))
}


def changes(written: Any, **names: Any) -> Any:
    return changes_in({"value": 1, "changes": written}, {"names": names})


def test_names_are_filled_in_and_a_list_makes_several_paths() -> None:
    written = {"ConfigMap x/{names.config}": {"data.{names.keys.host}": "{names.flag}=1", "data.{notebook-name}": "{none}"}}
    found = changes(written, config="settings", keys={"host": ["dbHost", "mysqlHost"]}, flag="--host")
    assert found == {"ConfigMap x/settings": {"data.dbHost": "--host=1", "data.mysqlHost": "--host=1", "data.{notebook-name}": "{none}"}}


def test_cases_are_chosen_by_the_names() -> None:
    written = [
        {"ConfigMap x/y": {"a": 1}},
        {"with": "new", "ConfigMap x/y": {"b": 2}, "Secret x/z": None},
        {"without": "new", "Deployment x/y": {"c": 3}},
        {"with": {"flag": "--old"}, "Deployment x/y": {"d": 4}},
    ]
    assert changes(written, new="n") == {"ConfigMap x/y": {"a": 1, "b": 2}, "Secret x/z": None}
    assert changes(written, new="", flag="--old") == {"ConfigMap x/y": {"a": 1}, "Deployment x/y": {"c": 3, "d": 4}}
    assert changes(written, flag="--new") == {"ConfigMap x/y": {"a": 1}, "Deployment x/y": {"c": 3}}


def test_a_release_that_no_case_is_for_does_not_have_the_setting() -> None:
    assert changes([{"with": "new", "ConfigMap x/y": {}}]) is None
    assert changes([{"with": "new", "ConfigMap x/y": {}}], new=[]) is None
    assert changes([{"with": "new.inner", "ConfigMap x/y": {"a": 1}}], new={"inner": "k"}) == {"ConfigMap x/y": {"a": 1}}


@pytest.mark.parametrize("names", [{}, {"key": ""}, {"key": []}])
def test_a_name_that_is_not_there_is_a_row_without_its_condition(names: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"the part has no key; the row needs a condition"):
        changes({"ConfigMap x/y": {"data.{names.key}": 1}}, **names)


def test_every_setting_of_every_part_has_a_row_beside_its_role() -> None:
    for part in {name for release in RELEASES.values() for name in release["parts"]}:
        spec = yaml.safe_load((ROOT / f"roles/{part}/meta/argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
        assert sorted(spec["plan"]["options"]) == sorted(setting for setting, role in PARTS.items() if role == part), part


def test_no_row_names_a_release() -> None:
    """Or each would be touched when one is added."""
    for path in (ROOT / "roles").glob("*/meta/settings.yml"):
        keys = [key for row in yaml.safe_load(path.read_text(encoding="utf-8")).values() for key in mappings(row)]
        assert not set(keys) & set(RELEASES), path


def mappings(tree: Any) -> list[Any]:
    """All keys in it."""
    if isinstance(tree, dict):
        return [*tree, *(key for value in tree.values() for key in mappings(value))]
    return [key for value in tree for key in mappings(value)] if isinstance(tree, list) else []


@pytest.mark.parametrize("setting", ROWS)
def test_every_setting_changes_something_in_some_release(setting: str) -> None:
    found = [
        changes_in(ROWS[setting], release["parts"][PARTS[setting]]) for release in RELEASES.values() if PARTS[setting] in release["parts"]
    ]
    assert any(found)


@pytest.mark.parametrize("release", RELEASES)
def test_every_name_of_a_release_file_is_used_by_its_parts_role(release: str) -> None:
    """By its template, or by a row of its settings."""
    for part, given in RELEASES[release]["parts"].items():
        role = ROOT / "roles" / part
        texts = [path.read_text(encoding="utf-8") for path in (*role.glob("templates/*.j2"), *role.glob("meta/settings.yml"))]
        for name in given.get("names", {}):
            assert any(f"names.{name}" in text for text in texts), f"{part}: {name}"
