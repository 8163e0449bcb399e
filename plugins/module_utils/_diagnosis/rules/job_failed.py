# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A Job that has given up."""

from __future__ import annotations

from collections.abc import Iterator

from ..evidence import Evidence
from ..rule import Match, rule
from ..signals import short, told


def see(evidence: Evidence) -> Iterator[Match]:
    for key, job in evidence.of("batch", "Job"):
        for found in (job.get("status") or {}).get("conditions") or ():
            if found["type"] == "Failed" and found["status"] == "True" and key in evidence.unwell:
                logs = [
                    f"{log.pod}: log of container {log.container}: {line}"
                    for log in evidence.logs_of(key)
                    for line in log.text.strip().splitlines()[-2:]
                ]
                yield Match(key, tuple(map(short, [told(key, found), *logs])), words={"name": f"{key.namespace}/{key.name}"})


rule(
    __name__,
    see,
    cause="Jobs have given up: {name}.",
    remedy="Once what they ended on is mended (the evidence, and kubectl logs), make them anew: kubeflow_repair: true, or kubectl "
    "delete job and run site.yml again.",
    shown="BackoffLimitExceeded, DeadlineExceeded",
    general=True,
)
