# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A plan is a function of the release and the settings: the same bytes whatever Python makes of the order of its sets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from conftest import inventory, run_playbook
from test_common_settings import SETTINGS
from test_settings import CASES, RELEASES, ROWS, part_of

Thing = dict[str, Any]
# One image in several tags, in one part and in several.
SAME = {"26.03": {"mysql": "registry.example.com/own/mysql:8.4", "kserve/huggingfaceserver": "registry.example.com/own/server:v0.16.0"}}


def plan(folder: Path, release: str, seed: int) -> dict[str, bytes]:
    """Every file of it, with all settings of all parts in play."""
    settings = {**SETTINGS, **{setting: ROWS[setting]["value"] for one, setting in CASES if one == release}}
    parts = sorted({part_of(name) for name in settings if name in ROWS})
    settings["kubeflow_images"] = SAME.get(release, settings["kubeflow_images"])
    folder.mkdir()
    hosts = inventory(folder, "settings", kubeflow_release=release, kubeflow_parts=parts, **settings)
    played = run_playbook("-i", hosts, "site.yml", "--tags", "render", env={"PYTHONHASHSEED": str(seed)})
    assert played.returncode == 0, played.output
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted((folder / "work").rglob("*")) if path.is_file()}


@pytest.mark.parametrize("release", RELEASES)
def test_the_same_settings_make_the_same_bytes(tmp_path: Path, release: str) -> None:
    first = plan(tmp_path / "1", release, 1)
    assert sum(name.endswith("objects.json") for name in first) > 20
    assert any("/patches/" in name for name in first)
    for seed in (2, 3):
        other = plan(tmp_path / str(seed), release, seed)
        assert first.keys() == other.keys()
        assert [name for name in first if first[name] != other[name]] == []
