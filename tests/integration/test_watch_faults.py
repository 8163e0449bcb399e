# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Watches that end, are too old, or are refused: what happens meanwhile is seen, and blindness is said."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from conftest import Cluster, Ran, run_module, write_plan
from faulty_proxy import GONE, Cut, End, FaultyProxy, Refuse
from test_apply import config_map, crd, deployment, failures, space, thing
from waiting import until


def run_through(proxy: FaultyProxy, name: str, plan: str, **arguments: Any) -> Ran:
    return run_module(name, {"plan": plan, "host": proxy.url, "timeout": 60, "stall_timeout": 60, **arguments})


def watches(path: str) -> Any:
    return lambda request: request.watch and request.path == path


def lists(path: str) -> Any:
    return lambda request: not request.watch and request.path == path


EXPIRED = (End((GONE,)), Refuse(410, "too old resource version"), End(), Cut())


def test_a_wait_sees_what_comes_after_its_watches_expired(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    plan = write_plan(tmp_path, a=[space(namespace), config_map(namespace, "late")])
    cluster.create("/api/v1/namespaces", space(namespace))
    with FaultyProxy(cluster.client) as proxy, ThreadPoolExecutor(max_workers=1) as pool:
        rule = proxy.add(watches("/api/v1/configmaps"), *EXPIRED)
        running = pool.submit(run_through, proxy, "ready", plan)
        until(lambda: rule.over, 30)
        asked = len(proxy.asked(lists("/api/v1/configmaps")))
        cluster.create(f"/api/v1/namespaces/{namespace}/configmaps", config_map(namespace, "late"))
        ran = running.result()
        # Once at the start, and once for each way to say that the version is gone; the others go on from where they were.
        assert asked == 3
    assert not ran.failed, ran["msg"]


def test_a_gate_opens_after_its_watch_expired(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    """It waits for a Secret that cert-manager would make."""
    crds = [crd("cert-manager.io", kind, "v1") for kind in ("Certificate", "Issuer")]
    spec = {"secretName": "web-tls", "dnsNames": ["web"], "issuerRef": {"name": "own"}}
    certificate = thing("cert-manager.io/v1", "Certificate", "web", namespace, spec=spec)
    workload = deployment(namespace, "web", volumes=[{"name": "tls", "secret": {"secretName": "web-tls"}}])
    plan = write_plan(tmp_path, a=[workload, certificate, space(namespace)], b=crds)
    with FaultyProxy(cluster.client) as proxy, ThreadPoolExecutor(max_workers=1) as pool:
        rule = proxy.add(watches("/api/v1/secrets"), *EXPIRED)
        running = pool.submit(run_through, proxy, "apply", plan)
        until(lambda: rule.over and cluster.get(f"/apis/cert-manager.io/v1/namespaces/{namespace}/certificates/web"), 30)
        secret = thing("v1", "Secret", "web-tls", namespace, type="Opaque", data={"tls.crt": "eA=="})
        cluster.create(f"/api/v1/namespaces/{namespace}/secrets", secret)
        ran = running.result()
    assert not ran.failed, ran["msg"]
    assert cluster.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/web")


@pytest.mark.parametrize(
    "answer", [Refuse(403, "you may not watch that"), End(({"type": "ADDED", "object": {}},))], ids=["refused", "nonsense"]
)
def test_a_wait_that_cannot_watch_says_so_long_before_its_time_is_over(
    cluster: Cluster, namespace: str, tmp_path: Path, answer: Refuse | End
) -> None:
    plan = write_plan(tmp_path, a=[space(namespace), config_map(namespace, "never")])
    with FaultyProxy(cluster.client) as proxy:
        proxy.add(watches("/api/v1/configmaps"), answer, forever=True)
        ran = run_through(proxy, "ready", plan, timeout=100, stall_timeout=100)
        first, *_others, last = proxy.asked(lambda request: request.path == "/api/v1/configmaps")
    assert ran.failed
    assert ran["msg"].startswith("The cluster cannot be watched: /api/v1/configmaps cannot be watched any more: ")
    assert "you may not watch that" in ran["msg"] or "KeyError" in ran["msg"]
    assert last.at - first.at < 50


def test_an_apply_that_cannot_watch_says_so_long_before_its_time_is_over(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    plan = write_plan(tmp_path, a=[config_map(namespace, "held"), space(namespace)])
    with FaultyProxy(cluster.client) as proxy:
        proxy.add(watches("/api/v1/namespaces"), Refuse(403, "you may not watch that"), forever=True)
        ran = run_through(proxy, "apply", plan, timeout=100, stall_timeout=100)
        assert ran["seconds"] < 50
    assert ran.failed
    message = failures(ran)[f"ConfigMap {namespace}/held"]["message"]
    assert message.startswith(f"waits for Namespace {namespace} is not there")
    assert message.endswith("(/api/v1/namespaces cannot be watched any more: you may not watch that)")


def test_a_watch_that_was_refused_for_a_moment_goes_on(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    """An API server that has just started refuses what it grants later."""
    plan = write_plan(tmp_path, a=[space(namespace), config_map(namespace, "late")])
    cluster.create("/api/v1/namespaces", space(namespace))
    with FaultyProxy(cluster.client) as proxy, ThreadPoolExecutor(max_workers=1) as pool:
        rule = proxy.add(watches("/api/v1/configmaps"), *[Refuse(403, "not yet")] * 3)
        running = pool.submit(run_through, proxy, "ready", plan)
        until(lambda: rule.over, 30)
        cluster.create(f"/api/v1/namespaces/{namespace}/configmaps", config_map(namespace, "late"))
        ran = running.result()
    assert not ran.failed, ran["msg"]
