# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is known of distributions, of kubeadm's configuration, of other control planes, and of a container's log."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apiserver.control_planes import (
    control_planes,
    down,
    own_name,
    serves,
    without_tokens,
)
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apiserver.distributions import (
    DISTRIBUTIONS,
    MANIFEST,
    UNKNOWN,
    distribution_of,
    instead,
)
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apiserver.errors import NodeError
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apiserver.kubeadm_config import kept_flags
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apiserver.pod_logs import crashes, telling


@pytest.mark.parametrize(
    ("there", "version", "name"),
    [
        ({MANIFEST}, "v1.19.16", "kubeadm"),
        ({MANIFEST, "/kind/version"}, "v1.34.4", "kind"),
        ({MANIFEST, "/etc/kubernetes/ssl/ca.key"}, "v1.21.1", "kubespray"),
        ({MANIFEST, "/kind/version", "/var/lib/minikube/certs"}, "v1.30.0", "minikube"),
        ({"/var/lib/rancher/k3s/server"}, "v1.33.5+k3s1", "k3s"),
        (set(), "v1.33.5+k3s1", "k3s"),
        ({"/var/lib/rancher/rke2/server", "/etc/rancher/rke2"}, "v1.33.5+rke2r1", "RKE2"),
        ({"/var/snap/microk8s/current/args/kube-apiserver"}, "v1.33.5", "MicroK8s"),
        (set(), "v1.33.5-gke.1162000", "GKE"),
        (set(), "v1.33.5-eks-113cf36", "EKS"),
        ({"/etc/kubernetes/azure.json"}, "v1.33.5", "AKS"),
        ({"/kind/version"}, "v1.34.4", "unknown"),
        (set(), "v1.34.4", "unknown"),
    ],
)
def test_a_distribution_is_known_by_its_machines_and_version(there: set[str], version: str, name: str) -> None:
    assert distribution_of(there, version, MANIFEST).name == name


@pytest.mark.parametrize("distribution", [*DISTRIBUTIONS, UNKNOWN], ids=lambda one: one.name)
def test_every_distribution_is_changed_or_says_what_to_do(distribution: Any) -> None:
    assert bool(distribution.keys) != bool(distribution.instead)
    told = instead(distribution, {"service-account-issuer": ("https://a", "https://b")})
    if distribution.name in ("k3s", "RKE2"):
        assert "kube-apiserver-arg: [service-account-issuer=https://a, service-account-issuer=https://b]" in told
    if distribution.name == "minikube":
        assert "--extra-config=apiserver.service-account-issuer=https://a" in told
    if distribution.name == "MicroK8s":
        assert "put --service-account-issuer=https://a --service" in told


FLAGS = {
    "service-account-key-file": ("/etc/kubernetes/pki/sa.pub",),
    "service-account-signing-key-file": ("/etc/kubernetes/pki/sa.key",),
    "service-account-issuer": ("https://kubernetes.default.svc.cluster.local",),
}


def configuration(form: str, extra: Any = None, **more: Any) -> str:
    server = {"certSANs": ["a"], **({} if extra is None else {"extraArgs": extra})}
    return yaml.safe_dump(
        {"apiVersion": f"kubeadm.k8s.io/{form}", "kind": "ClusterConfiguration", "apiServer": server, **more}, sort_keys=False
    )


def extra_args(text: str) -> Any:
    return yaml.safe_load(text)["apiServer"]["extraArgs"]


def test_what_kubeadm_writes_by_itself_is_not_kept() -> None:
    text = configuration("v1beta3")
    assert kept_flags(text, FLAGS, (1, 20)) == (text, [])
    own = {**FLAGS, "service-account-issuer": ("https://kubernetes.default.svc.x",), "service-account-signing-key-file": ("/p/sa.key",)}
    own["service-account-key-file"] = ("/p/sa.pub",)
    text = configuration("v1beta4", certificatesDir="/p/", networking={"dnsDomain": "x"})
    assert kept_flags(text, own, (1, 34)) == (text, [])


def test_flags_are_kept_in_a_map_and_a_second_time_nothing_changes() -> None:
    after, lost = kept_flags(configuration("v1beta2", {"runtime-config": "", "on": "true"}), FLAGS, (1, 19))
    assert extra_args(after) == {
        "runtime-config": "",
        "on": "true",
        "service-account-issuer": FLAGS["service-account-issuer"][0],
        "service-account-signing-key-file": "/etc/kubernetes/pki/sa.key",
    }
    assert lost == [] and "certSANs" in after and 'on: "true"' in after.replace('"on"', "on")
    assert kept_flags(after, FLAGS, (1, 19)) == (after, [])


def test_flags_are_kept_in_a_list_with_all_their_values() -> None:
    flags = {**FLAGS, "service-account-issuer": ("https://b", "https://a"), "api-audiences": ("x,y", "z")}
    after, lost = kept_flags(
        configuration("v1beta4", [{"name": "service-account-issuer", "value": "old"}, {"name": "v", "value": "2"}]), flags, (1, 34)
    )
    assert [(entry["name"], entry["value"]) for entry in extra_args(after)] == [
        ("v", "2"),
        ("api-audiences", "x,y"),
        ("api-audiences", "z"),
        ("service-account-issuer", "https://b"),
        ("service-account-issuer", "https://a"),
    ]
    assert lost == []
    assert kept_flags(after, flags, (1, 34)) == (after, [])


def test_a_second_issuer_that_a_map_cannot_keep_is_said() -> None:
    flags = {**FLAGS, "service-account-issuer": ("https://b", "https://a"), "api-audiences": ("x,y", "z")}
    after, (lost,) = kept_flags(configuration("v1beta3"), flags, (1, 25))
    assert extra_args(after) == {"service-account-issuer": "https://b", "api-audiences": "x,y,z"}
    assert "https://a" in lost


@pytest.mark.parametrize("text", ["", "[", "kind: ClusterConfiguration\napiVersion: kubeadm.k8s.io/v1\n", "a: 99-99-99T\n"])
def test_a_configuration_that_is_not_known_is_refused(text: str) -> None:
    with pytest.raises(NodeError, match="kubeadm-config"):
        kept_flags(text, FLAGS, (1, 34))


def ready(item: dict[str, Any], status: str = "True") -> dict[str, Any]:
    return {**item, "status": {"conditions": [{"type": "Ready", "status": status}]}}


def node(name: str, label: str = "node-role.kubernetes.io/control-plane", status: str = "True") -> dict[str, Any]:
    return ready({"metadata": {"name": name, "labels": {label: "", "kubernetes.io/hostname": f"{name}-host"}}}, status)


def server(name: str, status: str = "True", words: list[str] | None = None) -> dict[str, Any]:
    containers = [{"name": "kube-apiserver", "command": words or ["kube-apiserver"]}]
    return ready({"metadata": {"name": f"kube-apiserver-{name}"}, "spec": {"containers": containers}}, status)


def test_another_control_plane_that_is_down_is_named() -> None:
    nodes = [node("a"), node("b", "node-role.kubernetes.io/master"), node("w", "worker")]
    assert control_planes(nodes) == ["a", "b"]
    assert down(nodes, [server("a"), server("b")], "a") == []
    assert down(nodes, [server("a", "False"), server("b")], "a") == []
    assert down(nodes, [server("a"), server("b", "False")], "a") == ["b (its kube-apiserver is not Ready)"]
    assert down([node("a"), node("b", status="Unknown")], [server("a"), server("b")], "a") == ["b (the node is not Ready)"]


def test_a_machine_is_the_node_with_its_name() -> None:
    nodes = [node("a"), node("b.example.com")]
    assert [own_name(nodes, name) for name in ("A", "a.example.com", "b.example.com", "b.example.com-host", "c")] == [
        "a",
        "a",
        "b.example.com",
        "b.example.com",
        "",
    ]


def test_an_api_server_serves_when_its_kubelet_says_so_of_the_new_command_line() -> None:
    assert serves(server("a", words=["kube-apiserver", "--x"]), ["kube-apiserver", "--x"])
    assert not serves(server("a"), ["kube-apiserver", "--x"])
    assert not serves(server("a", "False"), ["kube-apiserver"])
    assert not serves(None, ["kube-apiserver"])


def test_other_control_planes_without_the_flags_of_token_request_are_known() -> None:
    flags = ["kube-apiserver", "--service-account-issuer", "x", "--service-account-signing-key-file=/sa.key"]
    pods = [server("own"), server("a"), server("b", words=flags), server("c", words=flags[:3])]
    assert without_tokens(pods, "own") == ["a", "c"]


def test_ends_of_a_container_are_counted_by_its_new_logs() -> None:
    before = ["/l/kube-system_kube-apiserver-n_1/kube-apiserver/7.log"]
    assert crashes(before, before) == 0
    assert crashes(before, [*before, "/l/kube-system_kube-apiserver-n_2/kube-apiserver/0.log"]) == 0
    assert crashes(before, [*before, *(f"/l/kube-system_kube-apiserver-n_2/kube-apiserver/{n}.log" for n in (1, 2))]) == 2


def test_of_a_log_the_lines_that_tell_are_told() -> None:
    containerd = [
        "2026-11-27T21:08:25.3Z stderr F I1127 21:08:25.1 1 server.go:150] Version: v1.34.4",
        '2026-11-27T21:08:25.3Z stderr F E1127 21:08:25.332454 1 run.go:72] "command failed" err="open /x: no such file"',
    ]
    assert telling(containerd) == 'E1127 21:08:25.332454 1 run.go:72] "command failed" err="open /x: no such file"'
    assert telling(['{"log":"Error: unknown flag: --x\\n","stream":"stderr","time":"t"}']) == "Error: unknown flag: --x"
    assert telling(["plain"]) == "plain"
    assert telling([]) == ""
    assert len(telling(["E1127 " + "x" * 9000])) <= 500
