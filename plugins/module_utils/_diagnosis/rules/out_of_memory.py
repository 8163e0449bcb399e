# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Programs that need more memory than they may use."""

from __future__ import annotations

from ..rule import rule
from ..signals import ended

rule(
    __name__,
    ended(reason="OOMKilled"),
    cause="Containers use more memory than their limit, and are ended: {container} of {workload}.",
    remedy="Raise the limit: kubeflow_workloads: [{{name: …, container: {container}, resources: {{limits: {{memory: 1Gi}}}}}}], then "
    "run site.yml again.",
    shown="OOMKilled",
)
