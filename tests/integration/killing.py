# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs that are killed with SIGKILL at one of their writes: what a cluster is left as depends on nothing else that they ask."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conftest import ROOT, Cluster, environment
from faulty_proxy import Cut, Do, FaultyProxy, Request
from test_interrupted import LEASE, SEED, holder

Thing = dict[str, Any]
# One after the other, like tasks of a play: the first that fails is the last.
_SHELL = 'for name do "$0" -m "ansible_collections.mlplatform.kubeflow.plugins.modules.$name" <"$name.json" >"$name.out"; done'


@dataclass(frozen=True)
class Moment:
    """A write by its number, from 1; C(done): the API server still does it, and nobody hears of it."""

    number: int
    done: bool


def drawn(what: str, writes: int) -> Moment:
    """One of a run's writes, by the seed, which is said: with it in KUBEFLOW_TEST_SEED all are drawn again."""
    chance = random.Random(f"{SEED} {what}")
    moment = Moment(chance.randrange(1, writes + 1), chance.random() < 0.5)
    print(f"KUBEFLOW_TEST_SEED={SEED}: {what}: {moment} of {writes}")
    return moment


def is_write(request: Request) -> bool:
    """Reviews are questions, whatever their method."""
    return request.method in ("DELETE", "PATCH", "PUT") or (request.method == "POST" and "reviews" not in request.path)


def run_modules(cluster: Cluster, folder: Path, modules: Mapping[str, Thing], stop: Moment | None = None) -> int:
    """Run modules in a process group of their own, to the end or until it is killed.

    :arg modules: arguments by name, in order.
    :returns: how many writes there were.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with FaultyProxy(cluster.client) as proxy:
        for name, arguments in modules.items():
            given = {"host": proxy.url, "timeout": 60, "stall_timeout": 20, **arguments, "_ansible_remote_tmp": "/tmp"}
            (folder / f"{name}.json").write_text(json.dumps({"ANSIBLE_MODULE_ARGS": given}))
        running = subprocess.Popen(
            ["sh", "-ec", _SHELL, sys.executable, *modules],
            cwd=folder,
            stderr=subprocess.DEVNULL,
            env=environment(PYTHONPATH=str(ROOT / ".collections")),
            start_new_session=True,
        )
        if stop:
            proxy.add(is_write, *[None] * (stop.number - 1), Do(lambda: _kill(running), Cut(after=stop.done)))
        try:
            running.wait(120)
        finally:
            _kill(running)
        writes = len(proxy.asked(is_write))
    if stop:
        assert running.returncode == -signal.SIGKILL, f"ended by itself after {writes} writes"
        _nobody_waits(cluster)
    else:
        assert not running.returncode, [(folder / f"{name}.out").read_text() for name in modules]
    return writes


def _kill(running: subprocess.Popen[bytes]) -> None:
    if running.poll() is None:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()


def _nobody_waits(cluster: Cluster) -> None:
    """The Lease of whoever was killed runs out after 1 s rather than 15."""
    live = cluster.get(LEASE)
    if live and holder(cluster):
        live["spec"]["leaseDurationSeconds"] = 1
        cluster.client.request("PUT", LEASE, body=live)
