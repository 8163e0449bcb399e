# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs that end in the middle: what they say, what they leave, and that the next one finishes the work."""

from __future__ import annotations

import json
import os
import random
import secrets
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Cluster, environment, write_plan
from faulty_proxy import Cut, Do, FaultyProxy, Request
from test_apply import config_map, deployment, space
from waiting import sooner_than, until

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._inventory.applysets import HOME

Thing = dict[str, Any]
LEASE = f"/apis/coordination.k8s.io/v1/namespaces/{HOME}/leases/run"
OBJECTS = 62
# Set it to see again what a run has shown.
SEED = int(os.environ.get("KUBEFLOW_TEST_SEED") or secrets.randbelow(2**32))


@pytest.fixture
def chance() -> random.Random:
    print(f"KUBEFLOW_TEST_SEED={SEED}")
    return random.Random(SEED)


def plan_of(folder: Path, namespace: str) -> str:
    """Of two parts with names of their own."""
    maps = [config_map(namespace, f"c{number}") for number in range(OBJECTS - 2)]
    return write_plan(
        folder,
        **{f"{namespace}_a".replace("-", "_"): [space(namespace), *maps[:30]]},
        **{f"{namespace}_b".replace("-", "_"): [deployment(namespace, "d"), *maps[30:]]},
    )


def of_the_plan(namespace: str) -> Any:
    return lambda request: request.method == "PATCH" and f"/namespaces/{namespace}" in request.path


class Running:
    """A module on a plan, through a proxy, as a process that can be sent signals."""

    def __init__(self, plan: str, proxy: FaultyProxy, module: str = "apply", **options: Any) -> None:
        given = {"plan": plan, "host": proxy.url, "timeout": 100, "stall_timeout": 100, **options}
        self.process = subprocess.Popen(
            [sys.executable, "-m", f"ansible_collections.mlplatform.kubeflow.plugins.modules.{module}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(PYTHONPATH=str(ROOT / ".collections")),
            text=True,
        )
        self.given = json.dumps({"ANSIBLE_MODULE_ARGS": {**given, "_ansible_remote_tmp": "/tmp"}})

    def ended(self) -> tuple[str, str]:
        """What it said."""
        try:
            return self.process.communicate(self.given, timeout=60)
        finally:
            self.process.kill()
            self.process.wait()


def apply_and_send(plan: str, proxy: FaultyProxy, number: signal.Signals, matches: Any, after: int) -> tuple[str, str]:
    """Send a signal with request number C(after) of those that match; that and later ones get no answer, and are not done."""
    sent = threading.Event()
    running = Running(plan, proxy)

    def send() -> None:
        running.process.send_signal(number)
        sent.set()
        until(lambda: running.process.poll() is not None, 60)

    def held(request: Request) -> bool:
        return sent.is_set() and matches(request)

    # What has passed before may have been done.
    proxy.add(held, Do(lambda: until(lambda: running.process.poll() is not None, 60), Cut()), forever=True)
    proxy.add(matches, *[None] * (after - 1), Do(send, Cut()))
    return running.ended()


def live_maps(cluster: Cluster, namespace: str) -> int:
    return len((cluster.get(f"/api/v1/namespaces/{namespace}/configmaps") or {"items": []})["items"])


def holder(cluster: Cluster) -> str:
    return str(((cluster.get(LEASE) or {}).get("spec") or {}).get("holderIdentity") or "")


def converges(cluster: Cluster, namespace: str, plan: str) -> Thing:
    """The second run ends the work and the third finds nothing to do; what the second one said."""
    second = cluster.apply(plan)
    assert not second.failed, second["msg"]
    assert sum(part["created"] + part["unchanged"] + part["changed"] for part in second["parts"]) == OBJECTS
    assert not cluster.ready(plan).failed
    # Who has nothing to write does not ask for the Lease.
    assert not second["changed"] or holder(cluster) == ""
    for part, kinds in (("a", "ConfigMap,Namespace"), ("b", "ConfigMap,Deployment.apps")):
        parent = cluster.get(f"/api/v1/namespaces/{HOME}/configmaps/part-{namespace}-{part}") or {}
        annotations = parent["metadata"]["annotations"]
        assert annotations["applyset.kubernetes.io/contains-group-kinds"] == kinds
        assert annotations["applyset.kubernetes.io/additional-namespaces"] == namespace
    third = cluster.apply(plan)
    assert third["changed"] is False
    assert sum(part["unchanged"] for part in third["parts"]) == OBJECTS
    return second.result


@pytest.fixture
def name() -> str:
    """Of a namespace, and of the parts."""
    return f"stop-{secrets.token_hex(3)}"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_run_that_is_interrupted_says_what_is_applied_and_leaves_the_lease(
    cluster: Cluster, name: str, tmp_path: Path, chance: random.Random, number: signal.Signals
) -> None:
    plan = plan_of(tmp_path, name)
    after = chance.randrange(2, OBJECTS)
    with FaultyProxy(cluster.client) as proxy:
        stdout, stderr = apply_and_send(plan, proxy, number, of_the_plan(name), after)
    assert "Traceback" not in stdout + stderr
    result = json.loads(stdout)
    done = sum(part["created"] for part in result["parts"])
    assert result["msg"].startswith(f"{done} objects are applied, {OBJECTS - done} are not:\n")
    assert f"interrupted by {number.name}" in result["msg"]
    assert len(result["msg"].splitlines()) < 10
    assert done < after
    assert done - 2 <= live_maps(cluster, name) < OBJECTS - 1
    assert holder(cluster) == ""
    assert "warnings" not in converges(cluster, name, plan)


def test_a_run_that_is_interrupted_before_it_writes_writes_nothing(
    cluster: Cluster, name: str, tmp_path: Path, chance: random.Random
) -> None:
    plan = plan_of(tmp_path, name)
    with FaultyProxy(cluster.client) as proxy:
        running = Running(plan, proxy)
        # Its first look: the inventory, discovery.
        proxy.add(lambda request: True, *[None] * chance.randrange(3), Do(lambda: running.process.send_signal(signal.SIGINT)))
        stdout, stderr = running.ended()
        assert not proxy.asked(lambda request: request.method != "GET")
    assert "Traceback" not in stdout + stderr
    assert json.loads(stdout)["msg"] == "Nothing was applied: interrupted by SIGINT"
    assert cluster.get(f"/api/v1/namespaces/{name}") is None


def test_a_run_that_is_interrupted_while_another_is_waited_for(cluster: Cluster, name: str, tmp_path: Path) -> None:
    cluster.apply(plan_of(tmp_path / "before", name))
    live = cluster.get(LEASE)
    assert live
    live["spec"] = {"holderIdentity": "dead@elsewhere/1", "leaseDurationSeconds": 300, "renewTime": "2020-01-01T00:00:00.000000Z"}
    cluster.client.request("PUT", LEASE, body=live)
    plan = write_plan(tmp_path / "plan", a=[config_map(name, "new")])
    with FaultyProxy(cluster.client) as proxy:
        running = Running(plan, proxy)
        asked = proxy.add(lambda request: request.path == LEASE, None, None, Do(lambda: running.process.send_signal(signal.SIGINT)))
        stdout, stderr = running.ended()
        assert asked.over
    assert "Traceback" not in stdout + stderr
    assert "dead@elsewhere/1 holds the run's Lease" in json.loads(stdout)["msg"]
    assert "interrupted by SIGINT" in json.loads(stdout)["msg"]
    assert holder(cluster) == "dead@elsewhere/1"
    cluster.delete(LEASE)


def test_a_wait_that_is_interrupted_says_what_is_not_ready(cluster: Cluster, name: str, tmp_path: Path) -> None:
    plan = write_plan(tmp_path, a=[space(name), config_map(name, "never")])
    pipe = tmp_path / "progress"
    os.mkfifo(pipe)
    descriptor = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)

    def looked() -> bool:
        """The totals are told after each look at everything."""
        try:
            return b'"totals"' in os.read(descriptor, 65536)
        except BlockingIOError:
            return False

    with FaultyProxy(cluster.client) as proxy:
        running = Running(plan, proxy, "ready", progress=str(pipe))

        def interrupt() -> None:
            until(looked, 60)
            running.process.send_signal(signal.SIGINT)

        threading.Thread(target=interrupt, daemon=True).start()
        stdout, stderr = running.ended()
    os.close(descriptor)
    assert "Traceback" not in stdout + stderr
    message = json.loads(stdout)["msg"]
    assert message.startswith("Not everything is ready: interrupted by SIGINT\n")
    assert f"ConfigMap {name}/never: is not there" in message


@pytest.mark.parametrize("path", ["/api/v1", "/apis/discovery.k8s.io", "/api/v1/configmaps"])
def test_a_wait_that_is_interrupted_while_nobody_answers_ends_at_once(cluster: Cluster, name: str, tmp_path: Path, path: str) -> None:
    plan = write_plan(tmp_path, a=[config_map(name, "never")])
    asked = threading.Event()
    with FaultyProxy(cluster.client) as proxy:
        running = Running(plan, proxy, "ready")

        def silent() -> None:
            asked.set()
            until(lambda: running.process.poll() is not None, 60)

        def interrupt() -> None:
            assert asked.wait(30)
            running.process.send_signal(signal.SIGINT)
            # A request may take 60 seconds.
            with sooner_than(30):
                running.process.wait(50)

        proxy.add(lambda request: request.path == path, Do(silent, Cut()), forever=True)
        with ThreadPoolExecutor(max_workers=1) as pool:
            interrupting = pool.submit(interrupt)
            stdout, stderr = running.ended()
            interrupting.result()
    assert "Traceback" not in stdout + stderr
    assert json.loads(stdout)["msg"] == "The cluster cannot be watched: interrupted by SIGINT"


@pytest.mark.parametrize("which", range(3))
def test_a_run_that_is_killed_is_finished_by_the_next(
    cluster: Cluster, name: str, tmp_path: Path, chance: random.Random, which: int
) -> None:
    """At any request, from the first look to the last write."""
    plan = plan_of(tmp_path, name)
    after = [chance.randrange(1, OBJECTS + 20) for _ in range(which + 1)][which]
    with FaultyProxy(cluster.client) as proxy:
        apply_and_send(plan, proxy, signal.SIGKILL, lambda request: not request.watch, after)
    dead = holder(cluster)
    if dead and which:
        # Nobody's test waits twice for the real 15 s.
        live = cluster.get(LEASE)
        assert live
        live["spec"]["leaseDurationSeconds"] = 1
        cluster.client.request("PUT", LEASE, body=live)
    second = converges(cluster, name, plan)
    taken = dead and second["changed"]
    assert ("warnings" in second) == bool(taken)
    assert not taken or f"Took over from {dead}, which ended without giving back its Lease {HOME}/run." in str(second["warnings"])
    assert second["seconds"] < 60
    cluster.delete(LEASE)
