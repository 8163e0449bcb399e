# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A LimitRange that allows less than pods ask for."""

from __future__ import annotations

from ..rule import rule
from ..signals import event

rule(
    __name__,
    event(r"(?P<what>(?:maximum|minimum) (?:cpu|memory|ephemeral-storage|storage) usage per \w+ is [^,]+)", reason="FailedCreate"),
    cause="A LimitRange of the namespace refuses pods: {what}.",
    remedy="Change it (kubectl get limitrange -A), or what pods ask for: kubeflow_workloads: [{{name: …, resources: …}}].",
    shown="maximum cpu usage per Container is …",
)
