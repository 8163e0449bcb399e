# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An install goes on through what an API server does on a bad day."""

from __future__ import annotations

import secrets
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from conftest import Cluster, Ran, SpareCluster, run_module, token_of, write_plan
from faulty_proxy import Cut, Do, FaultyProxy, Refuse, Request
from test_apply import config_map, counts, deployment, failures, service, space, webhook
from waiting import until

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.apply import Settings, apply
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.compare import compare
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.connection import connect
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.deadline import Deadline
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._inventory.applysets import HOME
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render.plan import load_plan

Thing = dict[str, Any]
LEASES = f"/apis/coordination.k8s.io/v1/namespaces/{HOME}/leases"


def run_through(proxy: FaultyProxy, name: str, plan: str, **arguments: Any) -> Ran:
    return run_module(name, {"plan": plan, "host": proxy.url, "timeout": 60, "stall_timeout": 20, **arguments})


def patches(namespace: str, kind: str = "configmaps") -> Any:
    return lambda request: request.method == "PATCH" and request.path.startswith(f"/api/v1/namespaces/{namespace}/{kind}/")


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_an_api_server_that_is_killed_and_comes_back_is_waited_for(spare: SpareCluster, tmp_path: Path) -> None:
    """By an administrator whose rights are given by a binding, which an API server that has just started does not know yet."""
    name = f"restart-{secrets.token_hex(2)}"
    token = token_of(spare, name, [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}])
    workload = [deployment(name, f"d{number}") for number in range(10)]
    plan = write_plan(
        tmp_path, a=[space(name), *(config_map(name, f"c{number}") for number in range(300))], b=[*workload, service(name, "s")]
    )
    restarted = ThreadPoolExecutor(max_workers=1)
    client = connect({"host": spare.client.host, "validate_certs": False, "api_key": token})
    with FaultyProxy(client) as proxy, restarted:

        def restart() -> None:
            spare.kill("kube-apiserver")
            restarted.submit(spare.repair)

        proxy.add(patches(name), *[None] * 149, Do(restart))
        # The wait too: it has lists and watches of its own.
        ran = run_through(proxy, "apply", plan, timeout=110, stall_timeout=100)
        assert not ran.failed, ran["msg"]
        assert len(proxy.asked(lambda request: not request.status and not request.watch)) > 1
    assert counts(ran) == (301, 0, 0, 0)
    assert counts(ran, "b") == (11, 0, 0, 0)
    assert not spare.ready(plan).failed
    assert spare.apply(plan)["changed"] is False


def test_retry_after_is_honoured_by_every_kind_of_request(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    """Lists, watches, writes, the Lease, and the proof that a webhook for pods works."""
    name = "spark-operator-webhook-svc"
    pods = webhook(namespace, resources="pods", name=name, watched=namespace)
    guarded = space(f"{namespace}-p", watched=namespace)
    provider = [space(namespace), service(namespace, name), deployment(namespace, name), pods]
    plan = write_plan(tmp_path, a=[config_map(namespace, "c"), guarded, deployment(f"{namespace}-p", "app")], b=provider)
    proof = f"/api/v1/namespaces/{namespace}-p/pods"
    chosen = {"/api/v1/configmaps", "/api/v1/namespaces", f"/api/v1/namespaces/{namespace}/configmaps/c", proof}
    with FaultyProxy(cluster.client) as proxy:
        proxy.add(
            lambda request: request.path in chosen or request.path.startswith(LEASES),
            Refuse(429, "too many requests", retry_after=1),
            each=True,
        )
        ran = run_through(proxy, "apply", plan)
    assert not ran.failed, ran["msg"]
    by_request: dict[tuple[str, str, bool], list[Request]] = {}
    for request in proxy.seen:
        by_request.setdefault((request.method, request.path, request.watch), []).append(request)
    refused = {subject: some for subject, some in by_request.items() if some[0].status == 429}
    assert {path for _method, path, _watch in refused} >= chosen
    assert ("GET", "/api/v1/namespaces", True) in refused
    for subject, (first, second, *_more) in refused.items():
        assert second.at - first.at >= 1, subject
    cluster.delete(f"/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/{namespace}")


def test_bursts_of_errors_and_lost_answers(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    """An answer that is lost is asked for again: the Lease is not mistaken for somebody else's, nothing is counted twice."""
    plan = write_plan(tmp_path, a=[space(namespace), *(config_map(namespace, f"c{number}") for number in range(20))])
    with FaultyProxy(cluster.client) as proxy:
        bad = [Refuse(503), Refuse(500, "etcdserver: request timed out"), Refuse(502), Refuse(504), Cut(), Cut(after=True)]
        proxy.add(lambda request: request.method == "GET" and not request.watch, *bad[2:5])
        proxy.add(lambda request: request.path.startswith(LEASES) and request.method != "GET", Cut(after=True), each=True)
        proxy.add(patches(namespace), *bad[:2], each=True)
        proxy.add(patches(namespace), Cut(after=True), *bad, Cut())
        ran = run_through(proxy, "apply", plan)
    assert not ran.failed, ran["msg"]
    assert counts(ran) == (21, 0, 0, 0)
    assert not ran.result.get("warnings"), "took over from itself"
    assert cluster.apply(plan)["changed"] is False


def test_a_lease_is_kept_through_renewals_whose_answers_are_lost(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    held = f"{namespace}-h"
    plan = write_plan(tmp_path, a=[space(namespace, guarded=namespace), config_map(namespace, held)])
    cluster.create("/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations", webhook(namespace, guarded=namespace))
    with FaultyProxy(cluster.client) as proxy, ThreadPoolExecutor(max_workers=1) as pool:
        renewals = lambda request: request.path == f"{LEASES}/run" and request.method == "PUT"  # noqa: E731
        proxy.add(renewals, None, *[Cut(after=True)] * 2)
        running = pool.submit(run_through, proxy, "apply", plan)
        # The second is the first renewal, and its answer is lost: it comes again.
        until(lambda: len(proxy.asked(renewals)) >= 4 or running.done(), 40)
        cluster.delete(f"/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/{namespace}")
        ran = running.result()
    assert not ran.failed, ran["msg"]


def test_nothing_is_written_while_the_lease_is_not_certain(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    plan = load_plan(Path(write_plan(tmp_path, a=[space(namespace), config_map(namespace, "c")])))
    certain, asked = threading.Event(), []

    def may_write() -> bool:
        asked.append(certain.is_set())
        return certain.is_set()

    deadline = Deadline(40)
    target = compare(cluster.client, plan, "test", [], (), deadline)
    with ThreadPoolExecutor(max_workers=1) as pool:
        running = pool.submit(apply, cluster.client, plan, target, Settings("test", False, 2, 20), deadline, may_write)
        until(lambda: len(asked) > 2)
        assert cluster.get(f"/api/v1/namespaces/{namespace}") is None
        certain.set()
        assert not running.result().failures
    assert cluster.get(f"/api/v1/namespaces/{namespace}/configmaps/c")


def test_an_inventory_that_cannot_be_shrunk_is_named_and_the_rest_is_applied(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    part = f"p_{secrets.token_hex(3)}"
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "old", "namespace": namespace}}
    assert not cluster.apply(write_plan(tmp_path, **{part: [space(namespace), account]})).failed
    cluster.delete(f"/api/v1/namespaces/{namespace}/serviceaccounts/old")
    parent = f"/api/v1/namespaces/{HOME}/configmaps/part-{part.replace('_', '-')}"
    plan = write_plan(tmp_path, **{part: [space(namespace), config_map(namespace, "c")]})
    with FaultyProxy(cluster.client) as proxy:
        proxy.add(lambda request: request.method == "PATCH" and request.path == parent, None, Refuse(403, "no more of that"), forever=True)
        ran = run_through(proxy, "apply", plan)
    assert ran.failed
    assert ran["msg"].startswith("2 objects are applied, 1 are not")
    assert "no more of that" in failures(ran)[f"ConfigMap {HOME}/part-{part.replace('_', '-')}"]["message"]
    assert cluster.get(f"/api/v1/namespaces/{namespace}/configmaps/c")
    # What is recorded until then is more than there is, so that nothing is lost sight of.
    assert not cluster.apply(plan).failed
    assert "ServiceAccount" not in str((cluster.get(parent) or {})["metadata"]["annotations"])


def test_a_webhook_that_comes_and_goes(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    """Its gate was open, and then its only endpoint goes: what it guards is refused, sent again, and applied in the end."""
    name, guarded = "spark-operator-webhook-svc", f"{namespace}-g"
    hook = webhook(namespace, name=name, guarded=namespace)
    held = [config_map(guarded, f"c{number}", value=str(number)) for number in range(8)]
    provider = [space(namespace), service(namespace, name), deployment(namespace, name)]
    plan = write_plan(tmp_path, a=[*held, space(guarded, guarded=namespace), hook], b=provider)
    provider_path = f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}"

    def works() -> bool:
        found = cluster.get(f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices") or {}
        return any(endpoint["conditions"].get("ready") for item in found["items"] for endpoint in item.get("endpoints") or ())

    def down() -> None:
        cluster.patch(provider_path, {"spec": {"replicas": 0}})
        until(lambda: not works(), 30)

    def up() -> None:
        cluster.patch(provider_path, {"spec": {"replicas": 1}})

    with FaultyProxy(cluster.client) as proxy:
        proxy.add(patches(guarded), Do(down), *[None] * 7, Do(up))
        ran = run_through(proxy, "apply", plan)
    assert not ran.failed, ran["msg"]
    assert counts(ran) == (10, 0, 0, 0)
    assert counts(ran, "b") == (3, 0, 0, 0)
    assert any(request.status == 500 for request in proxy.asked(patches(guarded)))
    assert len(proxy.asked(lambda request: patches(guarded)(request) and request.status == 201)) == len(held)
    for item in held:
        live = cluster.get(f"/api/v1/namespaces/{guarded}/configmaps/{item['metadata']['name']}")
        assert live and live["data"] == item["data"]
    assert cluster.apply(plan)["changed"] is False
    cluster.delete(f"/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/{namespace}")


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_a_strangers_dead_webhook_is_asked_by_few_and_named_once(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    """Its own installer left it behind: fail-closed, about everything in the namespace, and nobody answers."""
    stranger = f"/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/{namespace}"
    cluster.create("/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations", webhook(namespace, guarded=namespace))
    plan = write_plan(tmp_path, a=[space(namespace, guarded=namespace), *(config_map(namespace, f"c{number}") for number in range(60))])
    with FaultyProxy(cluster.client) as proxy:
        ran = run_through(proxy, "apply", plan, stall_timeout=6)
        sent = proxy.asked(patches(namespace))
    cluster.delete(stranger)
    # Each once at first and once at the end; between them a few a second.
    assert len(sent) <= 60 + 60 + 6 * 5
    _head, cause, _cluster = ran["msg"].split("\n")
    assert cause.startswith(f"ConfigMap {namespace}/c0, ConfigMap {namespace}/c1, ConfigMap {namespace}/c10 and 57 more: ")
    assert 'failed calling webhook "guard.example.com"' in cause


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_what_one_cause_held_goes_on_when_the_cause_is_gone(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    stranger = f"/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/{namespace}"
    cluster.create("/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations", webhook(namespace, guarded=namespace))
    plan = write_plan(tmp_path, a=[space(namespace, guarded=namespace), *(config_map(namespace, f"c{number}") for number in range(60))])
    with FaultyProxy(cluster.client) as proxy, ThreadPoolExecutor(max_workers=1) as pool:
        running = pool.submit(run_through, proxy, "apply", plan)
        until(lambda: len(proxy.asked(patches(namespace))) > 60)
        cluster.delete(stranger)
        assert counts(running.result()) == (61, 0, 0, 0)
