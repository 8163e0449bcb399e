# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Containers that are ended by SIGKILL while no probe has asked for it.

Where several processes share a container, a kubelet may say C(Error) for what was an end for want of memory: the kernel ended another
process of it than the first (kind, Kubernetes 1.34.4).
"""

from __future__ import annotations

from collections.abc import Iterator

from ..evidence import Evidence
from ..rule import Match, rule
from ..signals import ended


def see(evidence: Evidence) -> Iterator[Match]:
    for match in ended(reason="Error", code=137)(evidence):
        pods = {key for key, _pod in evidence.pods_of(match.about)}
        if not any(event.about in pods and "iveness probe" in event.message for event in evidence.current_events):
            yield match


rule(
    __name__,
    see,
    cause="Containers are killed (exit code 137) and no probe has asked for it, most often for want of memory: {container} of {workload}.",
    remedy="Raise the limit: kubeflow_workloads: [{{name: …, container: {container}, resources: {{limits: {{memory: 1Gi}}}}}}], then "
    "run site.yml again. Where no limit is set it is the node that lacks memory: kubectl describe node tells of SystemOOM.",
    shown="exit code 137 with reason Error, without a failed liveness probe",
    after=60,
    general=True,
)
