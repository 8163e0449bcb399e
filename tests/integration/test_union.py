# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The parts of a release, built one by one, are what upstream's own list builds in one go."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import RELEASES, run_module

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.manifests import load_manifests
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.objects import Key, key_of
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render.plan import load_plan


@pytest.mark.parametrize("release", RELEASES)
def test_the_default_selection_is_upstreams_example(release: str, mirror: str, binary: Callable[[str, str], str], tmp_path: Path) -> None:
    release_file = RELEASES[release]
    kustomize = binary("kustomize", release_file["kustomize"])
    source = run_module("source", {**release_file["sources"], "mirror": mirror})
    assert not source.failed, source.stdout
    manifests = Path(source["path"]) / "manifests"
    parts = [
        {"name": name, "paths": part["paths"], "namespace": part.get("namespace")}
        for name, part in release_file["parts"].items()
        if not part.get("optional")
    ]
    plan = tmp_path / "plan"
    arguments = {"release": release, "parts": parts, "manifests": str(manifests), "plan": str(plan), "kustomize": kustomize}
    rendered = run_module("render", arguments)
    assert not rendered.failed, rendered.stdout
    example = subprocess.run([kustomize, "build", str(manifests / release_file["example"]["path"])], capture_output=True, check=False)
    assert example.returncode == 0, example.stderr.decode()

    upstream: dict[Key, Any] = {key_of(item): item for item in load_manifests(example.stdout)}
    ours: dict[Key, Any] = {key_of(item): item for part in load_plan(plan).parts for item in part.objects}
    differ = {(key.kind, key.name) for key in upstream.keys() | ours.keys() if upstream.get(key) != ours.get(key)}
    known = {(entry["kind"], entry["name"]) for entry in release_file["example"]["differences"]}
    # In both directions: a difference that is listed and not there any more is as wrong as one that is not listed.
    assert differ == known


@pytest.mark.parametrize("release", RELEASES)
def test_optional_parts_build_and_share_nothing_with_the_others(
    release: str, mirror: str, binary: Callable[[str, str], str], tmp_path: Path
) -> None:
    release_file = RELEASES[release]
    source = run_module("source", {**release_file["sources"], "mirror": mirror})
    parts = [{"name": name, "paths": part["paths"], "namespace": part.get("namespace")} for name, part in release_file["parts"].items()]
    rendered = run_module(
        "render",
        {
            "release": release,
            "parts": parts,
            "manifests": f"{source['path']}/manifests",
            "plan": str(tmp_path / "plan"),
            "kustomize": binary("kustomize", release_file["kustomize"]),
        },
    )
    assert not rendered.failed, rendered.stdout
    assert all(part["objects"] > 0 for part in rendered["parts"])
