# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The embedded cluster's layout, settings and processes, without a cluster."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.process import Ran
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.kwok import layout as layout_module
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.kwok import pace, ports, processes, settings, stages
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.kwok.cluster import Cluster, Info, Wanted, digest_of
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.kwok.layout import KwokError, Layout
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.kwok.server import is_as_wanted
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.state import state_root

sys.path.insert(0, str(Path(__file__).parents[4] / "roles/cluster_kwok/files"))

from standins.pace import Pace as StandinsPace
from standins.pace import read

PORTS = {name: 20000 + number for number, name in enumerate(settings.PORTS)}


@pytest.mark.parametrize("name", ["", "../up", "a/b", "-a", "a" * 64, ".hidden"])
def test_names_that_would_leave_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(KwokError, match="Cluster name"):
        Layout(tmp_path, name)


def test_a_folder_that_kwokctl_cannot_work_in_is_refused() -> None:
    """It would take the path up to the space, and nobody would find its processes again."""
    with pytest.raises(KwokError, match="space"):
        Layout(Path("/home/jane doe/.local/state/mlplatform.kubeflow"), "a")


def test_state_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/s")
    assert state_root() == Path("/s/mlplatform.kubeflow")
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", "/h")
    assert state_root() == Path("/h/.local/state/mlplatform.kubeflow")


def test_the_socket_path_is_short(tmp_path: Path) -> None:
    assert Layout(Path("/s"), "a").socket == Path("/s/a/kwok/egress.sock")
    deep = Layout(Path("/" + "x" * 100), "a")
    assert len(os.fsencode(deep.socket)) < 100
    assert deep.socket != Layout(Path("/" + "x" * 100), "b").socket


def test_a_socket_folder_that_others_may_enter_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short = tmp_path / "short"
    monkeypatch.setattr(layout_module, "_short_folder", lambda: short)
    layout = Layout(Path("/" + "x" * 100), "a")
    layout.make_socket_folder()
    assert short.stat().st_mode & 0o777 == 0o700
    short.chmod(0o755)
    with pytest.raises(KwokError, match="only this user"):
        layout.make_socket_folder()


def test_ports_differ_from_those_taken() -> None:
    free = {30000, 30001, 30002}
    chosen = ports.choose(("a", "b"), {30001}, free.__contains__)
    assert set(chosen.values()) == {30000, 30002}
    with pytest.raises(OSError, match="no free port"):
        ports.choose(("a", "b", "c"), {30001}, free.__contains__)


def test_a_port_in_use_is_not_free() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert not ports.is_free(listener.getsockname()[1])


def test_kwokctl_is_told_everything(tmp_path: Path) -> None:
    binaries = {name: f"/bin/{name}" for name in settings.BINARIES}
    found = settings.kwokctl_configuration("1.34.3", binaries, PORTS, tmp_path / "egress")
    options = found["options"]
    assert options["kubeVersion"] == "v1.34.3"
    assert options["bindAddress"] == "127.0.0.1"
    assert {value for key, value in options.items() if key.endswith("Binary")} == {f"/bin/{name}" for name in settings.BINARIES[1:]}
    assert {value for key, value in options.items() if key.endswith("Port")} == set(PORTS.values())
    arguments = {entry["name"]: {extra["key"]: extra["value"] for extra in entry["extraArgs"]} for entry in found["componentsPatches"]}
    assert arguments["kube-apiserver"] == {
        "enable-aggregator-routing": "true",
        "egress-selector-config-file": str(tmp_path / "egress"),
        "service-cluster-ip-range": "10.96.0.0/16",
    }
    # The plain HTTP of old controllers would be one port for all clusters of the machine.
    assert "port" not in arguments["kube-scheduler"]
    old = settings.kwokctl_configuration("1.21.14", binaries, PORTS, tmp_path / "egress")
    patched = {entry["name"]: {"key": "port", "value": "0"} in entry["extraArgs"] for entry in old["componentsPatches"]}
    assert patched == {"kube-apiserver": False, "kube-controller-manager": True, "kube-scheduler": True, "etcd": False}
    # An older API server would let everybody in there.
    oldest = settings.kwokctl_configuration("1.19.16", binaries, PORTS, tmp_path / "egress")
    closed = [{"key": "insecure-port", "value": "0"} in found["componentsPatches"][0]["extraArgs"] for found in (oldest, old)]
    assert closed == [True, False]


def test_flags_of_token_request_are_emptied_where_they_may_be_missing(tmp_path: Path) -> None:
    binaries = {name: f"/bin/{name}" for name in settings.BINARIES}
    found = settings.kwokctl_configuration("1.19.16", binaries, PORTS, tmp_path / "egress", token_request=False)
    arguments = {entry["name"]: entry["extraArgs"] for entry in found["componentsPatches"]}
    emptied = [entry for entry in arguments.pop("kube-apiserver") if entry.get("override")]
    assert emptied == [
        {"key": "service-account-signing-key-file", "value": "", "override": True},
        {"key": "service-account-issuer", "value": "", "override": True},
    ]
    assert not any("override" in entry for entries in arguments.values() for entry in entries)
    assert [settings.can_lack_token_request(version) for version in ("1.18.20", "1.19.16", "1.20.0", "1.34.4")] == [
        True,
        True,
        False,
        False,
    ]


def test_a_kubernetes_that_needs_the_flags_is_not_made_without(tmp_path: Path) -> None:
    wanted = Wanted("1.20.15", 1, tmp_path / "kubeconfig", {}, tmp_path, sys.executable, token_request=False)
    with pytest.raises(KwokError, match=r"Kubernetes 1\.20\.15 cannot be without TokenRequest: .* take Kubernetes 1\.19"):
        Cluster(Layout(tmp_path, "never-made")).present(wanted, 1)


def test_kwok_plays_nodes_only() -> None:
    found = stages.stages()
    assert [stage["spec"]["resourceRef"]["kind"] for stage in found] == ["Node", "Node", "Pod"]
    # Were there none for pods, kwok would use its own.
    assert found[2]["spec"]["next"] == {} and found[2]["spec"]["selector"]["matchLabels"]
    assert len({stage["metadata"]["name"] for stage in found}) == 3


def test_pace(tmp_path: Path) -> None:
    wanted = pace.pace("2", {"b": 1, "a*": "0.5"}, "60")
    assert json.loads(wanted.content()) == {
        "pull_seconds": 2,
        "pull_seconds_by_image": {"a*": 0.5, "b": 1},
        "secret_refresh_seconds": 60,
    }
    assert str(wanted) == "images in 2 s (a*: 0.5 s, b: 1 s), changes of Secrets in 60 s"
    # What the stand-ins read is what was meant.
    (tmp_path / "pace.json").write_text(wanted.content())
    assert read(tmp_path / "pace.json") == StandinsPace(2, (("a*", 0.5), ("b", 1.0)), 60)
    assert pace.pace(0, {}, 0).content() == pace.Pace().content()


@pytest.mark.parametrize("given", [-1, "soon", True, None, "nan", "inf", []])
def test_a_time_that_is_none_is_refused(given: object) -> None:
    with pytest.raises(KwokError, match=r"Pull time of image: .* is no number of seconds: give 0 or more"):
        pace.pace(0, {"image": given}, 0)
    with pytest.raises(KwokError, match="Pull time: "):
        pace.pace(given, {}, 0)
    with pytest.raises(KwokError, match="Time until a changed Secret is seen: "):
        pace.pace(0, {}, given)


def test_processes_are_known_by_their_folder(tmp_path: Path) -> None:
    layout = Layout(tmp_path, "a")
    cluster = Cluster(layout)
    assert cluster.recognise([f"{layout.cluster}/bin/etcd", "--name=node0"]) == "etcd"
    assert cluster.recognise(["python", "-m", "standins", "--folder", str(layout.standins)]) == "standins"
    other = Layout(tmp_path, "b")
    assert cluster.recognise([f"{other.cluster}/bin/etcd"]) == ""
    assert cluster.recognise(["python", "-m", "standins", "--folder", str(other.standins)]) == ""
    assert cluster.recognise(["tail", "-f", f"{layout.cluster}/logs/etcd.log"]) == ""
    assert cluster.recognise([]) == ""


def test_only_the_recognised_process_is_ended() -> None:
    code = "import sys; print(1, flush=True); sys.stdin.read()"
    both = [
        subprocess.Popen([sys.executable, "-c", code, mark], stdin=subprocess.PIPE, stdout=subprocess.PIPE) for mark in ("mine", "other")
    ]
    for process in both:
        assert process.stdout is not None
        process.stdout.readline()
    mine, other = both

    def recognise(arguments: list[str]) -> str:
        return "it" if arguments and arguments[-1] == "mine" else ""

    assert processes.running(recognise) == {"it": [mine.pid]}
    # The other's number stands in a stale pid file, so to say.
    assert processes.end([mine.pid, other.pid, 2**22 - 1], recognise, 5) == []
    assert mine.wait(5) == -9
    assert other.poll() is None
    assert processes.running(recognise) == {}
    other.communicate(b"")


@pytest.mark.parametrize(
    ("content", "mine"),
    [
        (None, True),
        ("", True),
        (json.dumps({"contexts": [{"name": "kwok-a"}]}), True),
        (json.dumps({"contexts": [{"name": "kwok-a"}, {"name": "production"}]}), False),
        (json.dumps({"contexts": [{"name": "kwok-b"}]}), False),
        ("text", False),
        ("{", False),
    ],
)
def test_a_strangers_kubeconfig_is_kept(tmp_path: Path, content: str | None, mine: bool) -> None:
    path = tmp_path / "kubeconfig"
    if content is not None:
        path.write_text(content)
    cluster = Cluster(Layout(tmp_path / "root", "a"))
    wanted = Wanted("1.2.3", 1, path, dict.fromkeys(settings.BINARIES, sys.executable), tmp_path, sys.executable)
    (tmp_path / "x.py").write_text("")
    if mine:
        assert cluster.present(wanted, 1, check=True).changes == ["Kubernetes 1.2.3 with 1 nodes"]
    else:
        with pytest.raises(KwokError, match="not overwritten"):
            cluster.present(wanted, 1)
    outcome = cluster.absent(path)
    assert path.exists() is (not mine)
    assert bool(outcome.changes) is (mine and content is not None)


def test_a_missing_binary_is_named(tmp_path: Path) -> None:
    wanted = Wanted("1.2.3", 1, tmp_path / "k", {"kwokctl": sys.executable, "kwok": "/nowhere"}, tmp_path, sys.executable)
    with pytest.raises(KwokError, match="Binary kwok: /nowhere"):
        Cluster(Layout(tmp_path, "a")).present(wanted, 1)


def test_another_version_is_refused(tmp_path: Path) -> None:
    layout = Layout(tmp_path, "a")
    layout.folder.mkdir(parents=True)
    layout.record.write_text(json.dumps({"complete": True, "kubernetes_version": "1.1.1", "ports": PORTS}))
    (tmp_path / "x.py").write_text("")
    wanted = Wanted("1.2.3", 1, tmp_path / "k", dict.fromkeys(settings.BINARIES, sys.executable), tmp_path, sys.executable)
    with pytest.raises(KwokError, match=r"exists with Kubernetes 1\.1\.1, not 1\.2\.3: remove it first"):
        Cluster(layout).present(wanted, 1)


def test_a_failed_creation_says_why_and_is_cleared(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "root", "a")
    (tmp_path / "x.py").write_text("")
    wanted = Wanted("1.2.3", 1, layout.kubeconfig, dict.fromkeys(settings.BINARIES, sys.executable), tmp_path, sys.executable)
    seen: list[dict[str, str]] = []

    def fail(command: list[str], *, timeout: float, folder: Path | None = None, environment: dict[str, str]) -> Ran:
        seen.append(environment)
        return Ran(1, stderr=b"kwokctl says no")

    cluster = Cluster(layout, fail)
    with pytest.raises(KwokError, match="kwokctl says no"):
        cluster.present(wanted, 5)
    assert seen[0]["KWOK_WORKDIR"] == str(layout.workdir)
    assert Path(seen[0]["PATH"].split(os.pathsep)[0], "kubectl").exists()
    assert layout.folder.exists()
    assert cluster.absent(layout.kubeconfig).changes
    assert not layout.home.exists()
    assert cluster.absent(layout.kubeconfig).changes == []


def test_digest_follows_the_sources(tmp_path: Path) -> None:
    with pytest.raises(KwokError, match="no stand-ins"):
        digest_of(tmp_path)
    (tmp_path / "a.py").write_text("1")
    before = digest_of(tmp_path)
    (tmp_path / "a.py").write_text("2")
    assert digest_of(tmp_path) != before


def test_a_tainted_node_is_not_ready() -> None:
    node = {"metadata": {}, "spec": {}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}}
    assert is_as_wanted(node)
    assert not is_as_wanted({**node, "spec": {"taints": [{"key": "node.kubernetes.io/not-ready"}]}})
    assert not is_as_wanted({"metadata": {}, "spec": {}, "status": {}})


def test_what_there_is_of_a_cluster(tmp_path: Path) -> None:
    layout = Layout(tmp_path, "a")
    assert Cluster(layout).info() == Info(exists=False)
    layout.folder.mkdir(parents=True)
    record = {"kubernetes_version": "1.2.3", "ports": PORTS, "kubeconfig": "/k", "complete": False}
    layout.record.write_text(json.dumps(record))
    # Half a creation is begun anew, in whatever version is wanted then.
    assert Cluster(layout).info() == Info(exists=False)
    layout.record.write_text(json.dumps({**record, "complete": True}))
    server = f"https://127.0.0.1:{PORTS['kube-apiserver']}"
    assert Cluster(layout).info() == Info(exists=True, kubernetes_version="1.2.3", kubeconfig="/k", server=server)


def test_another_version_is_refused_before_binaries_are_asked_for(tmp_path: Path) -> None:
    layout = Layout(tmp_path, "a")
    layout.folder.mkdir(parents=True)
    layout.record.write_text(json.dumps({"kubernetes_version": "1.2.3", "ports": PORTS, "kubeconfig": "/k", "complete": True}))
    wanted = Wanted("1.2.4", 1, layout.kubeconfig, {}, Path(__file__).parent, sys.executable)
    with pytest.raises(KwokError, match=r"exists with Kubernetes 1\.2\.3, not 1\.2\.4: remove it first"):
        Cluster(layout).present(wanted, 1)
