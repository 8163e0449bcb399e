# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Several clusters in one run, each with its own release: the example inventory, with one part to keep it short."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from conftest import RELEASES, ROOT, Played, run_playbook

# Of the example inventory: each host's release, and the version of Kubernetes that it is tested with.
HOSTS = {
    path.stem: (release, f"v{RELEASES[release]['kubernetes']['tested']}")
    for path in sorted((ROOT / "inventories/fleet/host_vars").glob("*.yml"))
    for release in [yaml.safe_load(path.read_text())["kubeflow_release"]]
}
PARTS = ["-e", "kubeflow_parts=notebook_controller"]


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Folder of the state of the two clusters."""
    state = tmp_path_factory.mktemp("fleet")
    try:
        made = run("playbooks/cluster.yml", state=state)
        assert made.returncode == 0, made.output
        yield state / "mlplatform.kubeflow"
    finally:
        removed = run("playbooks/cluster.yml", "-e", "kubeflow_cluster_state=absent", state=state)
        assert removed.returncode == 0, removed.output


def run(*arguments: str, state: Path, **env: str) -> Played:
    return run_playbook("-i", ROOT / "inventories/fleet", *arguments, env={"XDG_STATE_HOME": str(state), **env})


def recap(played: Played, host: str) -> dict[str, int]:
    line = re.search(rf"^{host}\s+: (.*)$", played.output.rsplit("PLAY RECAP", 1)[-1], re.MULTILINE)
    assert line, played.output
    return {name: int(count) for name, count in re.findall(r"(\w+)=(\d+)", line[1])}


def test_each_cluster_gets_its_own_release_and_the_second_run_changes_none(fleet: Path) -> None:
    first = run("site.yml", *PARTS, state=fleet.parent, ANSIBLE_STRATEGY="linear")
    assert first.returncode == 0, first.output
    for host, (release, _kubernetes) in HOSTS.items():
        assert recap(first, host)["changed"] == 1
        assert f"Kubeflow {release}: 3 of 3 parts ready" in first.output
        plan = json.loads((fleet / host / "plan/plan.json").read_text())
        assert plan["release"] == release
    second = run("site.yml", *PARTS, state=fleet.parent, ANSIBLE_STRATEGY="host_pinned")
    assert second.returncode == 0, second.output
    assert {host: recap(second, host)["changed"] for host in HOSTS} == {"old": 0, "new": 0}


def test_each_cluster_is_of_the_version_that_its_release_is_tested_with(fleet: Path) -> None:
    played = run("site.yml", *PARTS, "--tags", "render,preflight", "-vv", state=fleet.parent, ANSIBLE_STRATEGY="host_pinned")
    assert played.returncode == 0, played.output
    for _release, kubernetes in HOSTS.values():
        assert f"Kubernetes {kubernetes}" in played.output


def test_one_cluster_that_does_not_answer_stops_no_other(fleet: Path) -> None:
    (fleet / "gone").write_text((fleet / "old/kubeconfig").read_text().replace("127.0.0.1", "127.0.0.2"))
    named = f"{{{{ '{fleet}/gone' if inventory_hostname == 'old' else '{fleet}/new/kubeconfig' }}}}"
    variables = ["-e", json.dumps({"kubeflow_kubeconfig": named})]
    played = run("site.yml", *PARTS, *variables, state=fleet.parent, ANSIBLE_STRATEGY="host_pinned")
    assert played.returncode != 0
    assert recap(played, "old")["failed"] == 1
    assert recap(played, "new")["failed"] == 0
    assert "https://127.0.0.2" in played.output
