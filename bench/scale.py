# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How time, memory and requests grow: with the size of the plan, and with the number of clusters in one run."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .cluster import BenchError, fresh_cluster, fresh_clusters
from .generated import OBJECTS_PER_PART, write_plan
from .measure import Command, Measured, measure, settle
from .paths import ANSIBLE_PLAYBOOK, ROOT, environment

RELEASE = "26.03"
# 27 parts of 25 objects are as many as 26.03 has.
PARTS = (27, 54, 135, 270)
CLUSTERS = (1, 2, 5)
Keep = Callable[[dict[str, Any]], None]


def figures(measured: Measured) -> dict[str, float]:
    if measured.exit_code:
        raise BenchError(f"exit code {measured.exit_code}\n{measured.output[-3000:]}{measured.errors[-3000:]}")
    return {name: getattr(measured, name) for name in ("seconds", "client_cpu", "server_cpu", "memory")}


def plan_sizes(folder: Path, keep: Keep, say: Callable[[str], None]) -> None:
    """Module apply on generated plans, on a cluster of its own each: first install and second run."""
    for parts in PARTS:
        plan = write_plan(folder / f"plan-{parts}", parts)
        with fresh_cluster(folder / f"cluster-{parts}", RELEASE) as cluster:
            given = {"plan": str(plan), "kubeconfig": str(cluster.kubeconfig), "_ansible_remote_tmp": str(folder)}
            command = Command(
                [sys.executable, "-m", "bench.counted", "apply"], environment(), json.dumps({"ANSIBLE_MODULE_ARGS": given}).encode()
            )
            for scenario in ("first install", "second run"):
                settle(cluster.server)
                measured = measure(command, [cluster.server])
                found = figures(measured)
                requests = json.loads(measured.errors.strip().splitlines()[-1])
                say(f"{parts * OBJECTS_PER_PART} objects, {scenario}: {found['seconds']} s, {sum(requests.values())} requests")
                keep({"what": "plan", "objects": parts * OBJECTS_PER_PART, "scenario": scenario, **found, "requests": requests})


def cluster_counts(folder: Path, keep: Keep, say: Callable[[str], None]) -> None:
    """site.yml on several clusters in one run; they share this machine, so that API servers compete with each other."""
    for count in CLUSTERS:
        with fresh_clusters(folder / f"fleet-{count}", RELEASE, count) as clusters:
            arguments = [str(ANSIBLE_PLAYBOOK), "-i", str(clusters[0].inventory), "--forks", str(count), "site.yml"]
            command = Command(arguments, environment(**clusters[0].environment), folder=ROOT)
            settle(clusters[-1].server)
            found = figures(measure(command, [cluster.server for cluster in clusters]))
            say(f"{count} clusters: {found['seconds']} s, {found['memory']} MiB")
            keep({"what": "clusters", "clusters": count, "scenario": "first install", **found})


def run(folder: Path, keep: Keep, say: Callable[[str], None]) -> None:
    plan_sizes(folder, keep, say)
    cluster_counts(folder, keep, say)
