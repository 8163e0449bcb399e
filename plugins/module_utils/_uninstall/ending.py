# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pods that are ending in the time that they were given: while they do, nothing stands still.

Knative Serving gives its activator 600 seconds, for requests that are under way (config/core/deployments/activator.yaml).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def seconds_to_end(metadata: Mapping[str, Any]) -> int:
    """How long an object that is being deleted may take for it; 0 for all but pods.

    meta/v1 ObjectMeta: C(deletionGracePeriodSeconds), which others than pods have as 0 or not at all.
    """
    return int(metadata.get("deletionGracePeriodSeconds") or 0) if metadata.get("deletionTimestamp") else 0


class Ending:
    """Which of them still have time, by this machine's clock: that of the cluster may be another."""

    def __init__(self) -> None:
        self._until: dict[str, tuple[str, float]] = {}

    def has_time(self, left: Mapping[str, Mapping[str, Any]], now: float) -> bool:
        """Whether one may be ending still, or the namespace that it was in may not have taken notice of its end.

        :arg left: metadata by uid.
        :arg now: seconds of a clock that never goes back.
        """
        for uid, metadata in left.items():
            if uid not in self._until and (seconds := seconds_to_end(metadata)):
                self._until[uid] = metadata.get("namespace") or "", now + seconds
        # A namespace that goes is looked at again after half the time that the pods in it were given (pkg/controller/namespace
        # namespace_controller.go).
        spaces = {metadata.get("name") for metadata in left.values() if not metadata.get("namespace")}
        return any(now < until and (uid in left or namespace in spaces) for uid, (namespace, until) in self._until.items())
