# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Makefile, run by make, in a checkout whose path has a space in it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

# Stands in for ansible-playbook, and writes down how it was called.
RECORDER = """#!/usr/bin/env python3
import json, os, pathlib, sys
pathlib.Path("called.json").write_text(json.dumps({"arguments": sys.argv[1:], "environment": dict(os.environ)}))
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Makefile with an environment that it made itself, out of nothing."""
    folder = tmp_path_factory.mktemp("make") / "a b"
    folder.mkdir()
    shutil.copy(ROOT / "Makefile", folder)
    (folder / "requirements.txt").write_text("# Nothing: what is tested is where it goes.\n")
    made = make(folder, ".venv/installed")
    assert made.returncode == 0, made.stdout + made.stderr
    program = folder / ".venv/bin/ansible-playbook"
    program.write_text(RECORDER)
    program.chmod(0o755)
    return folder


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "KUBEFLOW_MIRROR", "ANSIBLE_CONFIG")
    }
    return subprocess.run(["make", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300)


def called(checkout: Path, *arguments: str) -> dict[str, Any]:
    """How ansible-playbook is called."""
    made = make(checkout, *arguments)
    assert made.returncode == 0, made.stdout + made.stderr
    found: dict[str, Any] = json.loads((checkout / "called.json").read_text())
    return found


def test_the_environment_is_made_in_the_checkout(checkout: Path) -> None:
    assert {path.name for path in checkout.parent.iterdir()} == {"a b"}
    assert (checkout / ".venv/bin/python").exists()


def test_ansible_is_told_what_make_was_told(checkout: Path) -> None:
    found = called(checkout, "kubeflow", "RELEASE=26.03", "PARTS=katib, pipelines", "INVENTORY=my inventories/one")
    assert found["arguments"] == [
        *("-i", "my inventories/one", "-e", "kubeflow_release='26.03'", "-e", "kubeflow_parts='katib, pipelines'"),
        *("playbooks/cluster.yml", "site.yml"),
    ]
    assert found["environment"]["ANSIBLE_CONFIG"] == str(checkout / "ansible.cfg")
    assert found["environment"]["PATH"].startswith(f"{checkout}/.venv/bin:")
    assert found["environment"]["KUBEFLOW_MIRROR"] == ""


def test_bare_make_shows_help_and_makes_nothing(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    made = make(tmp_path)
    assert (made.returncode, made.stderr) == (0, "")
    assert "make kubeflow   installs Kubeflow" in made.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["Makefile"]


def test_status_dashboard_and_clean_are_about_the_cluster_of_the_inventory(checkout: Path) -> None:
    assert called(checkout, "status", "INVENTORY=a", "RELEASE=v1.4.0")["arguments"] == [
        *("-i", "a", "-e", "kubeflow_release='v1.4.0'", "playbooks/status.yml")
    ]
    assert called(checkout, "diagnose", "INVENTORY=a")["arguments"] == ["-i", "a", "playbooks/diagnose.yml"]
    found = called(checkout, "dashboard", "INVENTORY=a", "PORT=8081", "KUBECONFIG_FILE=/k")
    assert found["arguments"] == ["-i", "a", "-e", "dashboard_port='8081'", "playbooks/dashboard.yml"]
    assert found["environment"]["KUBECONFIG_FILE"] == "/k"
    absent = ["playbooks/cluster.yml", "-e", "kubeflow_cluster_state=absent"]
    assert called(checkout, "clean")["arguments"] == ["-i", "inventories/embedded", *absent]
    assert called(checkout, "clean", "INVENTORY=inventories/kind")["arguments"] == ["-i", "inventories/kind", *absent]
    assert called(checkout, "dashboard")["arguments"] == ["-i", "inventories/embedded", "playbooks/dashboard.yml"]


def test_a_mirror_beside_the_checkout_is_found(checkout: Path) -> None:
    mirror = checkout.parent / "shared/mirror"
    mirror.mkdir(parents=True)
    try:
        found = called(checkout, "clean")["environment"]["KUBEFLOW_MIRROR"]
        assert Path(found).resolve() == mirror.resolve()
    finally:
        shutil.rmtree(mirror.parent)


@pytest.fixture
def tried(checkout: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """make test without linters and their installation, with programs that do what they are told by sh."""

    def run(**programs: str) -> subprocess.CompletedProcess[str]:
        does = {"molecule": "", "pytest": "", "go": "echo go version", "docker": "echo 20.10", **programs}
        for name, text in does.items():
            path = checkout / ".venv/bin" / name
            path.write_text(f'#!/bin/sh\necho "{name} $*" >> said\n{text}\n')
            path.chmod(0o755)
        for name in (".config/molecule/left_out.sh", "roles/cluster_kind/defaults/main.yml"):
            (checkout / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, checkout / name)
        (checkout / "said").unlink(missing_ok=True)
        return make(checkout, "test", "--old-file=lint", "--old-file=.venv/tested")

    return run


@pytest.mark.parametrize(
    ("docker", "left_out"),
    [
        ("echo 20.10", []),
        ("echo Cannot connect to the Docker daemon >&2; exit 1", ["kind", "apiserver_patch"]),
        ("case $* in *v1.19.*) echo no such host >&2; exit 1; esac", ["apiserver_patch"]),
    ],
)
def test_scenarios_on_real_nodes_are_left_out_with_a_reason_where_there_can_be_none(
    checkout: Path, tried: Callable[..., subprocess.CompletedProcess[str]], docker: str, left_out: list[str]
) -> None:
    made = tried(docker=docker)
    assert made.returncode == 0, made.stdout + made.stderr
    excluded = "".join(f" --exclude {name}" for name in left_out)
    said = [line for line in (checkout / "said").read_text().splitlines() if line.startswith(("molecule", "pytest"))]
    assert said == [f"molecule test --all{excluded}", "pytest --numprocesses 3"]
    lines = [line for line in made.stderr.splitlines() if line.startswith("Scenario ")]
    assert [line.split()[1] for line in lines] == left_out
    assert all("Cannot connect to the Docker daemon" in line or "no such host" in line for line in lines)


def test_scenarios_that_fail_are_shown_and_a_run_fails_by_either(tried: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    both = tried(molecule="echo seen", pytest="echo 1 passed")
    assert both.returncode == 0 and "seen" not in both.stdout and both.stdout.endswith("1 passed\n")
    scenarios = tried(molecule="echo seen; exit 3", pytest="echo 1 passed")
    assert scenarios.returncode != 0 and "seen\n" in scenarios.stdout and scenarios.stdout.endswith("1 passed\n")
    tests = tried(molecule="echo seen", pytest="echo 1 failed; exit 1")
    assert tests.returncode != 0 and "seen" not in tests.stdout
