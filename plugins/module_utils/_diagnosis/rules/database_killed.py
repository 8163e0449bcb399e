# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A database that is killed before its first start has ended, because a probe is too impatient for the disk."""

from __future__ import annotations

from collections.abc import Iterator

from ..._readiness.pods import container_statuses
from ..evidence import Evidence
from ..rule import Match, rule
from ..signals import short

_DATABASES = ("mysql", "metadata-db", "postgres")


def see(evidence: Evidence) -> Iterator[Match]:
    for key, pod in evidence.unwell_pods:
        for status in container_statuses(pod):
            killed = (status.get("lastState") or {}).get("terminated") or {}
            is_one = any(name in status["name"] or name in key.name for name in _DATABASES)
            if not is_one or killed.get("exitCode") != 137 or killed.get("reason") == "OOMKilled" or status.get("restartCount", 0) < 2:
                continue
            probes = [event for event in evidence.current_events if event.about == key and "iveness probe" in event.message]
            if probes:
                said = f"{key}: container {status['name']} ended with exit code 137, {status['restartCount']} starts"
                yield Match(evidence.owner(key), (short(said), short(str(probes[-1]))), age=evidence.age(pod), words={"name": key.name})


rule(
    __name__,
    see,
    cause="A database is killed by its liveness probe before its first start has ended: the disk is slow.",
    remedy="A faster class of storage: kubeflow_volumes: [{{storage_class: …}}]; or more time: kubectl -n kubeflow patch the Deployment "
    "with a startupProbe (periodSeconds 15, failureThreshold 60). What a broken-off start has left on the volume may have to be removed.",
    shown="exit code 137 and Liveness probe failed, twice or more",
)
