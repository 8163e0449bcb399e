# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What plans ask of a cluster."""

from __future__ import annotations

from typing import Any

import pytest
from report_runs import workload

from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.report.demand import images_of, requests_of
from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.report.model import Requests

MIB = 1024**2


def asks(name: str, cpu: str | None = None, memory: str | None = None, **more: Any) -> dict[str, Any]:
    requests = {key: value for key, value in (("cpu", cpu), ("memory", memory)) if value is not None}
    return {"name": name, "image": f"example.com/{name}", "resources": {"requests": requests}, **more}


def pod(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "n"}, "spec": spec}


@pytest.mark.parametrize(
    ("kind", "spec", "pods"),
    [
        ("Deployment", {}, 1),
        ("Deployment", {"replicas": 3}, 3),
        ("Deployment", {"replicas": 0}, 0),
        ("StatefulSet", {"replicas": 2}, 2),
        ("DaemonSet", {}, 4),
        ("Job", {}, 1),
        ("Job", {"parallelism": 5}, 5),
    ],
)
def test_a_workload_asks_for_all_its_pods(kind: str, spec: dict[str, Any], pods: int) -> None:
    assert requests_of([workload(kind, "w", **spec)], nodes=4) == Requests(0.25 * pods, 512 * MIB * pods, pods)


def test_an_autoscaler_keeps_its_least() -> None:
    def scaler(target: str) -> dict[str, Any]:
        reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": target}
        spec = {"scaleTargetRef": reference, "minReplicas": 2, "maxReplicas": 5}
        return {
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": "h", "namespace": "kubeflow"},
            "spec": spec,
        }

    assert requests_of([workload("Deployment", "w"), scaler("w")], nodes=1).pods == 2
    assert requests_of([workload("Deployment", "w", replicas=4), scaler("w")], nodes=1).pods == 4
    assert requests_of([workload("Deployment", "w"), scaler("another")], nodes=1).pods == 1
    # Kubernetes does not scale what has no pods.
    assert requests_of([workload("Deployment", "w", replicas=0), scaler("w")], nodes=1).pods == 0


def test_init_containers_run_before_and_sidecars_beside() -> None:
    containers = [asks("a", "100m", "100Mi"), asks("b", "100m", "100Mi")]
    assert requests_of([pod(containers=containers, initContainers=[asks("i", "1", "50Mi")])], nodes=1) == Requests(1.0, 200 * MIB, 1)
    sidecar = asks("s", "300m", "10Mi", restartPolicy="Always")
    assert requests_of([pod(containers=containers, initContainers=[sidecar])], nodes=1) == Requests(0.5, 210 * MIB, 1)
    # Beside one that began before it.
    both = [sidecar, asks("i", "1", "50Mi")]
    assert requests_of([pod(containers=containers, initContainers=both, overhead={"cpu": "10m"})], nodes=1) == Requests(1.31, 210 * MIB, 1)


def test_a_limit_stands_for_a_request_and_nothing_for_none() -> None:
    limited = {"name": "a", "resources": {"limits": {"cpu": 2, "memory": "1Gi"}}}
    assert requests_of([pod(containers=[limited, {"name": "b"}])], nodes=1) == Requests(2.0, 1024 * MIB, 1)


def test_claims_count_also_those_of_a_stateful_set() -> None:
    claim = {"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": "5Gi"}}}}
    own = {**claim, "apiVersion": "v1", "kind": "PersistentVolumeClaim"}
    total = requests_of([own, workload("StatefulSet", "w", replicas=2, volumeClaimTemplates=[claim])], nodes=1)
    assert (total.claims, total.storage) == (3, 15 * 1024 * MIB)


def test_images_are_those_of_all_containers() -> None:
    job = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "c"},
        "spec": {"jobTemplate": {"spec": {"template": {"spec": {"containers": [asks("late")]}}}}},
    }
    objects = [pod(containers=[asks("a"), asks("b")], initContainers=[asks("a")]), job, {"apiVersion": "v1", "kind": "Service"}]
    assert images_of(objects) == ["example.com/a", "example.com/b", "example.com/late"]
    # Its pods come and go.
    assert requests_of([job], nodes=1) == Requests()
