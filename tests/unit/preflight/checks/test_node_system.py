# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What nodes say of themselves."""

from __future__ import annotations

import pytest
from checked import found, node, thing, workload

ISTIOD = workload("istiod", "istio-system")
DOCKER = thing("ConfigMap", "workflow-controller-configmap", "kubeflow", data={"containerRuntimeExecutor": "docker"})


@pytest.mark.parametrize(
    ("server", "kubelet", "result"),
    [
        ("v1.34.4", "v1.34.4", "pass"),
        ("v1.34.4", "v1.31.0", "pass"),
        ("v1.34.4", "v1.30.0", "warn"),
        ("v1.34.4", "v1.35.0", "warn"),
        ("v1.21.14", "v1.19.0+k3s1", "pass"),
        ("v1.21.14", "v1.18.0", "warn"),
        ("v1.34.4", "fake", "pass"),
    ],
)
def test_kubelets_go_with_their_api_server(server: str, kubelet: str, result: str) -> None:
    assert found("node_system", found={"nodes": [node(info={"kubeletVersion": kubelet})]}, kubernetes=server).result == result


@pytest.mark.parametrize(("runtime", "result"), [("containerd://1.7", "warn"), ("docker://20.10", "pass")])
def test_docker_s_socket_is_docker_s(runtime: str, result: str) -> None:
    answer = found("node_system", DOCKER, found={"nodes": [node(info={"containerRuntimeVersion": runtime})]})
    assert answer.result == result
    assert answer.remedy == ("pipelines_argo_executor: emissary" if result == "warn" else "")


@pytest.mark.parametrize(
    ("system", "result"),
    [
        ("Red Hat Enterprise Linux 9.4 (Plow)", "warn"),
        ("AlmaLinux 8.10 (Cerulean Leopard)", "warn"),
        ("Rocky Linux 9.3 (Blue Onyx)", "warn"),
        ("CentOS Stream 9", "warn"),
        ("Ubuntu 18.04.6 LTS", "pass"),
        ("Debian GNU/Linux 12 (bookworm)", "pass"),
        ("", "pass"),
    ],
)
def test_kernel_modules_are_named_where_they_may_be_missing(system: str, result: str) -> None:
    assert found("node_system", ISTIOD, found={"nodes": [node(info={"osImage": system})]}).result == result
    assert found("node_system", found={"nodes": [node(info={"osImage": system})]}).result == "pass"
