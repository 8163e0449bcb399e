# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every contender on a cluster of its own: first install, second run, one changed image."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from .cluster import BenchError, Cluster, fresh_cluster
from .contenders.job import IMAGE, Job
from .contenders.ours import module, timeline_of
from .contenders.registry import CONTENDERS
from .measure import Measured, measure, settle
from .plan import Plan, with_another_image

Record = dict[str, Any]
Say = Callable[[str], None]


def seconds_until_ready(job: Job, started: float) -> float:
    """Seconds since C(started) (monotonic) when every object of the plan is ready, whoever applied it.

    :raises BenchError: when that does not come.
    """
    waited = measure(module("ready", job, timeout=600), [job.cluster.server])
    answer = json.loads(waited.output or "{}")
    if not answer.get("ready"):
        raise BenchError(f"not ready after {job.scenario}:\n{answer.get('msg', waited.errors)}")
    return round(time.monotonic() - started, 2)


def run_contender(name: str, plan: Plan, changed: Plan, cluster: Cluster, number: int, say: Say) -> Iterable[Record]:
    """One contender through its scenarios on one cluster."""
    contender = CONTENDERS[name]
    scratch = cluster.folder / "scratch"
    scratch.mkdir()
    for scenario in contender.scenarios:
        job = Job(changed if scenario == IMAGE else plan, cluster, scenario, scratch)
        settle(cluster.server)
        load = round(os.getloadavg()[0], 2)
        started = time.monotonic()
        measured = measure(contender.command(job), [cluster.server])
        if measured.exit_code:
            raise BenchError(f"{name}, {scenario}: exit code {measured.exit_code}\n{measured.output[-3000:]}{measured.errors[-3000:]}")
        record = {
            "release": plan.prepared.release,
            "contender": name,
            "scenario": scenario,
            "run": number,
            "seconds": measured.seconds,
            "client_cpu": measured.client_cpu,
            "server_cpu": measured.server_cpu,
            "memory": measured.memory,
            "ready_seconds": seconds_until_ready(job, started),
            "load": load,
            **details(name, job, measured),
        }
        say(f"{name}, {scenario}: {measured.seconds} s, ready after {record['ready_seconds']} s")
        yield record


def details(name: str, job: Job, measured: Measured) -> Record:
    """What else a contender tells."""
    if name == "ours":
        answer = json.loads(measured.output)
        return {"parts": answer["parts"]}
    if name == "site":
        timeline = json.loads(timeline_of(job).read_text())
        applied = next(task["end"] for task in timeline if task["action"].endswith(".apply"))
        # It waits itself.
        return {"seconds": applied, "ready_seconds": measured.seconds, "timeline": timeline}
    tries = measured.output.count("Retrying to apply resources") + measured.output.count(" refused, for example: ")
    return {"tries": tries + 1}


def run(folder: Path, plan: Plan, names: Iterable[str], runs: int, keep: Callable[[Record], None], say: Say) -> None:
    """All contenders in turn, so that a machine whose speed drifts does so for all of them."""
    changed = with_another_image(plan, "changed")
    for number in range(1, runs + 1):
        for name in names:
            say(f"{plan.prepared.release}, run {number} of {runs}: {CONTENDERS[name].label}")
            with fresh_cluster(folder / f"{plan.prepared.release}-{name}-{number}", plan.prepared.release) as cluster:
                for record in run_contender(name, plan, changed, cluster, number, say):
                    keep(record)
