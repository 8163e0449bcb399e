# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Clusters of minikube, which is played: its answers have the form of cmd/minikube/cmd/config/profile_list.go."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.process import Ran
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.minikube import cluster as cluster_module
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.minikube.cluster import Cluster, MinikubeError, Wanted
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.outcome import flag_text

KUBECONFIG = json.dumps({"contexts": [{"name": "try"}]})


class Minikube:
    def __init__(self) -> None:
        self.profiles: dict[str, dict[str, Any]] = {"other": self.entry("other", "v1.30.0", 2)}
        self.asked: list[list[str]] = []
        self.kubeconfigs: list[str | None] = []
        self.refuses: dict[str, Ran | Exception] = {}

    @staticmethod
    def entry(name: str, version: str, nodes: int, status: str = "OK") -> dict[str, Any]:
        return {"Name": name, "Status": status, "Config": {"KubernetesConfig": {"KubernetesVersion": version}, "Nodes": [{}] * nodes}}

    def __call__(
        self, command: Sequence[str], *, timeout: float, folder: Path | None = None, environment: Mapping[str, str | None] | None = None
    ) -> Ran:
        self.asked.append(list(command))
        self.kubeconfigs.append((environment or {})["KUBECONFIG"])
        assert command[-1] == "--profile=try"
        answer = self.refuses.get(command[1])
        if isinstance(answer, Exception):
            raise answer
        if answer is not None:
            return answer
        match command[1]:
            case "profile":
                return Ran(0, json.dumps({"valid": list(self.profiles.values()), "invalid": []}).encode())
            case "start":
                options = dict(part.removeprefix("--").split("=", 1) for part in command if "=" in part)
                self.profiles["try"] = self.entry("try", options["kubernetes-version"], int(options["nodes"]))
                Path(str((environment or {})["KUBECONFIG"])).write_text(KUBECONFIG)
                return Ran(0)
            case "delete":
                self.profiles.pop("try", None)
                return Ran(0)
        raise AssertionError(command)

    @property
    def changes(self) -> list[str]:
        return [command[1] for command in self.asked if command[1] != "profile"]


@pytest.fixture
def minikube() -> Minikube:
    return Minikube()


@pytest.fixture
def cluster(minikube: Minikube, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(cluster_module, "server_of", lambda _kubeconfig: "https://127.0.0.1:1")
    return Cluster(tmp_path, "try", "/bin/minikube", minikube)


@pytest.fixture
def kubeconfig(tmp_path: Path) -> Path:
    return tmp_path / "try/kubeconfig"


def test_it_is_made_once_with_a_kubeconfig_of_its_own(cluster: Cluster, minikube: Minikube, kubeconfig: Path) -> None:
    wanted = Wanted("1.34.4", kubeconfig, driver="docker", nodes=2, cpus="8", memory="16g", apiserver_flags={"v": "4"})
    assert cluster.present(wanted, 60, check=True).changes == ["Kubernetes 1.34.4 with 2 nodes"]
    assert not minikube.changes
    made = cluster.present(wanted, 60)
    assert (made.changes, made.server) == (["Kubernetes 1.34.4 with 2 nodes"], "https://127.0.0.1:1")
    assert minikube.asked[-1] == [
        *("/bin/minikube", "start", "--interactive=false", "--embed-certs", "--kubernetes-version=v1.34.4", "--nodes=2"),
        *("--driver=docker", "--cpus=8", "--memory=16g", "--extra-config=apiserver.v=4", "--profile=try"),
    ]
    assert minikube.kubeconfigs[-1] == str(kubeconfig)
    assert kubeconfig.stat().st_mode & 0o777 == 0o600
    minikube.asked.clear()
    assert cluster.present(wanted, 60).changes == []
    assert not minikube.changes


def test_what_does_not_run_is_started_and_a_lost_kubeconfig_written(cluster: Cluster, minikube: Minikube, kubeconfig: Path) -> None:
    wanted = Wanted("1.34.4", kubeconfig)
    cluster.present(wanted, 60)
    minikube.profiles["try"]["Status"] = "Stopped"
    assert cluster.present(wanted, 60).changes == ["it does not run"]
    kubeconfig.unlink()
    assert cluster.present(wanted, 60).changes == [f"{kubeconfig} is missing, open to others, or differs"]
    assert kubeconfig.read_text() == KUBECONFIG
    assert cluster.present(wanted, 60).changes == []


@pytest.mark.parametrize(
    ("other", "words"),
    [({"version": "1.33.1"}, "with Kubernetes 1.34.4, not 1.33.1: remove it first"), ({"nodes": 3}, "has 1 nodes, not 3: remove it first")],
)
def test_another_cluster_of_the_name_is_refused(cluster: Cluster, kubeconfig: Path, other: dict[str, Any], words: str) -> None:
    cluster.present(Wanted("1.34.4", kubeconfig), 60)
    with pytest.raises(MinikubeError, match=words):
        cluster.present(Wanted(**{"version": "1.34.4", "kubeconfig": kubeconfig, **other}), 60)


def test_it_is_removed_and_no_other(cluster: Cluster, minikube: Minikube, kubeconfig: Path) -> None:
    assert cluster.absent(kubeconfig, 60).changes == []
    cluster.present(Wanted("1.34.4", kubeconfig), 60)
    assert len(cluster.absent(kubeconfig, 60, check=True).changes) == 2
    assert cluster.absent(kubeconfig, 60).changes == ["profile try", f"{kubeconfig} exists"]
    assert list(minikube.profiles) == ["other"]
    assert not kubeconfig.exists()


def test_somebody_elses_kubeconfig_is_left_alone(cluster: Cluster, minikube: Minikube, kubeconfig: Path) -> None:
    kubeconfig.parent.mkdir()
    kubeconfig.write_text("contexts: [{name: production}]")
    with pytest.raises(MinikubeError, match="names something else than minikube's cluster try"):
        cluster.present(Wanted("1.34.4", kubeconfig), 60)
    minikube.profiles["try"] = minikube.entry("try", "v1.34.4", 1)
    cluster.absent(kubeconfig, 60)
    assert minikube.kubeconfigs[-1] == "/dev/null"
    assert "production" in kubeconfig.read_text()


@pytest.mark.parametrize(
    ("command", "answer", "words"),
    [
        (
            "profile",
            FileNotFoundError(2, "No such file or directory"),
            "/bin/minikube cannot be run: No such file or directory. Install minikube",
        ),
        ("profile", Ran(0, b'{"error": {"Op": "open"}}'), "minikube profile list: {'Op': 'open'}"),
        ("profile", Ran(0, b"* no json"), "says what is no list of profiles: * no json"),
        ("start", Ran(69, b"X Exiting due to PROVIDER_DOCKER_NOT_RUNNING"), "minikube start of cluster try: exit status 69\nX Exiting"),
        ("start", subprocess.TimeoutExpired("minikube", 60), "no end after 60 s"),
    ],
)
def test_what_fails_is_said(
    cluster: Cluster, minikube: Minikube, kubeconfig: Path, command: str, answer: Ran | Exception, words: str
) -> None:
    minikube.refuses[command] = answer
    with pytest.raises(MinikubeError) as caught:
        cluster.present(Wanted("1.34.4", kubeconfig), 60)
    assert words in str(caught.value)


@pytest.mark.parametrize("name", ["", "a", "-ab", "a_b", "a/b"])
def test_names_that_no_profile_may_have(tmp_path: Path, minikube: Minikube, name: str) -> None:
    with pytest.raises(MinikubeError, match="Cluster name"):
        Cluster(tmp_path, name, "minikube", minikube)


def test_values_of_flags_are_as_programs_read_them() -> None:
    assert [flag_text(value) for value in (True, 4, "a")] == ["true", "4", "a"]
