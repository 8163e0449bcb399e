# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""kubernetes.core.k8s: one task for the whole plan, again until every object was accepted.

The module is run as Ansible runs it, and repeated as a task with C(until) is: after C(delay), by default five seconds.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from ..measure import Command
from ..paths import KUBERNETES_CORE, environment

if TYPE_CHECKING:  # this file is a program too, and is measured: it imports no more than it needs
    from .job import Job

MODULE = "ansible_collections.kubernetes.core.plugins.modules.k8s"
DELAY_SECONDS = 5


def kubernetes_core(job: Job) -> Command:
    """By server-side apply where upstream's loop does so: of v1.4.0, Kubernetes 1.21 would refuse it one object for ever."""
    arguments = {
        "src": str(job.plan.manifests),
        "kubeconfig": str(job.cluster.kubeconfig),
        "apply": True,
        **(
            {"server_side_apply": {"field_manager": "bench", "force_conflicts": True}} if "--server-side" in job.plan.prepared.apply else {}
        ),
        "continue_on_error": True,
        "_ansible_remote_tmp": str(job.scratch),
    }
    variables = {
        "PYTHONPATH": f"{KUBERNETES_CORE}:{environment()['PYTHONPATH']}",
        # It keeps its discovery there: of this cluster only.
        "TMPDIR": str(job.scratch),
    }
    return Command([sys.executable, "-m", __name__], environment(**variables), json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode())


def refused(output: str) -> list[str]:
    """What was not accepted, in the server's words."""
    answer = json.loads(output)
    if answer.get("failed"):
        return [answer["msg"]]
    return [result["error"]["msg"] for result in answer["result"]["results"] if "error" in result]


def main() -> None:
    arguments = sys.stdin.buffer.read()
    while True:
        done = subprocess.run([sys.executable, "-m", MODULE], input=arguments, capture_output=True, check=False)
        if not done.stdout:
            sys.exit(done.stderr.decode())
        left = refused(done.stdout.decode())
        if not left:
            return
        print(f"{len(left)} refused, for example: {left[0][:300]}", flush=True)
        time.sleep(DELAY_SECONDS)


if __name__ == "__main__":
    main()
