# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the plan asks for, against what nodes have left."""

from __future__ import annotations

import json

import pytest
from checked import ask, found, node, pod, thing, workload


def test_nobody_asks_without_pods_or_nodes() -> None:
    assert ask("room") is None
    assert ask("room", workload("a")) is None


def test_what_fits_passes() -> None:
    answer = found("room", workload("a", cpu="2", memory="4Gi"), found={"nodes": [node()]})
    assert answer.result == "pass"
    assert "asks for 2.0 cores, 4.0 GiB and 1 pods" in answer.message and "8.0 cores, 16.0 GiB and 110 pods" in answer.message


@pytest.mark.parametrize(
    ("cpu", "memory", "replicas", "words"),
    [("5", "1Gi", 2, "2.0 cores"), ("1", "9Gi", 2, "2.0 GiB"), ("0", "0", 111, "1 pods"), ("9", "20Gi", 1, "1.0 cores and 4.0 GiB")],
)
def test_what_is_short_is_said(cpu: str, memory: str, replicas: int, words: str) -> None:
    answer = found("room", workload("a", cpu=cpu, memory=memory, replicas=replicas), found={"nodes": [node()]})
    assert answer.result == "fail" and f"nodes lack {words}:" in answer.message


def test_pods_of_others_take_room_and_our_own_do_not_count_twice() -> None:
    ours = thing("Pod", "a-1", "kubeflow", labels={"app": "a"}, spec=pod("x", "y", cpu="6")["spec"], status={"phase": "Running"})
    ended = pod("done", "other", phase="Succeeded", cpu="6")
    plan = workload("a", cpu="6")
    assert found("room", plan, found={"nodes": [node()], "pods": [ours, ended]}).result == "pass"
    assert found("room", plan, found={"nodes": [node()], "pods": [pod("b", "other", cpu="6")]}).result == "fail"


def test_the_largest_pod_needs_one_node() -> None:
    answer = found("room", workload("mysql", memory="20Gi"), found={"nodes": [node("one"), node("two")]})
    assert answer.result == "fail" and "no node has room for a pod of Deployment kubeflow/mysql" in answer.message


def test_sidecars_count() -> None:
    values = json.dumps({"global": {"proxy": {"resources": {"requests": {"cpu": "1", "memory": "1Gi"}}}}})
    injector = thing("ConfigMap", "istio-sidecar-injector", "istio-system", data={"values": values})
    space = thing("Namespace", "kubeflow", labels={"istio-injection": "enabled"})
    without = workload("b", pod_annotations={"sidecar.istio.io/inject": "false"})
    answer = found("room", injector, space, workload("a"), without, found={"nodes": [node()]})
    assert "asks for 1.0 cores, 1.0 GiB and 2 pods" in answer.message


def test_nodes_that_pods_may_not_use_do_not_count() -> None:
    tainted = node("gpu", spec={"taints": [{"key": "gpu", "effect": "NoSchedule"}]}, labels={"pool": "gpu"})
    answer = found("room", workload("a"), found={"nodes": [tainted, node("old", ready=False)]})
    assert answer.result == "fail" and "no node takes Deployment kubeflow/a" in answer.message
    chosen = {"nodeSelector": {"pool": "gpu"}, "tolerations": [{"key": "gpu", "operator": "Exists"}]}
    assert found("room", workload("a", spec=chosen), found={"nodes": [tainted]}).result == "pass"


@pytest.mark.parametrize(
    "grows",
    [{"groups": {"karpenter.sh": ("v1",)}}, {"answers": {"/api/v1/namespaces/kube-system/configmaps/cluster-autoscaler-status": {}}}],
)
def test_a_cluster_that_grows_is_not_refused(grows: dict[str, object]) -> None:
    assert found("room", workload("a", cpu="100"), found={"nodes": [node()]}, **grows).result == "warn"


def test_a_daemonset_counts_once_for_each_node_that_takes_it() -> None:
    daemon = workload("cni", "kube-system", kind="DaemonSet", cpu="1")
    assert "asks for 2.0 cores" in found("room", daemon, found={"nodes": [node("one"), node("two"), node("three", ready=False)]}).message
