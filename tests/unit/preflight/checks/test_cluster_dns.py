# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names of services."""

from __future__ import annotations

import pytest
from checked import ask, endpoints, found, node, thing, workload

SLICES = "endpointslices.discovery.k8s.io"
DNS = thing("Service", "kube-dns", "kube-system", labels={"k8s-app": "kube-dns"})
CONFIG = "/api/v1/namespaces/kube-system/configmaps/coredns"
PLAN = workload("a", image="x", spec={"containers": [{"name": "m", "image": "i", "args": ["--to=dex.auth.svc.cluster.local"]}]})
WELL = {"services": [DNS], SLICES: [endpoints("kube-system", "kube-dns")]}


def corefile(zones: str) -> dict[str, object]:
    return {CONFIG: {"data": {"Corefile": ".:53 {\n    errors\n    kubernetes " + zones + " {\n    }\n}\n"}}}


def test_nothing_is_asked_of_an_empty_plan() -> None:
    assert ask("cluster_dns") is None


@pytest.mark.parametrize(
    ("there", "answers", "result"),
    [
        (WELL, {}, "pass"),
        (WELL, corefile("cluster.local in-addr.arpa ip6.arpa"), "pass"),
        (WELL, corefile("example.org in-addr.arpa ip6.arpa"), "fail"),
        (WELL, corefile("example.org cluster.local in-addr.arpa"), "pass"),
        ({"services": [DNS]}, {}, "fail"),
        ({}, {}, "warn"),
        ({"nodes": [node(metadata={"annotations": {"kwok.x-k8s.io/node": "fake"}})]}, {}, "pass"),
    ],
)
def test_dns(there: dict[str, object], answers: dict[str, object], result: str) -> None:
    assert found("cluster_dns", PLAN, found=there, answers=answers).result == result


def test_a_plan_without_the_domain_does_not_care() -> None:
    assert found("cluster_dns", workload("a"), found=WELL, answers=corefile("example.org in-addr.arpa")).result == "pass"
