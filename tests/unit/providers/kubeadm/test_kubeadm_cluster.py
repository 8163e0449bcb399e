# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the controller has of a cluster of kubeadm; the API server's answers are played."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.http import ApiError
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.kubeadm import cluster as cluster_module
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.kubeadm.cluster import Cluster, KubeadmError, addressed

READY = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}
DEFAULT = {"metadata": {"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}}


def admin(server: str = "https://10.0.0.5:6443", name: str = "try") -> str:
    return yaml.safe_dump(
        {
            "clusters": [{"name": name, "cluster": {"server": server, "certificate-authority-data": "eA=="}}],
            "contexts": [{"name": f"kubernetes-admin@{name}", "context": {"cluster": name, "user": "kubernetes-admin"}}],
            "users": [{"name": "kubernetes-admin", "user": {"token": "secret"}}],
            "current-context": f"kubernetes-admin@{name}",
        }
    )


class Api:
    """Answers by path; a list is of answers one after the other."""

    host = "https://10.0.0.5:6443"

    def __init__(self) -> None:
        self.nodes: list[Any] = [[READY]]
        self.classes: list[Any] = [DEFAULT]

    def get(self, path: str, **_: Any) -> dict[str, Any]:
        if path == "/api/v1/nodes":
            answer = self.nodes.pop(0) if len(self.nodes) > 1 else self.nodes[0]
            if isinstance(answer, Exception):
                raise answer
            return {"items": answer}
        return {"items": self.classes}


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    played = Api()
    monkeypatch.setattr(cluster_module, "connect", lambda *_arguments: played)
    monkeypatch.setattr(cluster_module, "server_of", lambda _kubeconfig: played.host)
    return played


@pytest.fixture
def kubeconfig(tmp_path: Path) -> Path:
    return tmp_path / "try/kubeconfig"


def test_the_kubeconfig_is_written_once_for_its_owner_alone(api: Api, tmp_path: Path, kubeconfig: Path) -> None:
    cluster = Cluster(tmp_path, "try")
    # The API server is away at first, then the node is not ready.
    api.nodes = [ApiError(0, "connection refused"), [{"status": {}}], [READY]]
    first = cluster.present(kubeconfig, admin(), "192.0.2.11", 30)
    assert first.changes == [f"{kubeconfig} is missing, open to others, or differs"]
    assert yaml.safe_load(kubeconfig.read_text()) == yaml.safe_load(admin("https://192.0.2.11:6443"))
    assert kubeconfig.stat().st_mode & 0o777 == 0o600
    assert cluster.present(kubeconfig, admin(), "192.0.2.11", 30).changes == []
    kubeconfig.chmod(0o644)
    assert cluster.present(kubeconfig, admin(), "192.0.2.11", 30, check=True).changes
    assert kubeconfig.stat().st_mode & 0o777 == 0o644


def test_in_check_mode_nothing_is_asked_of_a_cluster_that_is_not_there(tmp_path: Path, kubeconfig: Path) -> None:
    assert Cluster(tmp_path, "try").present(kubeconfig, "", "", 30, check=True).changes == [f"{kubeconfig} is missing"]
    assert not kubeconfig.parent.exists()


def test_a_kubeconfig_of_something_else_is_neither_overwritten_nor_removed(api: Api, tmp_path: Path, kubeconfig: Path) -> None:
    kubeconfig.parent.mkdir()
    kubeconfig.write_text(admin(name="other"))
    with pytest.raises(KubeadmError, match="names something else"):
        Cluster(tmp_path, "try").present(kubeconfig, admin(), "", 30)
    assert Cluster(tmp_path, "try").absent(kubeconfig).changes == []
    assert kubeconfig.exists()
    assert Cluster(tmp_path, "other").absent(kubeconfig, check=True).changes == [f"{kubeconfig} exists"]
    assert kubeconfig.exists()
    Cluster(tmp_path, "other").absent(kubeconfig)
    assert not kubeconfig.exists()


def test_what_is_not_ready_in_time_is_said(api: Api, tmp_path: Path, kubeconfig: Path) -> None:
    api.nodes = [[{"status": {}}]]
    with pytest.raises(KubeadmError, match=r"https://10\.0\.0\.5:6443: gave up after 0 s: 0 of 1 nodes are ready"):
        Cluster(tmp_path, "try").present(kubeconfig, admin(), "", 0.2)


def test_a_cluster_without_a_default_class_is_refused(api: Api, tmp_path: Path, kubeconfig: Path) -> None:
    api.classes = [{"metadata": {}}]
    with pytest.raises(KubeadmError, match="no default StorageClass"):
        Cluster(tmp_path, "try").present(kubeconfig, admin(), "", 30)


@pytest.mark.parametrize(
    ("server", "address", "wanted"),
    [
        ("https://10.0.0.5:6443", "", "https://10.0.0.5:6443"),
        ("https://10.0.0.5:6443", "node1.example.com", "https://node1.example.com:6443"),
        ("https://10.0.0.5:6443", "2001:db8::1", "https://[2001:db8::1]:6443"),
        ("https://[2001:db8::5]:6443", "192.0.2.11", "https://192.0.2.11:6443"),
        # No group of a regular expression.
        ("https://10.0.0.5:6443", r"\1", r"https://\1:6443"),
    ],
)
def test_only_the_host_of_the_server_is_replaced(server: str, address: str, wanted: str) -> None:
    assert yaml.safe_load(addressed(admin(server), address)) == yaml.safe_load(admin(wanted))


@pytest.mark.parametrize("content", ["", "- a", "clusters: []", "a: {", "clusters: [{name: x}]"])
def test_what_is_no_kubeconfig_is_refused(content: str) -> None:
    with pytest.raises(KubeadmError, match="no kubeconfig with one cluster"):
        addressed(content, "192.0.2.11")
