# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Each setting of each part changes what its row says (C(docs/setting_rows.py)), in every release that has it.

All settings of a part are set at once, as a user would, and the part is rendered by the real kustomize.
"""

from __future__ import annotations

import base64
import functools
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import RELEASES, ROOT, inventory, run_playbook
from setting_rows import Changes, changes_in, setting_rows

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.objects import pod_template
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.references import references

Thing = dict[str, Any]
ROWS = setting_rows()
SPECS = {path.parents[1].name: yaml.safe_load(path.read_text())["argument_specs"] for path in ROOT.glob("roles/*/meta/argument_specs.yml")}
PARTS = {name for release_file in RELEASES.values() for name in release_file["parts"]}


def part_of(setting: str) -> str:
    return next(part for part in PARTS if setting in SPECS[part]["plan"]["options"])


def changes_of(setting: str, release: str) -> Changes | None:
    """None when the release does not have the setting."""
    part = RELEASES[release]["parts"].get(part_of(setting))
    return None if part is None else changes_in(ROWS[setting], part)


def releases_of(setting: str) -> list[str]:
    return [release for release in RELEASES if changes_of(setting, release) is not None]


CASES = [(release, setting) for setting in ROWS for release in releases_of(setting)]


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, dict[str, Thing]]]:
    """Objects of the parts with all their settings on, by part and then by kind and name."""

    @functools.cache
    def render(release: str) -> dict[str, dict[str, Thing]]:
        folder = tmp_path_factory.mktemp(release)
        # As people write images, which may be seen in no result.
        settings = {setting: spelt(ROWS[setting]["value"], "https://{} ".format) for one, setting in CASES if one == release}
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
    """What a path of a row leads to, or None."""
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


def images_in(options: Thing) -> bool:
    """Whether a setting names images, by its argument spec."""
    return any(
        (name == "images" and option["type"] == "dict")
        or (re.fullmatch("(.*_)?image", name) and option["type"] == "str")
        or images_in(option.get("options") or {})
        for name, option in options.items()
    )


IMAGES = {
    name for part in PARTS for name, option in SPECS[part]["plan"]["options"].items() if images_in({name.removeprefix(f"{part}_"): option})
}
EXAMPLE = "registry.example.com/"


def spelt(value: Any, change: Callable[[str], str]) -> Any:
    """The value of a row with its images spelt otherwise."""
    if isinstance(value, dict):
        return {name: spelt(inner, change) for name, inner in value.items()}
    if isinstance(value, list):
        return [spelt(inner, change) for inner in value]
    return change(value) if isinstance(value, str) and value.startswith(EXAMPLE) else value


@pytest.mark.parametrize("release", RELEASES)
def test_an_image_that_is_none_is_refused_by_every_setting(tmp_path: Path, release: str) -> None:
    wrong = {name: spelt(ROWS[name]["value"], str.upper) for name in IMAGES if release in releases_of(name)}
    assert len(wrong) > 5
    hosts = inventory(tmp_path, "settings", kubeflow_release=release, kubeflow_parts=sorted(map(part_of, wrong)), **wrong)
    played = run_playbook("-i", hosts, "site.yml", "--tags", "render")
    assert played.returncode != 0
    assert [name for name in wrong if not re.search(rf"{name}: '{EXAMPLE.upper()}[^']*' holds capital letters", played.words)] == []


@pytest.mark.parametrize(("release", "setting"), CASES)
def test_a_setting_changes_what_its_row_says(rendered: Callable[[str], dict[str, dict[str, Thing]]], release: str, setting: str) -> None:
    objects = rendered(release)[part_of(setting)]
    for name, values in (changes_of(setting, release) or {}).items():
        assert (name in objects) == (values is not None), sorted(objects)
        if values is None:
            assert name not in {mounted for item in objects.values() for mounted in named_by_pods(item)}
            continue
        for path, expected in values.items():
            found = at(decoded(objects[name]), path.removesuffix("~"))
            assert is_there(expected, found, path), (name, path, found)


def is_there(expected: Any, found: Any, path: str) -> bool:
    """Whether what a path leads to is what the row says of it."""
    if path.endswith("~"):
        return isinstance(found, str) and expected in found
    return bool(expected in found if isinstance(found, list) and not isinstance(expected, list) else found == expected)


def named_by_pods(item: Thing) -> set[str]:
    """What the pods of a workload mount or read."""
    template = pod_template(item) or {}
    return {
        f"{key.kind} {key.namespace}/{key.name}" for key in references(template.get("spec") or {}, item["metadata"].get("namespace", ""))
    }
