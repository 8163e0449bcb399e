# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What concurrency alone gives: 16 threads, one PATCH per object, Namespaces, then CRDs, then the rest, again until accepted.

It knows nothing of the order that is needed, compares nothing, and pays no heed to webhooks that pods need: a pod that comes
too early goes without its sidecar.
"""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.connection import connect
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.discovery import Resources
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.http import ApiError, Client
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.deadline import Deadline
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.objects import to_send

from ..measure import Command
from ..paths import environment

if TYPE_CHECKING:  # this file is a program too, and is measured: it imports no more than it needs
    from .job import Job

THREADS = 16
PAUSE_SECONDS = 0.5
STAGES = ("Namespace", "CustomResourceDefinition", "")


def blind(job: Job) -> Command:
    return Command([sys.executable, "-m", __name__, str(job.plan.objects), str(job.cluster.kubeconfig)], environment())


def stage_of(item: dict[str, Any]) -> int:
    """The stage in which an object is sent."""
    return STAGES.index(item["kind"] if item["kind"] in STAGES else "")


def install(client: Client, objects: list[dict[str, Any]]) -> None:
    resources = Resources.discover(client, objects, Deadline(60))

    def accepted(item: dict[str, Any]) -> bool:
        resource = resources.of(item)
        assert resource, item["kind"]
        body = to_send(item, namespaced=resource.namespaced)
        path = resource.path(body["metadata"].get("namespace", ""), body["metadata"]["name"])
        try:
            client.apply(path, body, manager="bench", force=True)
        except ApiError:
            return False
        return True

    with ThreadPoolExecutor(THREADS) as pool:
        for stage in range(len(STAGES)):
            left = [item for item in objects if stage_of(item) == stage]
            while left := [item for item, done in zip(left, pool.map(accepted, left), strict=True) if not done]:
                time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    install(connect({"kubeconfig": sys.argv[2]}), json.loads(Path(sys.argv[1]).read_bytes()))
