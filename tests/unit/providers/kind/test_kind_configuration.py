# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What kind is told."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import tomllib
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.kind.configuration import (
    Mount,
    Shape,
    configuration,
    files,
    hosts_files,
)

FOLDER = Path("/state")
KUBELET = {"hostPath": "/state/kubelet.conf", "containerPath": "/etc/systemd/system/kubelet.service.d/20-cgroups.conf", "readOnly": True}


def test_one_node_needs_nothing_else() -> None:
    assert configuration("try", Shape(), FOLDER) == {
        "kind": "Cluster",
        "apiVersion": "kind.x-k8s.io/v1alpha4",
        "name": "try",
        "nodes": [{"role": "control-plane", "extraMounts": [KUBELET]}],
    }


def test_nodes_in_the_order_of_their_roles_with_all_mounts() -> None:
    shape = Shape(control_planes=1, workers=2, mounts=[Mount("/srv/a b", "/data", read_only=True), Mount("/x", "/y")])
    nodes = configuration("try", shape, FOLDER)["nodes"]
    assert [node["role"] for node in nodes] == ["control-plane", "worker", "worker"]
    mounts = [{"hostPath": "/srv/a b", "containerPath": "/data", "readOnly": True}, {"hostPath": "/x", "containerPath": "/y"}]
    assert all(node["extraMounts"] == [*mounts, KUBELET] for node in nodes)


def test_flags_and_patches_are_documents_for_kubeadm() -> None:
    shape = Shape(
        apiserver_flags={"service-account-issuer": "https://a"}, kubeadm_patches=[{"kind": "KubeletConfiguration", "cgroupRoot": ""}]
    )
    kubelet, cluster = map(json.loads, configuration("try", shape, FOLDER)["kubeadmConfigPatches"])
    assert kubelet == {"kind": "KubeletConfiguration", "cgroupRoot": ""}
    assert cluster == {"kind": "ClusterConfiguration", "apiServer": {"extraArgs": {"service-account-issuer": "https://a"}}}


def test_mirrors_are_a_folder_in_every_node_that_containerd_is_told_of() -> None:
    found = configuration("try", Shape(workers=1, registry_mirrors={"docker.io": ["https://m"]}), FOLDER)
    mount = {"hostPath": "/state/certs.d", "containerPath": "/etc/containerd/certs.d", "readOnly": True}
    assert all(node["extraMounts"] == [KUBELET, mount] for node in found["nodes"])
    patch = tomllib.loads(found["containerdConfigPatches"][0])
    assert patch["plugins"]["io.containerd.grpc.v1.cri"]["registry"]["config_path"] == mount["containerPath"]


@given(
    st.dictionaries(st.from_regex(r"[a-z0-9.:]{1,20}", fullmatch=True), st.lists(st.text(min_size=1).filter(str.isprintable), unique=True))
)
def test_the_files_of_mirrors_name_each_url_in_its_order(mirrors: dict[str, list[str]]) -> None:
    found = hosts_files(mirrors)
    assert set(found) == {f"{host}/hosts.toml" for host in mirrors}
    for host, urls in mirrors.items():
        read = tomllib.loads(found[f"{host}/hosts.toml"]).get("host", {})
        assert list(read) == urls
        assert all(entry == {"capabilities": ["pull", "resolve"]} for entry in read.values())


def run_before_kubelet(tmp_path: Path, mounted: list[Path]) -> list[str]:
    """What is unmounted before the kubelet starts, where this is mounted of cgroup v1."""
    [line] = [line for line in files(Shape())["kubelet.conf"].replace("\\\n", " ").splitlines() if line.startswith("ExecStartPre=-")]
    # As systemd reads it (systemd.service(5)): words, and $$ for a dollar sign.
    command = [word.replace("$$", "$") for word in shlex.split(line.removeprefix("ExecStartPre=-"))]
    for name, text in {"findmnt": "cat mounted", "umount": 'echo "$1" >> unmounted'}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "mounted").write_text("".join(f"{path}\n" for path in mounted))
    (tmp_path / "unmounted").touch()
    subprocess.run(command, cwd=tmp_path, env={"PATH": f"{tmp_path}:{os.environ['PATH']}"}, check=True)
    return (tmp_path / "unmounted").read_text().splitlines()


def test_controllers_that_the_engine_did_not_scope_are_unmounted_before_the_kubelet_starts(tmp_path: Path) -> None:
    """A second node on a machine with cgroup v1 did not start: the first one's systemd had mounted hugetlb, for both."""
    for scoped in ("cpu", "systemd"):
        (tmp_path / scoped / "kubelet.slice").mkdir(parents=True)
    (tmp_path / "net_cls,net_prio").mkdir()
    scopes = [tmp_path / "cpu", tmp_path / "cpu/kubelet", tmp_path / "cpu/kubelet.slice", tmp_path / "systemd"]
    others = [tmp_path / "hugetlb", tmp_path / "net_cls,net_prio"]
    assert run_before_kubelet(tmp_path, [*scopes, *others]) == [str(path) for path in others]


def test_on_cgroup_v2_nothing_is_unmounted(tmp_path: Path) -> None:
    assert run_before_kubelet(tmp_path, []) == []
