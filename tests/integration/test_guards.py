# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is refused, or said, before anything is done: hosts that are one cluster, an old Python, certificates that are not checked, folders."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import DEFAULT_RELEASE, RELEASES, ROOT, Cluster, run_module, run_playbook, token_of

EVERYTHING = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]


def hosts_of(folder: Path, **hosts: dict[str, Any]) -> Path:
    """An inventory as AWX makes it: nothing says how a host is reached, or by which Python."""
    path = folder / "hosts"
    path.write_text(
        yaml.safe_dump({"kubeflow": {"hosts": hosts, "vars": {"kubeflow_work_directory": f"{folder}/{{{{ inventory_hostname }}}}"}}})
    )
    return path


@pytest.fixture
def bearer(cluster: Cluster) -> dict[str, str]:
    """What AWX's credential sets when it has no certificate authority."""
    token = token_of(cluster, f"guard-{secrets.token_hex(3)}", EVERYTHING)
    return {"K8S_AUTH_HOST": cluster.client.host, "K8S_AUTH_API_KEY": token, "K8S_AUTH_VERIFY_SSL": "False"}


def test_a_host_without_a_connection_is_reached_from_here_and_an_unchecked_certificate_is_a_warning(
    bearer: dict[str, str], tmp_path: Path
) -> None:
    played = run_playbook("-i", hosts_of(tmp_path, mycluster={}), "site.yml", "--tags", "kubeflow_roles", "--check", env=bearer)
    assert played.returncode == 0, played.output
    assert f"[WARNING]: The certificate of {bearer['K8S_AUTH_HOST']} is not checked" in played.words
    assert "K8S_AUTH_VERIFY_SSL is false. AWX says so also where" in played.words
    assert played.words.count("is not checked, so whoever") == 1


def test_several_hosts_on_the_one_cluster_of_a_credential_are_refused(bearer: dict[str, str], tmp_path: Path) -> None:
    hosts = hosts_of(tmp_path, east={}, west={})
    played = run_playbook("-i", hosts, "site.yml", "--tags", "kubeflow_roles", env=bearer)
    assert played.returncode == 2
    assert f"K8S_AUTH_HOST names one cluster, {bearer['K8S_AUTH_HOST']}, and 2 hosts of this run name no other: east, west" in played.words
    assert "Ask the cluster" not in played.output
    # What needs no cluster can be done for many, and one of them is one.
    for arguments in (("--tags", "release"), ("--tags", "kubeflow_roles", "--check", "--limit", "west")):
        played = run_playbook("-i", hosts, "site.yml", *arguments, env=bearer)
        assert played.returncode == 0, played.output


def test_hosts_that_turn_out_to_be_one_cluster_are_refused(cluster: Cluster, tmp_path: Path) -> None:
    """Whose contexts nobody told apart."""
    hosts = hosts_of(tmp_path, east={}, west={})
    given = ("-e", f"kubeflow_kubeconfig={cluster.kubeconfig}")
    played = run_playbook("-i", hosts, "site.yml", "--tags", "kubeflow_roles", *given)
    assert played.returncode == 2
    assert f"Hosts east, west of this run are one cluster, {cluster.client.host}: " in played.words
    assert "give each host the kubeflow_context of its own" in played.words
    assert "Render" not in played.output
    # What needs no cluster can be done for both, and one of them is one.
    for arguments in (("--tags", "release"), ("--tags", "kubeflow_roles", "--check", "--limit", "west")):
        played = run_playbook("-i", hosts, "site.yml", *arguments, *given)
        assert played.returncode == 0, played.output


def test_a_host_with_a_kubeconfig_names_another_cluster_than_the_credential_but_may_not_be_the_same(
    cluster: Cluster, bearer: dict[str, str], tmp_path: Path
) -> None:
    hosts = hosts_of(tmp_path, east={}, west={"kubeflow_kubeconfig": str(cluster.kubeconfig)})
    played = run_playbook("-i", hosts, "site.yml", "--tags", "kubeflow_roles", "--check", env=bearer)
    assert played.returncode == 2
    assert "Hosts east, west of this run are one cluster" in played.words
    assert "K8S_AUTH_HOST names one cluster" not in played.words


def test_hosts_that_are_clusters_of_their_own_are_installed_side_by_side(tmp_path: Path) -> None:
    """The task itself, on what two clusters and one that does not tell its UID have answered."""
    tasks = yaml.safe_load((ROOT / "roles/kubeflow/tasks/cluster_info.yml").read_text())
    (guard,) = [task for task in tasks if task["name"] == "Refuse several hosts that have turned out to be one cluster"]
    play = {"hosts": "kubeflow", "connection": "local", "gather_facts": False, "tasks": [guard]}
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play]))

    def host(uid: str) -> dict[str, Any]:
        return {"__kubeflow_cluster_info": {"cluster": {"host": "https://e.org", "uid": uid}, "context": "c"}}

    for uids, fails in ((("1", "2", ""), []), (("", "", "1"), []), (("1", "2", "1"), ["a", "c"])):
        hosts = hosts_of(tmp_path, **dict(zip("abc", map(host, uids), strict=True)))
        played = run_playbook("-i", hosts, tmp_path / "play.yml")
        assert (played.returncode == 2) == bool(fails), played.output
        assert [name for name in "abc" if f"fatal: [{name}]" in played.output] == fails, played.output


def test_an_old_python_of_the_inventory_is_named_by_the_first_task(tmp_path: Path) -> None:
    places = [*Path("/usr/bin").glob("python3.*"), *(Path.home() / ".pyenv/versions").glob("3.*/bin/python3.*")]
    old = [path for path in places if path.name in ("python3.8", "python3.9", "python3.10")]
    python = str(old[0]) if old else ""
    if not python:
        pytest.skip("There is no old Python here")
    played = run_playbook("-i", hosts_of(tmp_path, mycluster={"ansible_python_interpreter": python}), "site.yml")
    assert played.returncode == 2
    assert f"Python 3.11 or newer is needed; ansible_python_interpreter of mycluster is {python}, which is 3." in played.words
    assert "Traceback" not in played.output
    assert "Choose a release" not in played.output


def test_an_old_ansible_core_is_refused_by_the_first_task_and_the_execution_environment_named(tmp_path: Path) -> None:
    """The task itself; Ansible lets nobody set its version, so it is another variable here."""
    text = (ROOT / "roles/kubeflow/tasks/inventory.yml").read_text()
    assert text.index("ansible_version.full") < text.index("- name: Ask the Python")
    (tmp_path / "tasks.yml").write_text(text.replace("ansible_version.full", "told_version"))
    tasks = [{"ansible.builtin.import_tasks": "tasks.yml"}]
    (tmp_path / "play.yml").write_text(
        yaml.safe_dump([{"hosts": "kubeflow", "connection": "local", "gather_facts": False, "tasks": tasks}])
    )
    for version, fails in (("2.15.13", True), ("2.17.14", True), ("2.18.0", False), ("2.20.1", False)):
        played = run_playbook("-i", hosts_of(tmp_path, mycluster={}), tmp_path / "play.yml", "-e", f"told_version={version}")
        assert (played.returncode == 2) == fails, played.output
        assert ("ansible-core 2.18 or newer is needed" in played.words) == fails, played.output
        assert ("execution environment of the job template" in played.words) == fails


@pytest.fixture
def read_only(tmp_path: Path) -> Callable[[Path], str]:
    """A Python for which a folder can only be read. Modes do not bind root, so root gets a mount of its own."""

    def made(folder: Path) -> str:
        if os.geteuid() != 0:
            for path in (*folder.rglob("*"), folder):
                if not path.is_symlink():
                    path.chmod(0o555 if path.is_dir() or path.stat().st_mode & 0o100 else 0o444)
            return sys.executable
        python = tmp_path / "python"
        mounts = f"mount --bind {folder} {folder} && mount -o remount,ro,bind {folder} {folder}"
        python.write_text(f'#!/bin/sh\nexec unshare --mount sh -c \'{mounts} && exec {sys.executable} "$@"\' sh "$@"\n')
        python.chmod(0o755)
        if subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode:
            pytest.skip("root may not mount here")
        return str(python)

    return made


def test_a_cache_that_can_only_be_read_is_used_and_what_it_lacks_is_one_clear_error(
    tmp_path: Path, read_only: Callable[[Path], str], binary: Callable[[str, str], str], mirror: str
) -> None:
    cache, work = tmp_path / "cache", tmp_path / "work"
    repository = {"name": "manifests", "url": "https://github.com/kubeflow/manifests", "ref": "release-26.03"}
    asked = {"repositories": [repository], "mirror": mirror, "cache": str(cache)}
    kustomize = tmp_path / "kustomize"
    shutil.copy(binary("kustomize", RELEASES[DEFAULT_RELEASE]["kustomize"]), kustomize)
    kustomize.chmod(0o755)
    found = run_module("source", asked)
    assert found["fetched"]
    part = {"name": "roles", "paths": RELEASES[DEFAULT_RELEASE]["parts"]["kubeflow_roles"]["paths"]}
    another = {"name": "volumes", "paths": RELEASES[DEFAULT_RELEASE]["parts"]["volumes_web_app"]["paths"]}
    how = {"release": "26.03", "manifests": f"{found['path']}/manifests", "kustomize": str(kustomize), "cache": str(cache), "partial": True}
    assert not run_module("render", {**how, "parts": [part], "plan": str(tmp_path / "plan")}).failed
    python = read_only(cache)
    try:
        assert not run_module("source", asked, python=python)["fetched"]
        ran = run_module("render", {**how, "parts": [part, another], "plan": str(work / "plan")}, python=python)
        assert not ran.failed, ran["msg"]
        assert {part["name"]: part["cached"] for part in ran["parts"]} == {"roles": True, "volumes": False}
        (warning,) = ran["warnings"]
        assert re.search(
            rf"Renderings are not kept for later runs: {cache}/render: (Permission denied|Read-only file system)\. XDG_CACHE_HOME",
            str(warning),
        )
        missing = run_module("source", {**asked, "repositories": [{**repository, "ref": "v1.4.0"}]}, python=python)
        assert missing.failed
        assert re.match(
            rf"The manifests are not in the cache yet, and cannot be put there: {cache}/source/\S+: (Permission|Read-only)[\w ]+\. Make room, or set",
            missing["msg"],
        )
        nowhere = run_module("render", {**how, "parts": [part], "plan": str(cache / "plan"), "variable_prefix": "kubeflow_"}, python=python)
        assert nowhere.failed
        assert re.search(
            rf"The plan cannot be written: {cache}/plan: (Permission|Read-only)[\w ]+\. Set kubeflow_work_directory", nowhere["msg"]
        )
    finally:
        for path in (cache, *cache.rglob("*")):
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o755)
