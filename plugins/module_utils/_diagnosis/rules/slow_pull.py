# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Images that take long."""

from __future__ import annotations

from collections.abc import Iterator

from ..._readiness.pods import container_statuses
from ..evidence import Evidence
from ..rule import Match, rule
from ..signals import short


def see(evidence: Evidence) -> Iterator[Match]:
    for key, pod in evidence.unwell_pods:
        waits = any(
            (status.get("state") or {}).get("waiting", {}).get("reason") in ("ContainerCreating", "PodInitializing")
            for status in container_statuses(pod)
        )
        mine = [event for event in evidence.events if event.about == key and event.reason in ("Pulling", "Pulled", "Failed", "BackOff")]
        if not waits or not mine or mine[-1].reason != "Pulling":
            continue
        age = evidence.now - mine[-1].last
        words = {"image": mine[-1].message.partition('"')[2].rstrip('"') or mine[-1].message}
        yield Match(evidence.owner(key), (short(f"{mine[-1]}, {age:.0f} s ago"),), age=age, words=words)


rule(
    __name__,
    see,
    cause="Images are pulled for long: {image}.",
    remedy="Wait, with a longer kubeflow_timeout and kubeflow_stall_timeout; a registry nearer to the nodes (kubeflow_image_registries) "
    "is faster.",
    shown="event Pulling without Pulled for more than ten minutes",
    after=600,
    heals=True,
)
