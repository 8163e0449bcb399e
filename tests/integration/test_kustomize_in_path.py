# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""playbooks/kustomize.yml: the release's kustomize where people find it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import RELEASES, Played, inventory, run_playbook

FOREIGN = "#!/bin/sh\necho mine\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "bin"


def play(tmp_path: Path, folder: Path, *arguments: str, path: str | None = None, **variables: Any) -> Played:
    hosts = inventory(tmp_path, "one", kustomize_folder=str(folder), **variables)
    return run_playbook("-i", hosts, "playbooks/kustomize.yml", *arguments, env={"PATH": path} if path else None)


@pytest.mark.parametrize("release", RELEASES)
def test_it_is_the_one_that_the_release_asks_for(release: str, tmp_path: Path, folder: Path) -> None:
    looked = play(tmp_path, folder, "--check", kubeflow_release=release)
    assert looked.recap["changed"] == 2, looked.output
    assert not folder.exists()
    first = play(tmp_path, folder, kubeflow_release=release)
    assert first.recap["changed"] == 2, first.output
    told = subprocess.run([folder / "kustomize", "version"], capture_output=True, text=True, check=True).stdout
    assert RELEASES[release]["kustomize"] in told
    assert f"export PATH={folder}:$PATH makes kustomize mean {RELEASES[release]['kustomize']}" in first.words
    # With the link itself in PATH: it is not taken for the program that it leads to.
    found = f"{folder}{os.pathsep}{os.environ['PATH']}"
    again = play(tmp_path, folder, kubeflow_release=release, path=found)
    assert (again.recap["changed"], again.recap["failed"]) == (0, 0), again.output
    assert "export PATH" not in again.words


def test_a_link_of_its_own_is_led_to_what_is_wanted(tmp_path: Path, folder: Path) -> None:
    """One that leads nowhere, as when the cache was emptied, and then one to another version."""
    folder.mkdir()
    (folder / "kustomize").symlink_to("/nowhere/mlplatform.kubeflow/binary/kustomize/5.0.0-linux-amd64/kustomize")
    versions = [release["kustomize"] for release in RELEASES.values()]
    for given in (f"v{versions[0]}", versions[-1]):
        assert play(tmp_path, folder, kustomize_version=given).recap["failed"] == 0
        assert f"/kustomize/{given.removeprefix('v')}-" in str((folder / "kustomize").readlink())
        assert (folder / "kustomize").exists()


def test_somebody_elses_program_is_replaced_only_when_asked_for(tmp_path: Path, folder: Path) -> None:
    folder.mkdir()
    there = folder / "kustomize"
    there.write_text(FOREIGN)
    # Text, as a survey gives it.
    refused = play(tmp_path, folder, "-e", "kustomize_replace=no")
    assert refused.returncode != 0
    assert f"{there} was not put there by this role and is left alone. Set kustomize_replace: true" in refused.words
    kept = play(tmp_path, folder, "-e", "kustomize_state=absent")
    assert kept.recap["changed"] == 0
    assert "is left alone" in kept.words
    assert there.read_text() == FOREIGN
    assert play(tmp_path, folder, "-e", "kustomize_replace=yes").recap["changed"] == 1
    assert there.is_symlink()


def test_somebody_elses_link_is_not_taken_for_its_own(tmp_path: Path, folder: Path) -> None:
    folder.mkdir()
    theirs = tmp_path / "theirs"
    theirs.write_text(FOREIGN)
    (folder / "kustomize").symlink_to(theirs)
    assert play(tmp_path, folder, "--check").returncode != 0
    assert (folder / "kustomize").readlink() == theirs
    assert play(tmp_path, folder, "-e", "kustomize_replace=yes").recap["changed"] == 1
    assert theirs.read_text() == FOREIGN


def test_its_own_link_is_removed_and_nothing_else(tmp_path: Path, folder: Path) -> None:
    play(tmp_path, folder)
    program = (folder / "kustomize").resolve()
    (folder / "other").write_text("")
    assert play(tmp_path, folder, "--check", "-e", "kustomize_state=absent").recap["changed"] == 1
    assert (folder / "kustomize").is_symlink()
    assert play(tmp_path, folder, "-e", "kustomize_state=absent").recap["changed"] == 1
    assert [path.name for path in folder.iterdir()] == ["other"]
    assert program.is_file()


def test_clusters_that_want_different_versions_do_not_take_turns(tmp_path: Path, folder: Path) -> None:
    hosts = inventory(tmp_path, "one", kustomize_folder=str(folder))
    document = yaml.safe_load(hosts.read_text())
    document["kubeflow"]["hosts"] = {f"c{number}": {"kubeflow_release": release} for number, release in enumerate(RELEASES)}
    hosts.write_text(yaml.safe_dump(document))
    played = run_playbook("-i", hosts, "playbooks/kustomize.yml")
    assert played.returncode != 0
    assert "at once, which is what the clusters of this run ask for: choose one with --limit" in played.words
    assert not folder.exists()
    assert run_playbook("-i", hosts, "playbooks/kustomize.yml", "--limit", "c0").returncode == 0
