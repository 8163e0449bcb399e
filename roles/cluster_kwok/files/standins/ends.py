# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How long a pod takes for its end: as long as hook C(preStop) sleeps (KEP-3960), since what stands for its programs ends at once."""

from __future__ import annotations

import datetime

from .api import Object


def ends_in(pod: Object, clock: float) -> float:
    """Seconds until the containers of a pod that is being deleted have ended; none or less when they have.

    :param clock: the time in seconds since 1970.
    """
    metadata = pod["metadata"]
    grace = metadata.get("deletionGracePeriodSeconds") or 0
    if (pod.get("status") or {}).get("phase") != "Running":
        return 0.0
    hooks = [(container.get("lifecycle") or {}).get("preStop") or {} for container in pod["spec"]["containers"]]
    sleeps = max((hook.get("sleep") or {}).get("seconds", 0) for hook in hooks)
    # The API server writes when the time that the pod was given will be over.
    until = datetime.datetime.fromisoformat(metadata["deletionTimestamp"]).timestamp()
    return until - grace + min(sleeps, grace) - clock
