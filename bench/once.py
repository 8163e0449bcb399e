# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One first install by module C(apply) on a cluster with settings of its own."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .cluster import BenchError, Cluster, fresh_cluster
from .contenders.job import FIRST, Job
from .contenders.ours import ours
from .install import seconds_until_ready
from .measure import Measured, measure, settle
from .plan import Plan


@dataclass(frozen=True)
class Installed:
    """The cluster with the install on it, what was measured, and after how many seconds all was ready."""

    cluster: Cluster
    measured: Measured
    ready_seconds: float


@contextlib.contextmanager
def installed(folder: Path, plan: Plan, **variables: Any) -> Iterator[Installed]:
    """C(variables) are of the inventory, as in C(cluster_kwok_pull_seconds). The cluster is removed at the end.

    :raises BenchError: when C(apply) fails, or not all becomes ready.
    """
    with fresh_cluster(folder, plan.prepared.release, **variables) as cluster:
        scratch = cluster.folder / "scratch"
        scratch.mkdir()
        job = Job(plan, cluster, FIRST, scratch)
        settle(cluster.server)
        started = time.monotonic()
        measured = measure(ours(job), [cluster.server])
        if measured.exit_code:
            raise BenchError(f"apply with {variables}: {measured.output[-3000:]}{measured.errors[-3000:]}")
        yield Installed(cluster, measured, seconds_until_ready(job, started))
