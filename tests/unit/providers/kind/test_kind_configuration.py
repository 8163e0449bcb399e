# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What kind is told."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.kind.configuration import (
    Mount,
    Shape,
    configuration,
    hosts_files,
)

CERTS = Path("/state/certs.d")


def test_one_node_needs_nothing_else() -> None:
    assert configuration("try", Shape(), CERTS) == {
        "kind": "Cluster",
        "apiVersion": "kind.x-k8s.io/v1alpha4",
        "name": "try",
        "nodes": [{"role": "control-plane"}],
    }


def test_nodes_in_the_order_of_their_roles_with_all_mounts() -> None:
    shape = Shape(control_planes=1, workers=2, mounts=[Mount("/srv/a b", "/data", read_only=True), Mount("/x", "/y")])
    nodes = configuration("try", shape, CERTS)["nodes"]
    assert [node["role"] for node in nodes] == ["control-plane", "worker", "worker"]
    mounts = [{"hostPath": "/srv/a b", "containerPath": "/data", "readOnly": True}, {"hostPath": "/x", "containerPath": "/y"}]
    assert all(node["extraMounts"] == mounts for node in nodes)


def test_flags_and_patches_are_documents_for_kubeadm() -> None:
    shape = Shape(
        apiserver_flags={"service-account-issuer": "https://a"}, kubeadm_patches=[{"kind": "KubeletConfiguration", "cgroupRoot": ""}]
    )
    kubelet, cluster = map(json.loads, configuration("try", shape, CERTS)["kubeadmConfigPatches"])
    assert kubelet == {"kind": "KubeletConfiguration", "cgroupRoot": ""}
    assert cluster == {"kind": "ClusterConfiguration", "apiServer": {"extraArgs": {"service-account-issuer": "https://a"}}}


def test_mirrors_are_a_folder_in_every_node_that_containerd_is_told_of() -> None:
    found = configuration("try", Shape(workers=1, registry_mirrors={"docker.io": ["https://m"]}), CERTS)
    mount = {"hostPath": "/state/certs.d", "containerPath": "/etc/containerd/certs.d", "readOnly": True}
    assert all(node["extraMounts"] == [mount] for node in found["nodes"])
    patch = tomllib.loads(found["containerdConfigPatches"][0])
    assert patch["plugins"]["io.containerd.grpc.v1.cri"]["registry"]["config_path"] == mount["containerPath"]


@given(
    st.dictionaries(st.from_regex(r"[a-z0-9.:]{1,20}", fullmatch=True), st.lists(st.text(min_size=1).filter(str.isprintable), unique=True))
)
def test_the_files_of_mirrors_name_each_url_in_its_order(mirrors: dict[str, list[str]]) -> None:
    files = hosts_files(mirrors)
    assert set(files) == {f"{host}/hosts.toml" for host in mirrors}
    for host, urls in mirrors.items():
        read = tomllib.loads(files[f"{host}/hosts.toml"]).get("host", {})
        assert list(read) == urls
        assert all(entry == {"capabilities": ["pull", "resolve"]} for entry in read.values())
