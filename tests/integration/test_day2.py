# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Playbooks of the days after an install: status and dashboard, as make status and make dashboard run them."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import RELEASES, Cluster, inventory, run_playbook, token_of
from request_way import read, way_of

PART = "kubeflow_roles"


def on(cluster: Cluster, folder: Path, **variables: Any) -> Path:
    """An inventory that names the cluster, and not who has made it."""
    return inventory(folder, "named", kubeflow_parts=[PART], kubeflow_kubeconfig=str(cluster.kubeconfig), **variables)


def role_objects(cluster: Cluster, plan: Path) -> list[str]:
    """Paths of the ClusterRoles that the part brings."""
    objects = json.loads((plan / PART / "objects.json").read_text())
    return [f"/apis/rbac.authorization.k8s.io/v1/clusterroles/{item['metadata']['name']}" for item in objects]


def test_status_tells_what_is_ready_and_changes_nothing(spare: Cluster, tmp_path: Path) -> None:
    hosts = on(spare, tmp_path)
    unknown = run_playbook("-i", hosts, "playbooks/status.yml")
    assert unknown.returncode != 0
    assert "Render it first: --tags render" in unknown.words

    assert run_playbook("-i", hosts, "site.yml", "--tags", "render").returncode == 0
    before = run_playbook("-i", hosts, "playbooks/status.yml")
    assert before.returncode != 0
    assert "Kubeflow 26.03: 0 of 1 parts are ready kubeflow_roles not installed" in before.words
    assert "Not ready: kubeflow_roles" in before.words
    paths = role_objects(spare, tmp_path / "work/plan")
    assert [path for path in paths if spare.get(path)] == []

    assert run_playbook("-i", hosts, "site.yml").returncode == 0
    try:
        after = run_playbook("-i", hosts, "playbooks/status.yml")
        assert after.returncode == 0, after.output
        assert "Kubeflow 26.03: 1 of 1 parts are ready kubeflow_roles ready" in after.words
        assert after.recap["changed"] == 0

        spare.delete(paths[0])
        partly = run_playbook("-i", hosts, "playbooks/status.yml")
        assert partly.returncode != 0
        assert f"1 of {len(paths)} objects not ready ClusterRole {paths[0].rpartition('/')[2]}: is not there" in partly.words
        assert spare.get(paths[0]) is None
    finally:
        # Not one by one: the controller of aggregated ClusterRoles would make some of them anew.
        removed = run_playbook("-i", hosts, "playbooks/uninstall.yml")
    assert removed.returncode == 0, removed.output
    assert [path for path in paths if spare.get(path)] == []


def test_status_says_that_there_is_no_embedded_cluster(tmp_path: Path) -> None:
    hosts = inventory(tmp_path, "none", kubeflow_cluster_provider="kwok", kubeflow_kubeconfig=str(tmp_path / "kubeconfig"))
    played = run_playbook("-i", hosts, "playbooks/status.yml", env={"XDG_STATE_HOME": str(tmp_path / "state")})
    assert played.returncode != 0
    assert 'There is no embedded cluster. It is made by "make kubeflow"' in played.words


def test_the_embedded_cluster_has_no_dashboard_and_nobody_waits_for_it(tmp_path: Path) -> None:
    hosts = inventory(tmp_path, "none", kubeflow_cluster_provider="kwok", kubeflow_kubeconfig=str(tmp_path / "kubeconfig"))
    played = run_playbook("-i", hosts, "playbooks/dashboard.yml", seconds=60)
    assert played.returncode != 0
    assert "No container runs on the embedded cluster, so there is no dashboard to open." in played.words


def test_the_dashboard_is_a_port_forward_to_the_gateway(cluster: Cluster, tmp_path: Path) -> None:
    """As far as kubectl gets without a gateway; address and login are said before."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    played = run_playbook("-i", on(cluster, tmp_path), "playbooks/dashboard.yml", "-e", f"dashboard_port={port}", seconds=120)
    assert (
        f"The dashboard is open until Ctrl-C on http://localhost:{port}, user user@example.com with upstream's default password 12341234"
        in played.words
    )
    assert f"port-forward - service/istio-ingressgateway - {port}:80" in played.words
    assert 'services "istio-ingressgateway" not found' in played.words or 'namespaces "istio-system" not found' in played.words
    assert played.returncode != 0


def test_the_dashboards_login_is_nobodys_who_chose_their_own(cluster: Cluster, tmp_path: Path) -> None:
    hosts = on(cluster, tmp_path, kubeflow_settings={"dex_enable_password_db": False})
    played = run_playbook("-i", hosts, "playbooks/dashboard.yml", "-e", "kubeflow_parts=dex", seconds=120)
    assert "The dashboard is open until Ctrl-C on http://localhost:8080 " in played.words
    assert "12341234" not in played.output


def test_the_dashboard_needs_a_kubeconfig_and_puts_no_token_into_a_command_line(cluster: Cluster, tmp_path: Path) -> None:
    server = yaml.safe_load(cluster.kubeconfig.read_text())["clusters"][0]["cluster"]["server"]
    token = token_of(cluster, "dashboard", [])
    named = {"K8S_AUTH_HOST": server, "K8S_AUTH_API_KEY": token, "K8S_AUTH_VERIFY_SSL": "false"}
    hosts = inventory(tmp_path, "named", kubeflow_parts=[PART])
    played = run_playbook("-i", hosts, "playbooks/dashboard.yml", env=named, seconds=120)
    assert played.returncode != 0
    assert f"The cluster {server} is named without a kubeconfig" in played.words
    assert token not in played.output


@pytest.mark.parametrize("release", RELEASES)
def test_the_picture_of_a_requests_way_is_what_the_release_renders(release: str, tmp_path: Path) -> None:
    hosts = inventory(tmp_path, "rendered", kubeflow_release=release)
    played = run_playbook("-i", hosts, "site.yml", "--tags", "render")
    assert played.returncode == 0, played.output
    plan = tmp_path / "work/plan"
    parts = {path.parent.name: json.loads(path.read_text()) for path in plan.glob("*/objects.json")}
    assert way_of(parts) == read()[release]
