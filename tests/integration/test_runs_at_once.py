# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two runs for one cluster at the same time: each applies what it has rendered."""

from __future__ import annotations

import json
import secrets
import sys
from pathlib import Path
from typing import Any

import yaml
from conftest import ROOT, Cluster, inventory, run_playbook

Thing = dict[str, Any]


def site_with(task: Thing, after: str, folder: Path) -> Path:
    """The playbook that users run, with one more task."""
    text = (ROOT / "playbooks/site.yml").read_text().replace("tasks/parts.yml", str(ROOT / "playbooks/tasks/parts.yml"))
    (play,) = yaml.safe_load(text)
    place = next(place for place, one in enumerate(play["tasks"]) if one["name"] == after)
    play["tasks"].insert(place + 1, {**task, "tags": ["always"]})
    path = folder / "site.yml"
    path.write_text(yaml.safe_dump([play]))
    return path


def meanwhile(hosts: Path, *arguments: str) -> Thing:
    """A task that is a whole run."""
    argv = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(hosts), "site.yml", *arguments]
    return {"name": "Meanwhile", "ansible.builtin.command": {"argv": argv, "chdir": str(ROOT)}}


ROLE = "/apis/rbac.authorization.k8s.io/v1/clusterroles/kubeflow-admin"


def newest(folder: Path) -> list[str]:
    parts: list[str] = json.loads((folder / "work/plan/plan.json").read_text())["parts"]
    return parts


def test_a_check_of_another_part_does_not_change_what_a_run_applies(cluster: Cluster, tmp_path: Path) -> None:
    hosts = inventory(tmp_path, "mine", kubeflow_kubeconfig=str(cluster.kubeconfig))
    site = site_with(meanwhile(hosts, "--check", "--tags", "kubeflow_namespace,render"), "Render", tmp_path)
    mine = {"kubeflow_annotations": {"example.com/run": secrets.token_hex(4)}}
    played = run_playbook("-i", hosts, site, "--tags", "kubeflow_roles", "-e", json.dumps(mine))
    assert played.returncode == 0, played.output
    # The folder shows what was rendered last; the run went on with its own.
    assert newest(tmp_path) == ["kubeflow_namespace"]
    role = cluster.get(ROLE)
    assert role
    assert role["metadata"]["annotations"].items() >= mine["kubeflow_annotations"].items()
    assert "1 of 1 parts ready" in played.words


def test_a_run_that_renders_nothing_stays_with_the_plan_that_it_began_with(cluster: Cluster, tmp_path: Path) -> None:
    hosts = inventory(tmp_path, "mine", kubeflow_kubeconfig=str(cluster.kubeconfig))
    mine = {"kubeflow_annotations": {"example.com/run": secrets.token_hex(4)}}
    assert run_playbook("-i", hosts, "site.yml", "--tags", "kubeflow_roles,render", "-e", json.dumps(mine)).returncode == 0
    site = site_with(meanwhile(hosts, "--tags", "kubeflow_namespace,render"), "Preflight", tmp_path)
    played = run_playbook("-i", hosts, site, "--tags", "kubeflow_roles,preflight,apply,ready")
    assert played.returncode == 0, played.output
    assert newest(tmp_path) == ["kubeflow_namespace"]
    role = cluster.get(ROLE)
    assert role
    assert role["metadata"]["annotations"].items() >= mine["kubeflow_annotations"].items()
