# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Addresses and ports of the gateway."""

from __future__ import annotations

from typing import Any

import pytest
from checked import OURS, ask, found, node, thing


def service(kind: str, port: int = 0, name: str = "istio-ingressgateway", **more: Any) -> dict[str, Any]:
    ports = [{"port": 80, **({"nodePort": port} if port else {})}]
    return thing("Service", name, "istio-system", spec={"type": kind, "ports": ports}, **more)


def test_nothing_is_asked_of_cluster_ip() -> None:
    assert ask("gateway_service", service("ClusterIP")) is None


ADDRESS = {"status": {"loadBalancer": {"ingress": [{"ip": "10.0.0.9"}]}}}


@pytest.mark.parametrize(
    ("there", "result"),
    [
        ({"nodes": [node()]}, "warn"),
        ({"nodes": [node(spec={"providerID": "aws:///eu/i-1"})]}, "pass"),
        ({"nodes": [node(spec={"providerID": "kind://docker/kind/a"})]}, "warn"),
        ({"nodes": [node(info={"kubeletVersion": "v1.34.1+k3s1"})]}, "pass"),
        ({"daemonsets.apps": [thing("DaemonSet", "speaker", "metallb-system")]}, "pass"),
        ({"services": [service("LoadBalancer", name="other", **ADDRESS)]}, "pass"),
        ({"nodes": [node(metadata={"annotations": {"kwok.x-k8s.io/node": "fake"}})]}, "pass"),
    ],
)
def test_who_gives_addresses(there: dict[str, Any], result: str) -> None:
    answer = found("gateway_service", service("LoadBalancer"), found=there)
    assert answer.result == result
    assert ("istio_gateway_service_type: NodePort" in answer.remedy) == (result == "warn")


@pytest.mark.parametrize(
    ("other", "result"),
    [
        (service("NodePort", 30080, "shop"), "fail"),
        (service("NodePort", 30081, "shop"), "pass"),
        (service("NodePort", 30080), "pass"),
        (service("NodePort", 30080, "old", labels=OURS), "pass"),
    ],
)
def test_node_ports(other: dict[str, Any], result: str) -> None:
    assert found("gateway_service", service("NodePort", 30080), found={"services": [other]}).result == result
