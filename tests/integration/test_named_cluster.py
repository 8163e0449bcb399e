# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A whole run works on the cluster that is named and no other, says which it is, and shows what it would do to it."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import Cluster, SpareCluster, inventory, run_playbook, token_of

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._inventory.applysets import HOME

PART = ["--tags", "kubeflow_roles"]


@pytest.fixture
def hosts(cluster: Cluster, tmp_path: Path) -> Path:
    return inventory(tmp_path, "mine", kubeflow_kubeconfig=str(cluster.kubeconfig))


def context_of(cluster: Cluster) -> str:
    return str(yaml.safe_load(cluster.kubeconfig.read_text())["current-context"])


def test_credentials_of_another_cluster_in_the_shell_change_nothing_there(cluster: Cluster, spare: SpareCluster, hosts: Path) -> None:
    token = token_of(spare, f"stranger-{secrets.token_hex(3)}", [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}])
    env = {"K8S_AUTH_HOST": spare.client.host, "K8S_AUTH_API_KEY": token, "K8S_AUTH_VERIFY_SSL": "False"}
    roles = "/apis/rbac.authorization.k8s.io/v1/clusterroles"

    def written() -> list[tuple[str, str]]:
        """Namespaces and ClusterRoles with their versions: other tests may have written some before."""
        found = [
            item["metadata"]
            for path in (f"/api/v1/namespaces?fieldSelector=metadata.name%3D{HOME}", roles)
            for item in spare.get(path)["items"]
        ]
        return [(item["name"], item["resourceVersion"]) for item in found]

    before = written()
    played = run_playbook("-i", hosts, "site.yml", "-e", "kubeflow_parts=kubeflow_roles", env=env)
    assert played.returncode == 0, played.output
    assert written() == before
    assert cluster.get(f"/api/v1/namespaces/{HOME}") is not None
    named = f"Cluster: {cluster.client.host} (context {context_of(cluster)}), Kubernetes 1.34.4"
    # At the beginning and in the report.
    assert played.words.count(named) == 2
    assert spare.client.host not in played.output and token not in played.output
    ignored = "ignored: K8S_AUTH_API_KEY, K8S_AUTH_HOST, K8S_AUTH_VERIFY_SSL (the cluster is named by kubeconfig"
    assert played.words.count(ignored) == 1, played.output


def test_the_environment_names_a_cluster_as_awx_does(cluster: Cluster, tmp_path: Path) -> None:
    """By a kubeconfig with a context for each host, and by host and token."""
    hosts = inventory(tmp_path, "mine", kubeflow_context=context_of(cluster))
    document = yaml.safe_load(cluster.kubeconfig.read_text())
    document["current-context"] = "another"
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(yaml.safe_dump(document))
    played = run_playbook("-i", hosts, "site.yml", *PART, "--check", env={"K8S_AUTH_KUBECONFIG": str(kubeconfig), "K8S_AUTH_CONTEXT": ""})
    assert played.returncode == 0, played.output
    assert f"Cluster: {cluster.client.host} (context {context_of(cluster)})" in played.words
    assert "Set in the environment" not in played.output

    token = token_of(cluster, f"awx-{secrets.token_hex(3)}", [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}])
    env = {"K8S_AUTH_HOST": cluster.client.host, "K8S_AUTH_API_KEY": token, "K8S_AUTH_VERIFY_SSL": "False"}
    refused = run_playbook("-i", hosts, "site.yml", *PART, "--check", env=env)
    assert refused.returncode == 2
    assert "context is given as an option, and no option names a cluster" in refused.words
    played = run_playbook("-i", inventory(tmp_path, "mine"), "site.yml", *PART, "--check", "-vvv", env=env)
    assert played.returncode == 0, played.output
    assert f"Cluster: {cluster.client.host}, Kubernetes 1.34.4, whose certificate is not checked" in played.words
    assert token not in played.output


def test_a_cluster_that_cannot_be_used_is_refused_before_anything_is_planned(cluster: Cluster, tmp_path: Path) -> None:
    kubeconfig = yaml.safe_load(cluster.kubeconfig.read_text())
    described = {"apiVersion": "client.authentication.k8s.io/v1", "command": "sh", "args": ["-c", "echo expired >&2; exit 3"]}
    kubeconfig["users"][0]["user"] = {"exec": described}
    (tmp_path / "expired").write_text(yaml.safe_dump(kubeconfig))
    wrong = {"missing": ("/nonexistent", "/nonexistent does not exist"), "expired": (f"{tmp_path}/expired", "It says: expired")}
    hosts = inventory(tmp_path, "mine")
    document = yaml.safe_load(hosts.read_text())
    document["kubeflow"]["hosts"] = {name: {"kubeflow_kubeconfig": path} for name, (path, _words) in wrong.items()}
    hosts.write_text(yaml.safe_dump(document))
    played = run_playbook("-i", hosts, "site.yml")
    assert played.returncode == 2
    for _path, words in wrong.values():
        assert words in played.words
    assert "Ask the cluster who it is" in played.output
    assert "kubeflow_roles" not in played.output and "Render the plan" not in played.output
    assert not (tmp_path / "work").exists()


def test_a_plan_needs_no_cluster(tmp_path: Path) -> None:
    for tag in ("render", "release"):
        played = run_playbook("-i", inventory(tmp_path, "mine", kubeflow_parts=["kubeflow_roles"]), "site.yml", "--tags", tag)
        assert played.returncode == 0, played.output
        assert "Kubeflow 26.03: 1 part asked for (kubeflow_roles)" in played.words
        assert "Cluster: " not in played.output


def objects_of(folder: Path) -> list[dict[str, Any]]:
    return [item for path in (folder / "work/plan").glob("*/objects.json") for item in json.loads(path.read_text())]


def test_a_conflict_in_check_mode_still_shows_the_diff_and_the_report_and_who_holds_the_field(
    cluster: Cluster, hosts: Path, tmp_path: Path
) -> None:
    assert run_playbook("-i", hosts, "site.yml", *PART).returncode == 0
    held, drifted = [item for item in objects_of(tmp_path) if item["kind"] == "ClusterRole" and item.get("rules")][:2]
    collection = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
    rule = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}
    cluster.patch(f"{collection}/{held['metadata']['name']}", {"rules": [rule]}, manager="admin-by-hand")
    cluster.delete(f"{collection}/{drifted['metadata']['name']}")
    played = run_playbook("-i", hosts, "site.yml", *PART, "--check", "--diff")
    assert played.returncode == 2
    # The diff of what would be changed.
    assert f"+ ClusterRole {drifted['metadata']['name']}" in played.output
    # The report, and all of it.
    assert "1 created, 0 changed" in played.words and "1 refused" in played.words
    assert f"Cluster: {cluster.client.host}" in played.words
    # And then who holds what.
    assert "1 objects would not be applied: " in played.words.split("TASK [", 1)[-1]
    assert f"ClusterRole {held['metadata']['name']} (part kubeflow_roles): " in played.words
    assert "Fields are held by admin-by-hand; to take them over set kubeflow_force_conflicts: true" in played.words
    assert played.words.index("1 refused") < played.words.index("Fields are held by admin-by-hand")
    assert cluster.get(f"{collection}/{drifted['metadata']['name']}") is None
    # Without the report's phase too, it is no success.
    assert run_playbook("-i", hosts, "site.yml", "--tags", "kubeflow_roles,preflight,render,apply", "--check").returncode == 2
    assert run_playbook("-i", hosts, "site.yml", *PART, "-e", "kubeflow_force_conflicts=true").returncode == 0
