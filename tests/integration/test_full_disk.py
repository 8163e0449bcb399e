# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rendering where there is no space left: said by name, and nothing is left that could be applied by half."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from conftest import Cluster
from test_render import VERSION, Render

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render.plan import PlanError, load_plan


def mounted(folder: Path, size: str) -> bool:
    if os.geteuid() != 0:
        return False
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "tmpfs", str(folder)]
    return subprocess.run(mount, capture_output=True, check=False).returncode == 0


@contextlib.contextmanager
def little_space(folder: Path, scratch: Path) -> Iterator[str]:
    """A Python that finds no more than 64 KiB in a folder: a file system of its own, or where that is not allowed a limit on files."""
    folder.mkdir(parents=True)
    if mounted(folder, "64k"):
        try:
            yield sys.executable
        finally:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
    else:
        limited = scratch / "python"
        # In blocks of 512 bytes.
        limited.write_text(f'#!/bin/sh\nulimit -f 64\nexec {sys.executable} "$@"\n')
        limited.chmod(0o700)
        yield str(limited)


@pytest.fixture
def render(tmp_path: Path, binary: Callable[[str, str], str]) -> Render:
    """With a part that does not fit in there."""
    made = Render(tmp_path, binary("kustomize", VERSION))
    big = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "big"}, "data": {"key": "x" * 100_000}}
    made.add("big", {"kind": "ConfigMap", "name": "big"})
    (made.manifests / "big/all.yaml").write_text(yaml.safe_dump(big))
    return made


def test_a_full_work_directory(render: Render, cluster: Cluster, tmp_path: Path) -> None:
    with little_space(tmp_path / "work", tmp_path) as python:
        # Manifests of a user's own, which are not cached. One part after the other: beside the big one, any other may find the disk full.
        own = {"python": python, "manifests": str(render.manifests.rename(tmp_path / "own")), "workers": 1}
        assert not render.run("one", **own).failed
        ran = render.run("one", "big", "two", **own)
        assert ran.failed
        assert ran["msg"].startswith("Kubeflow test does not render; the cluster was not touched.\npart big: [Errno ")
        assert f"'{render.plan}/big/objects.yaml'" in ran["msg"]
        assert "Free some space there, or choose other folders: one for the plan, XDG_CACHE_HOME for the cache" in ran["msg"]
        with pytest.raises(PlanError):
            load_plan(render.plan)
        applied = cluster.apply(str(render.plan))
        assert applied.failed
        assert "No usable plan" in applied["msg"]
        assert not [path for path in render.plan.rglob(".*") if path.is_file()], "unfinished files keep the disk full"
        # With what fits, it goes on.
        assert not render.run("one", **own).failed
        assert render.names() == {"one": ["one"]}


def test_a_full_cache(render: Render, tmp_path: Path) -> None:
    with little_space(tmp_path / "cache/render", tmp_path) as python:
        ran = render.run("big", python=python)
        assert ran.failed
        assert f"{render.cache}/render/" in ran["msg"]
        assert "XDG_CACHE_HOME for the cache" in ran["msg"]
        with pytest.raises(PlanError):
            load_plan(render.plan)
        assert not list((render.cache / "render").iterdir())
