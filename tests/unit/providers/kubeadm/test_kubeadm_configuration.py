# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The configuration of kubeadm in the forms of its versions."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mlplatform.kubeflow.plugins.filter.kubeadm_documents import FilterModule
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.kubeadm.configuration import (
    ConfigurationError,
    Shape,
    documents,
)


def made(version: str, **more: Any) -> dict[str, dict[str, Any]]:
    shape = Shape("mine", version, "10.244.0.0/16", "10.96.0.0/12", "registry.k8s.io", **more)
    return {found["kind"]: found for found in documents(shape)}


@pytest.mark.parametrize(
    ("version", "form", "arguments", "socket"),
    [
        (
            "1.34.4",
            "v1beta4",
            [{"name": "v", "value": "3"}, {"name": "profiling", "value": "false"}],
            "unix:///run/containerd/containerd.sock",
        ),
        (
            "1.31.0",
            "v1beta4",
            [{"name": "v", "value": "3"}, {"name": "profiling", "value": "false"}],
            "unix:///run/containerd/containerd.sock",
        ),
        ("1.30.9", "v1beta3", {"v": "3", "profiling": "false"}, "unix:///run/containerd/containerd.sock"),
        ("1.23.17", "v1beta3", {"v": "3", "profiling": "false"}, "/run/containerd/containerd.sock"),
        ("1.21.14", "v1beta2", {"v": "3", "profiling": "false"}, "/run/containerd/containerd.sock"),
    ],
)
def test_each_version_gets_the_form_that_it_reads(version: str, form: str, arguments: Any, socket: str) -> None:
    found = made(version, apiserver_flags={"v": 3, "profiling": False})
    assert {found[kind]["apiVersion"] for kind in ("InitConfiguration", "ClusterConfiguration")} == {f"kubeadm.k8s.io/{form}"}
    assert found["ClusterConfiguration"]["apiServer"] == {"extraArgs": arguments}
    assert found["ClusterConfiguration"]["kubernetesVersion"] == f"v{version}"
    # None, said as such: left out, kubeadm would taint the control plane.
    assert found["InitConfiguration"]["nodeRegistration"] == {"criSocket": socket, "taints": []}


def test_the_address_by_which_it_is_reached_is_in_its_certificate() -> None:
    assert made("1.34.4", address="192.0.2.11")["ClusterConfiguration"]["apiServer"] == {"certSANs": ["192.0.2.11"]}
    assert "apiServer" not in made("1.34.4")["ClusterConfiguration"]


def test_patches_go_into_the_document_of_their_kind_and_others_beside_them() -> None:
    found = made(
        "1.34.4",
        patches=[
            {"kind": "KubeletConfiguration", "maxPods": 200, "evictionHard": {"memory.available": "1Mi"}},
            {"kind": "KubeletConfiguration", "evictionHard": {"nodefs.available": "5%"}},
            {"kind": "ClusterConfiguration", "networking": {"dnsDomain": "example.com"}},
            {"kind": "KubeProxyConfiguration", "mode": "ipvs"},
        ],
    )
    assert found["KubeletConfiguration"] == {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "cgroupDriver": "systemd",
        "maxPods": 200,
        "evictionHard": {"memory.available": "1Mi", "nodefs.available": "5%"},
    }
    assert found["ClusterConfiguration"]["networking"] == {
        "podSubnet": "10.244.0.0/16",
        "serviceSubnet": "10.96.0.0/12",
        "dnsDomain": "example.com",
    }
    assert found["KubeProxyConfiguration"] == {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "ipvs",
    }


@pytest.mark.parametrize("version", ["1.14.10", "1.34", "v1.34.4", "latest", ""])
def test_a_version_that_cannot_be_is_refused(version: str) -> None:
    with pytest.raises(ConfigurationError, match="Kubernetes"):
        made(version)


@pytest.mark.parametrize("patch", [{}, {"maxPods": 1}, {"kind": "Unknown"}])
def test_a_patch_that_says_not_of_what_is_refused(patch: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="needs a kind"):
        made("1.34.4", patches=[patch])


def test_the_filter_says_what_is_wrong_without_a_traceback() -> None:
    documents_of = FilterModule().filters()["kubeadm_documents"]
    with pytest.raises(AnsibleFilterError, match="no version of Kubernetes"):
        documents_of({"name": "a", "version": "x", "pod_cidr": "", "service_cidr": "", "image_repository": ""})
    with pytest.raises(AnsibleFilterError, match="unexpected keyword"):
        documents_of({"colour": "red"})


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: st.dictionaries(st.text(max_size=3), inner, max_size=3)
)


@given(st.dictionaries(st.text(min_size=1, max_size=8), VALUES, max_size=4))
def test_whatever_a_patch_sets_is_set_and_the_rest_stays(patch: dict[str, Any]) -> None:
    patch = {key: value for key, value in patch.items() if key not in ("kind", "apiVersion", "cgroupDriver")}
    found = made("1.34.4", patches=[{"kind": "KubeletConfiguration", **patch}])["KubeletConfiguration"]
    assert found == {**made("1.34.4")["KubeletConfiguration"], **patch}
