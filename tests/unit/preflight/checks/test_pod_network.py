# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Traits of the pod network."""

from __future__ import annotations

import pytest
from checked import ApiError, ask, found, node, refused, thing, workload

ISTIOD = workload("istiod", "istio-system")
AGENT = workload(
    "istio-cni-node", "kube-system", kind="DaemonSet", spec={"volumes": [{"name": "c", "hostPath": {"path": "/etc/cni/net.d"}}]}
)
CILIUM = {"daemonsets.apps": [thing("DaemonSet", "cilium", "kube-system")]}
CONFIG = "/api/v1/namespaces/kube-system/configmaps/cilium-config"


def test_without_istio_nothing_is_asked() -> None:
    assert ask("pod_network") is None


@pytest.mark.parametrize(
    ("agent", "data", "words"),
    [
        (False, {}, []),
        (False, {"kube-proxy-replacement": "true"}, ["socketLB.hostNamespaceOnly=true"]),
        (False, {"kube-proxy-replacement": "true", "bpf-lb-sock-hostns-only": "true"}, []),
        (True, {"cni-exclusive": "false"}, []),
        (True, {}, ["cni.exclusive=false"]),
        (True, {"kube-proxy-replacement": "strict"}, ["socketLB.hostNamespaceOnly=true", "cni.exclusive=false"]),
    ],
)
def test_cilium(agent: bool, data: dict[str, str], words: list[str]) -> None:
    answer = found("pod_network", ISTIOD, *([AGENT] if agent else []), found=CILIUM, answers={CONFIG: {"data": data}})
    assert answer.result == ("warn" if words else "pass")
    assert all(word in answer.remedy for word in words)


def test_cilium_s_settings_may_be_hidden() -> None:
    with pytest.raises(ApiError):
        ask("pod_network", ISTIOD, found=CILIUM, answers={CONFIG: refused()})


def test_k3s_keeps_plugins_elsewhere() -> None:
    k3s = {"nodes": [node(info={"kubeletVersion": "v1.34.1+k3s1"})]}
    assert found("pod_network", ISTIOD, AGENT, found=k3s).result == "warn"
    assert found("pod_network", ISTIOD, found=k3s).result == "pass"
