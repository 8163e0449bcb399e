# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Each setting of each part changes what its row in the table of settings says, in every release that has it.

All settings of a part are set at once, as a user would, and the part is rendered by the real kustomize.
"""

from __future__ import annotations

import base64
import functools
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from conftest import RELEASES, ROOT, inventory, run_playbook

Thing = dict[str, Any]
ROWS: dict[str, Thing] = yaml.safe_load((ROOT / "docs/settings.yml").read_text())
RELEASES_BY_NAME = {path.stem: yaml.safe_load(path.read_text())["__kubeflow_release"] for path in RELEASES.glob("*.yml")}
SPECS = {path.parents[1].name: yaml.safe_load(path.read_text())["argument_specs"] for path in ROOT.glob("roles/*/meta/argument_specs.yml")}
PARTS = {name for release_file in RELEASES_BY_NAME.values() for name in release_file["parts"]}


def part_of(setting: str) -> str:
    return next(part for part in PARTS if setting in SPECS[part]["plan"]["options"])


def releases_of(setting: str) -> list[str]:
    part = part_of(setting)
    return [name for name in ROWS[setting].get("releases", RELEASES_BY_NAME) if part in RELEASES_BY_NAME[name]["parts"]]


CASES = [(release, setting) for setting in ROWS for release in releases_of(setting)]


def test_every_setting_of_every_part_has_a_row() -> None:
    assert sorted(ROWS) == sorted(name for part in PARTS for name in SPECS[part]["plan"]["options"])


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, dict[str, Thing]]]:
    """Objects of the parts with all their settings on, by part and then by kind and name."""

    @functools.cache
    def render(release: str) -> dict[str, dict[str, Thing]]:
        folder = tmp_path_factory.mktemp(release)
        settings = {setting: ROWS[setting]["value"] for one, setting in CASES if one == release}
        hosts = inventory(
            folder, "settings", kubeflow_release=release, kubeflow_parts=sorted({part_of(name) for name in settings}), **settings
        )
        played = run_playbook("-i", hosts, "site.yml", "--tags", "render")
        assert played.returncode == 0, played.output
        found = {}
        for path in (folder / "work/plan").glob("*/objects.json"):
            found[path.parent.name] = {named(item): item for item in json.loads(path.read_text())}
        return found

    return render


def named(item: Thing) -> str:
    """Without the hash that kustomize adds to what it generates."""
    metadata = item["metadata"]
    name = re.sub(r"-[2456789bcdfghkmt]{10}$", "", metadata["name"]) if item["kind"] in ("ConfigMap", "Secret") else metadata["name"]
    return f"{item['kind']} {metadata['namespace'] + '/' if metadata.get('namespace') else ''}{name}"


def at(value: Any, path: str) -> Any:
    """What a path leads to: C(a.b.[name].[key=value].<file.yaml>.c), brackets for keys with dots and for entries of lists, angles for
    keys that hold YAML or JSON as text."""
    for step in re.findall(r"\[[^]]*\]|<[^>]*>|[^.\[\]<>]+", path):
        if step[0] == "<":
            text = value[step[1:-1]]
            value = yaml.safe_load(text)
        elif step[0] == "[" and isinstance(value, list):
            key, _equals, wanted = step[1:-1].rpartition("=")
            value = next((entry for entry in value if str(entry.get(key or "name")) == wanted), None)
        else:
            step = step.strip("[]")
            value = value[int(step)] if isinstance(value, list) else value.get(step)
        if value is None:
            return None
    return value


def decoded(item: Thing) -> Thing:
    """A Secret's data as text."""
    if item["kind"] == "Secret" and item.get("data"):
        return {**item, "data": {key: base64.b64decode(value).decode() for key, value in item["data"].items()}}
    return item


@pytest.mark.parametrize(("release", "setting"), CASES)
def test_a_setting_changes_what_its_row_says(rendered: Callable[[str], dict[str, dict[str, Thing]]], release: str, setting: str) -> None:
    objects = rendered(release)[part_of(setting)]
    changes = ROWS[setting]["changes"]
    for name, values in changes.get(release, changes).items():
        assert (name in objects) == (values is not None), sorted(objects)
        if values is None:
            continue
        for path, expected in values.items():
            found = at(decoded(objects[name]), path)
            assert expected in found if isinstance(expected, str) and isinstance(found, list) else found == expected, (name, path, found)
