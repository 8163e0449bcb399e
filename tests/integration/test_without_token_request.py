# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An embedded cluster of Kubernetes 1.19 whose API server lacks the flags of TokenRequest, and what it does to pods."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Cluster, embedded_cluster, inventory, run_playbook
from waiting import until

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.http import ApiError

VERSION = "1.19.16"
PODS = "/api/v1/namespaces/default/pods"
ACCOUNT = "/api/v1/namespaces/default/serviceaccounts/default"
# As Istio's injector writes it.
TOKEN_VOLUME = {
    "name": "istio-token",
    "projected": {"sources": [{"serviceAccountToken": {"path": "istio-token", "audience": "istio-ca", "expirationSeconds": 43200}}]},
}


def pod(name: str, *volumes: dict[str, Any]) -> dict[str, Any]:
    mounts = [{"name": volume["name"], "mountPath": f"/var/run/{volume['name']}"} for volume in volumes]
    return {
        "metadata": {"name": name},
        "spec": {"containers": [{"name": "main", "image": "a", "volumeMounts": mounts}], "volumes": list(volumes)},
    }


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Cluster, dict[str, str]]]:
    variables = {"kubeflow_cluster_kubernetes_version": VERSION, "cluster_kwok_token_request": False}
    with embedded_cluster(tmp_path_factory.mktemp("old"), f"pytest-{secrets.token_hex(4)}", **variables) as (kubeconfig, hosts, state):
        yield Cluster(kubeconfig, hosts), state


def test_it_is_that_version_and_gives_no_tokens(old: tuple[Cluster, dict[str, str]]) -> None:
    cluster, _state = old
    version = cluster.get("/version")
    assert version and version["gitVersion"] == f"v{VERSION}" and (version["major"], version["minor"]) == ("1", "19")
    served = {resource["name"] for resource in (cluster.get("/api/v1") or {})["resources"]}
    assert "serviceaccounts" in served and "serviceaccounts/token" not in served
    until(lambda: cluster.get(ACCOUNT))
    with pytest.raises(ApiError) as refused:
        cluster.create(f"{ACCOUNT}/token", {"spec": {"audiences": ["istio-ca"]}})
    assert refused.value.status == 404


def test_a_pod_with_a_token_waits_as_on_a_real_node_and_another_one_runs(old: tuple[Cluster, dict[str, str]]) -> None:
    cluster, _state = old
    until(lambda: (cluster.get(ACCOUNT) or {}).get("secrets"))
    cluster.create(PODS, pod("with-token", TOKEN_VOLUME))
    cluster.create(PODS, pod("without"))
    until(lambda: (cluster.get(f"{PODS}/without") or {}).get("status", {}).get("phase") == "Running")

    def mount_failed() -> list[str]:
        events = (cluster.get("/api/v1/namespaces/default/events") or {})["items"]
        return [event["message"] for event in events if (event["reason"], event["involvedObject"]["name"]) == ("FailedMount", "with-token")]

    assert until(mount_failed) == [
        'MountVolume.SetUp failed for volume "istio-token" : failed to fetch token: the API server does not have TokenRequest endpoints enabled'
    ]
    status = (cluster.get(f"{PODS}/with-token") or {})["status"]
    assert status["phase"] == "Pending" and "podIP" not in status
    assert [item["state"] for item in status["containerStatuses"]] == [{"waiting": {"reason": "ContainerCreating"}}]


def test_an_empty_text_is_none_but_no_null(old: tuple[Cluster, dict[str, str]]) -> None:
    """A validator of that time confuses them when a newer Go has built it, and the API server refuses what controllers write."""
    cluster, _state = old
    group, names = "example.com", {"plural": "notes", "singular": "note", "kind": "Note"}
    properties = {"spec": {"type": "object", "properties": {"text": {"type": "string"}}}}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object", "properties": properties}}}
    crd = {"metadata": {"name": f"notes.{group}"}, "spec": {"group": group, "names": names, "scope": "Cluster", "versions": [version]}}
    cluster.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crd)
    until(lambda: cluster.get(f"/apis/{group}/v1/notes"))
    note = {"apiVersion": f"{group}/v1", "kind": "Note", "metadata": {"name": "empty"}, "spec": {"text": ""}}
    assert cluster.create(f"/apis/{group}/v1/notes", note)["spec"] == {"text": ""}
    with pytest.raises(ApiError) as refused:
        cluster.create(f"/apis/{group}/v1/notes", {**note, "metadata": {"name": "number"}, "spec": {"text": 1}})
    assert refused.value.status == 422


def test_it_stays_without(old: tuple[Cluster, dict[str, str]]) -> None:
    cluster, state = old
    same = run_playbook("-i", cluster.hosts, "playbooks/cluster.yml", env=state)
    assert same.returncode == 0 and same.recap["changed"] == 0
    other = run_playbook("-i", cluster.hosts, "playbooks/cluster.yml", "-e", "cluster_kwok_token_request=true", env=state)
    assert other.returncode != 0
    assert "exists without TokenRequest, not with it: remove it first (state absent), or choose another name" in other.words


def test_a_newer_one_cannot_be_without_and_nothing_is_made(tmp_path: Path) -> None:
    kubeconfig = str(tmp_path / "kubeconfig")
    hosts = inventory(tmp_path, "never-made", kubeflow_cluster_provider="kwok", kubeflow_kubeconfig=kubeconfig)
    arguments = ("-e", "cluster_kwok_token_request=no", "-e", "kubeflow_cluster_kubernetes_version=v1.20.15")
    played = run_playbook("-i", hosts, "playbooks/cluster.yml", *arguments, env={"XDG_STATE_HOME": str(tmp_path / "state")})
    assert played.returncode != 0
    assert "cluster_kwok_token_request: false needs Kubernetes 1.19, and v1.20.15 is wanted" in played.words
    assert not (tmp_path / "state").exists()
