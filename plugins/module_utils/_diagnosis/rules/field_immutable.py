# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What cannot be changed on a live object."""

from __future__ import annotations

from ..rule import rule
from ..signals import refused

rule(
    __name__,
    refused(
        r"field is immutable|spec is immutable after creation|updates to statefulset spec for fields other than|"
        r"cannot change roleRef"
    ),
    cause="Objects of the cluster cannot be changed into what the plan has: Kubernetes keeps some of their fields for good.",
    remedy="Take the setting back, or delete the objects (workloads lose nothing, claims lose their data: save it first), then run "
    "site.yml again.",
    shown="spec.selector: Invalid value: … field is immutable",
)
