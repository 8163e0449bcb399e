# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Clusters of kind, with what the engine and kind answer played; Molecule's scenario kind has real ones."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.process import Ran
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.kind import cluster as cluster_module
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.kind.cluster import Cluster, Wanted
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.kind.configuration import Mount, Shape
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.kind.engine import Engine, KindError

KUBECONFIG = json.dumps({"contexts": [{"name": "kind-try"}], "clusters": []})


class Machine:
    """An engine with kind on it: node containers by name, whether each runs, and images."""

    def __init__(self, images: Sequence[str] = ()) -> None:
        self.nodes: dict[str, bool] = {}
        self.images = list(images)
        self.version = "v1.34.0"
        self.asked: list[list[str]] = []
        self.refuses: dict[str, Ran | Exception] = {}

    def __call__(
        self, command: Sequence[str], *, timeout: float, folder: Path | None = None, environment: Mapping[str, str | None] | None = None
    ) -> Ran:
        self.asked.append(list(command))
        words = " ".join(command)
        for part, answer in self.refuses.items():
            if part in words:
                if isinstance(answer, Exception):
                    raise answer
                return answer
        match command[1:]:
            case ["info"] | ["start", *_]:
                if command[1] == "start":
                    self.nodes.update(dict.fromkeys(command[2:], True))
                return Ran(0)
            case ["image", "inspect", image]:
                return Ran(0 if image in self.images else 1)
            case ["ps", *_]:
                return Ran(0, "".join(f"{name}\t{'running' if runs else 'exited'}\n" for name, runs in self.nodes.items()).encode())
            case ["exec", _node, "cat", "/kind/version"]:
                return Ran(0, f"{self.version}\n".encode())
            case ["create", "cluster", *rest]:
                self.image = rest[rest.index("--image") + 1]
                shape = json.loads(Path(rest[rest.index("--config") + 1]).read_text())
                self.nodes = {f"try-{number}": True for number, _node in enumerate(shape["nodes"])}
                return Ran(0)
            case ["get", "kubeconfig", *_]:
                return Ran(0, KUBECONFIG.encode())
            case ["delete", "cluster", *_]:
                self.nodes = {}
                return Ran(0)
        raise AssertionError(words)


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def cluster(machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(Cluster, "_await", lambda *_arguments: None)
    monkeypatch.setattr(cluster_module, "server_of", lambda _kubeconfig: "https://127.0.0.1:1")
    yield Cluster(tmp_path / "state", "try", Engine("docker", "/bin/kind", machine))


@pytest.fixture
def kubeconfig(tmp_path: Path) -> Path:
    return tmp_path / "kubeconfig"


def wanted(kubeconfig: Path, version: str = "1.34.4", images: Sequence[str] = ("kindest/node:v1.34.4", "pulled"), **shape: Any) -> Wanted:
    return Wanted(version, images, Shape(**shape), kubeconfig)


def test_it_is_made_once(cluster: Cluster, machine: Machine, kubeconfig: Path) -> None:
    made = cluster.present(wanted(kubeconfig, workers=1), 60)
    assert made.changes == ["Kubernetes 1.34.4 with 2 nodes"]
    assert made.nodes == ["try-0", "try-1"]
    assert machine.image == "pulled"
    assert kubeconfig.read_text() == KUBECONFIG
    assert kubeconfig.stat().st_mode & 0o777 == 0o600
    machine.asked.clear()
    assert cluster.present(wanted(kubeconfig, workers=1), 60).changes == []
    assert not [command for command in machine.asked if command[1] in ("create", "start", "delete")]


def test_an_image_that_the_engine_has_is_not_pulled(cluster: Cluster, machine: Machine, kubeconfig: Path) -> None:
    machine.images.append("kindest/node:v1.34.4")
    cluster.present(wanted(kubeconfig), 60)
    assert machine.image == "kindest/node:v1.34.4"


def test_nodes_that_have_ended_are_started(cluster: Cluster, machine: Machine, kubeconfig: Path) -> None:
    cluster.present(wanted(kubeconfig), 60)
    machine.nodes["try-0"] = False
    assert cluster.present(wanted(kubeconfig), 60, check=True).changes == ["node try-0 does not run"]
    assert machine.nodes == {"try-0": False}
    assert cluster.present(wanted(kubeconfig), 60).changes == ["node try-0 does not run"]
    assert machine.nodes == {"try-0": True}


@pytest.mark.parametrize("damage", ["missing", "open", "other"])
def test_its_kubeconfig_is_written_again(cluster: Cluster, kubeconfig: Path, damage: str) -> None:
    cluster.present(wanted(kubeconfig), 60)
    match damage:
        case "missing":
            kubeconfig.unlink()
        case "open":
            kubeconfig.chmod(0o644)
        case "other":
            kubeconfig.write_text(KUBECONFIG + "\n")
    (change,) = cluster.present(wanted(kubeconfig), 60).changes
    assert change == f"{kubeconfig} is missing, open to others, or differs"
    assert kubeconfig.read_text() == KUBECONFIG
    assert kubeconfig.stat().st_mode & 0o777 == 0o600


def test_somebody_elses_kubeconfig_is_neither_overwritten_nor_removed(cluster: Cluster, machine: Machine, kubeconfig: Path) -> None:
    kubeconfig.write_text("contexts: [{name: production}]")
    with pytest.raises(KindError, match="names something else than kind's cluster try: it is not overwritten"):
        cluster.present(wanted(kubeconfig), 60)
    assert not machine.nodes
    cluster.absent(kubeconfig, 60)
    assert "production" in kubeconfig.read_text()


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"version": "1.33.1"}, "exists with Kubernetes 1.34.0, not 1.33.1: remove it first"),
        ({"workers": 2}, "has 1 nodes, not 3, and kind cannot change that: remove it first"),
    ],
)
def test_another_cluster_of_the_name_is_refused(cluster: Cluster, kubeconfig: Path, other: dict[str, Any], words: str) -> None:
    cluster.present(wanted(kubeconfig), 60)
    with pytest.raises(KindError, match=words):
        cluster.present(wanted(kubeconfig, **other), 60)


SETTINGS: dict[str, Any] = {
    "workers": 1,
    "apiserver_flags": {"v": "2"},
    "registry_mirrors": {"docker.io": ["http://a"], "ghcr.io": ["http://b"]},
    "mounts": [Mount("/data", "/data")],
    "kubeadm_patches": [{"kind": "KubeletConfiguration", "maxPods": 200}],
}


@pytest.mark.parametrize(
    "other",
    [
        {"apiserver_flags": {"v": "3"}},
        {"registry_mirrors": {}},
        {"registry_mirrors": {"docker.io": ["http://a"]}},
        {"registry_mirrors": {"docker.io": ["http://c"], "ghcr.io": ["http://b"]}},
        {"mounts": [Mount("/data", "/data", read_only=True)]},
        {"kubeadm_patches": []},
        {"control_planes": 2, "workers": 0},
    ],
)
def test_settings_that_do_not_matter_any_more_are_said(cluster: Cluster, kubeconfig: Path, tmp_path: Path, other: dict[str, Any]) -> None:
    assert cluster.present(wanted(kubeconfig, **SETTINGS), 60).warnings == []
    assert cluster.present(wanted(kubeconfig, **SETTINGS), 60).warnings == []
    for check in (True, False):
        found = cluster.present(wanted(kubeconfig, **{**SETTINGS, **other}), 60, check=check)
        (warning,) = found.warnings
        assert "Cluster try was made with other settings" in warning and f"compare {tmp_path}/state/try/kind/cluster.json" in warning
        assert found.changes == []


def test_a_cluster_of_which_nothing_is_kept_is_not_warned_of(cluster: Cluster, kubeconfig: Path, tmp_path: Path) -> None:
    cluster.present(wanted(kubeconfig), 60)
    (tmp_path / "state/try/kind/cluster.json").write_text("{")
    assert cluster.present(wanted(kubeconfig, **{**SETTINGS, "workers": 0}), 60).warnings == []
    shutil.rmtree(tmp_path / "state/try/kind")
    assert cluster.present(wanted(kubeconfig, **{**SETTINGS, "workers": 0}), 60).warnings == []


def test_mirrors_of_a_cluster_that_was_removed_by_hand_are_not_the_next_ones(
    cluster: Cluster, machine: Machine, kubeconfig: Path, tmp_path: Path
) -> None:
    cluster.present(wanted(kubeconfig, **SETTINGS), 60)
    machine.nodes = {}
    less = {**SETTINGS, "registry_mirrors": {"docker.io": ["http://a"]}}
    cluster.present(wanted(kubeconfig, **less), 60)
    assert [path.name for path in (tmp_path / "state/try/kind/certs.d").iterdir()] == ["docker.io"]
    assert cluster.present(wanted(kubeconfig, **less), 60).warnings == []


def test_it_is_removed_with_its_files(cluster: Cluster, machine: Machine, kubeconfig: Path, tmp_path: Path) -> None:
    assert cluster.absent(kubeconfig, 60).changes == []
    cluster.present(wanted(kubeconfig), 60)
    assert len(cluster.absent(kubeconfig, 60, check=True).changes) == 3
    assert machine.nodes
    assert cluster.absent(kubeconfig, 60).changes[0] == "node try-0"
    assert not machine.nodes
    assert not kubeconfig.exists()
    assert not (tmp_path / "state/try").exists()


@pytest.mark.parametrize(
    ("part", "answer", "words"),
    [
        (
            "docker info",
            FileNotFoundError(2, "No such file or directory"),
            "docker cannot be run: No such file or directory. Nodes of kind are",
        ),
        (
            "docker info",
            Ran(1, stderr=b"a\nCannot connect to the Docker daemon"),
            "by this user: Cannot connect to the Docker daemon. Start",
        ),
        ("docker info", subprocess.TimeoutExpired("docker", 60), "docker info has no answer within 60 s"),
        ("docker ps", Ran(1, stderr=b"broken"), "docker ps failed: broken"),
        ("docker ps", subprocess.TimeoutExpired("docker", 60), "docker ps failed: no end after 60 s"),
        (
            "create cluster",
            Ran(1, stderr=b"ERROR: failed to create cluster"),
            "try cannot be made of pulled: kind create cluster: exit status 1\n",
        ),
        ("create cluster", subprocess.TimeoutExpired("kind", 60), "no end after 60 s"),
        ("create cluster", FileNotFoundError(2, "No such file or directory"), "/bin/kind: No such file or directory"),
        ("get kubeconfig", Ran(1, stderr=b"unknown cluster"), "kind get kubeconfig --name try: unknown cluster"),
    ],
)
def test_what_fails_is_said(cluster: Cluster, machine: Machine, kubeconfig: Path, part: str, answer: Ran | Exception, words: str) -> None:
    machine.refuses[part] = answer
    with pytest.raises(KindError) as caught:
        cluster.present(wanted(kubeconfig), 60)
    assert words in str(caught.value)


@pytest.mark.parametrize("name", ["", "A", "a_b", "-a", "a-", "a" * 51, "a/b"])
def test_names_that_no_container_may_have(tmp_path: Path, machine: Machine, name: str) -> None:
    with pytest.raises(KindError, match="Cluster name"):
        Cluster(tmp_path, name, Engine("docker", "kind", machine))


def test_kind_never_writes_into_the_users_kubeconfig(cluster: Cluster, machine: Machine, kubeconfig: Path) -> None:
    cluster.present(wanted(kubeconfig), 60)
    cluster.absent(kubeconfig, 60)
    commands = [command for command in machine.asked if command[0] == "/bin/kind" and command[1] in ("create", "delete")]
    assert len(commands) == 2
    assert all("--kubeconfig" in command for command in commands)
