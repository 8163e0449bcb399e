# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""This collection: its module as Ansible runs it, and the whole playbook as users run it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.cache import cache_root

from ..measure import Command
from ..paths import ANSIBLE_PLAYBOOK, ROOT, environment
from .job import FIRST, Job

MODULES = "ansible_collections.mlplatform.kubeflow.plugins.modules"


def module(name: str, job: Job, **arguments: Any) -> Command:
    """A module run the way Ansible runs it: a process of its own, arguments by standard input, JSON back."""
    given = {"plan": str(job.plan.folder), "kubeconfig": str(job.cluster.kubeconfig), **arguments, "_ansible_remote_tmp": str(job.scratch)}
    return Command([sys.executable, "-m", f"{MODULES}.{name}"], environment(), json.dumps({"ANSIBLE_MODULE_ARGS": given}).encode())


def ours(job: Job) -> Command:
    prepared = job.plan.prepared
    return module("apply", job, runtime_owned=prepared.runtime_owned, made_by_controllers=prepared.made_by_controllers)


def site(job: Job) -> Command:
    """Renders, checks, applies and waits. The first run finds no rendered part in the cache, as a user's first one."""
    cache = job.scratch / "cache"
    if job.scenario == FIRST:
        (cache / "mlplatform.kubeflow").mkdir(parents=True)
        for name in ("binary", "source"):
            (cache / "mlplatform.kubeflow" / name).symlink_to(cache_root() / name)
    variables = {
        "XDG_CACHE_HOME": str(cache),
        "ANSIBLE_CALLBACK_PLUGINS": str(ROOT / "bench/callbacks"),
        "ANSIBLE_CALLBACKS_ENABLED": "timeline",
        "BENCH_TIMELINE": str(timeline_of(job)),
    }
    arguments = [str(ANSIBLE_PLAYBOOK), "-i", str(job.cluster.inventory), "site.yml"]
    return Command(arguments, environment(**job.cluster.environment, **variables), folder=ROOT)


def timeline_of(job: Job) -> Path:
    """Where a run of the playbook leaves its timeline."""
    return job.scratch / f"{job.scenario.replace(' ', '-')}.json"
