# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A release removed and brought back on one cluster: by this collection, and by kubectl given the same objects."""

from __future__ import annotations

import json
import os
import re
import statistics
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.release_file import read_release

from .cluster import BenchError, Cluster, fresh_cluster
from .contenders.job import FIRST, Job
from .contenders.ours import module
from .install import seconds_until_ready
from .measure import Command, Measured, measure, settle
from .paths import ANSIBLE_PLAYBOOK, RELEASE_FILES, ROOT, environment
from .plan import Plan

RELEASE = "26.03"
KEPT, ALL, REINSTALL, KUBECTL = "data kept", "all deleted", "reinstall", "kubectl"
# A namespace may never go once what had to answer in it has gone first.
KUBECTL_SECONDS = 300
Sent = tuple[float, str]
"""When a request was sent, in seconds since the first, and its verb."""
# client-go's round_trippers.go at verbosity 6, in its words since Kubernetes 1.33 and before.
_SENT = re.compile(
    r'^I\d{4} (\d\d):(\d\d):(\d\d\.\d+) .*?\] (?:"Response" verb="([A-Z]+)" url="([^"]*)"|([A-Z]+) (https?://\S+) \d)', re.MULTILINE
)


def sent_by_kubectl(log: str) -> list[Sent]:
    """Requests as kubectl's C(--v=6) tells of them."""
    found = [
        (int(hours) * 3600 + int(minutes) * 60 + float(seconds), verb or older, url or its)
        for hours, minutes, seconds, verb, url, older, its in _SENT.findall(log)
    ]
    return [(round((at - found[0][0]) % 86400, 3), "WATCH" if "watch=" in url else verb) for at, verb, url in found]


def while_waiting(sent: Sequence[Sent]) -> float | None:
    """Requests in a second, the median of those between the first deletion and the last in which nothing is deleted; None when there are none."""
    deletions = [at for at, verb in sent if verb == "DELETE"]
    if not deletions:
        return None
    at_work = {int(at) for at in deletions}
    waited = [second for second in range(min(at_work), max(at_work)) if second not in at_work]
    counts = Counter(int(at) for at, _verb in sent)
    return statistics.median(counts[second] for second in waited) if waited else None


def install(job: Job, left: list[dict[str, Any]]) -> None:
    """Apply the plan, and wait until all is ready.

    :arg left: what controllers leave, which an uninstall is told of by the install's record.
    """
    prepared = job.plan.prepared
    options = {"runtime_owned": prepared.runtime_owned, "made_by_controllers": prepared.made_by_controllers, "left_by_controllers": left}
    applied = measure(module("apply", job, **options), [job.cluster.server])
    if applied.exit_code:
        raise BenchError(f"apply: {applied.output[-3000:]}{applied.errors[-3000:]}")
    seconds_until_ready(job, 0)
    settle(job.cluster.server)


def uninstall(job: Job, *, check: bool = False, **arguments: Any) -> Command:
    """Module C(uninstall), whose requests are counted."""
    command = module("uninstall", job, **arguments)
    given = json.loads(command.standard_input)
    # It asks the cluster, not a plan.
    del given["ANSIBLE_MODULE_ARGS"]["plan"]
    given["ANSIBLE_MODULE_ARGS"]["_ansible_check_mode"] = check
    return replace(command, arguments=[sys.executable, "-m", "bench.counted", "uninstall"], standard_input=json.dumps(given).encode())


def kubectl_delete(job: Job) -> Command:
    """Delete what is in the manifests, and wait for it, as C(--wait) does without being asked."""
    manifests = str(job.plan.manifests)
    options = ["--ignore-not-found", "--wait", f"--timeout={KUBECTL_SECONDS}s", "--v=6"]
    variables = {"KUBECONFIG": str(job.cluster.kubeconfig), "HOME": str(job.scratch)}
    return Command([job.plan.prepared.binaries["kubectl"], "delete", "-f", manifests, *options], {**environment(), **variables})


def playbook(cluster: Cluster, name: str) -> Command:
    arguments = [str(ANSIBLE_PLAYBOOK), "-i", str(cluster.inventory), f"playbooks/{name}.yml"]
    return Command(arguments, environment(**cluster.environment), folder=ROOT)


def left_of(job: Job) -> int:
    """How many objects of ours are on the cluster, by an uninstall in check mode."""
    looked = measure(uninstall(job, check=True, delete_data=True), [])
    if looked.exit_code:
        raise BenchError(f"uninstall in check mode: {looked.output[-3000:]}{looked.errors[-3000:]}")
    return len(json.loads(looked.output)["objects"])


def run(folder: Path, plan: Plan, keep: Callable[[dict[str, Any]], None], say: Callable[[str], None]) -> None:
    release = plan.prepared.release
    left = read_release(RELEASE_FILES, release)["left_by_controllers"]
    with fresh_cluster(folder / f"{release}-uninstall", release) as cluster:
        scratch = cluster.folder / "scratch"
        scratch.mkdir()
        job = Job(plan, cluster, FIRST, scratch)

        def record(what: str, measured: Measured, sent: Sequence[Sent]) -> None:
            if measured.exit_code and what != KUBECTL:
                raise BenchError(f"{what}: exit code {measured.exit_code}\n{measured.output[-3000:]}{measured.errors[-3000:]}")
            found = {
                "release": release,
                "what": what,
                "seconds": measured.seconds,
                "client_cpu": measured.client_cpu,
                "server_cpu": measured.server_cpu,
                "load": load,
                "exit_code": measured.exit_code,
                "left": None if what in (KEPT, REINSTALL) else left_of(job),
                "requests": Counter(verb for _at, verb in sent),
                "while_waiting": while_waiting(sent),
            }
            say(f"{release}, {what}: {measured.seconds} s, {len(sent)} requests, {found['while_waiting']} in a second of waiting")
            keep(found)

        for what in (KEPT, ALL):
            install(job, left)
            load = round(os.getloadavg()[0], 2)
            measured = measure(uninstall(job, delete_data=what == ALL), [cluster.server])
            record(
                what, measured, [(at, verb) for at, verb in json.loads(measured.errors.splitlines()[-2])] if not measured.exit_code else []
            )
        install(job, left)
        load = round(os.getloadavg()[0], 2)
        record(REINSTALL, measure(playbook(cluster, "reinstall"), [cluster.server]), [])
        settle(cluster.server)
        load = round(os.getloadavg()[0], 2)
        measured = measure(kubectl_delete(job), [cluster.server])
        record(KUBECTL, measured, sent_by_kubectl(measured.errors))
