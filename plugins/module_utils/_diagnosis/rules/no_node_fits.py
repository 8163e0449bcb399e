# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Nodes that a pod may not run on: their taints, or labels that it asks for."""

from __future__ import annotations

from ..rule import rule
from ..signals import event

rule(
    __name__,
    event(
        r"(?P<what>didn't match (?:Pod's )?node (?:affinity(?:/selector)?|selector)|had (?:untolerated )?taints?[^,.]*|"
        r"node\(s\) were unschedulable)",
        reason="FailedScheduling",
    ),
    cause="Nodes are not for these pods: {what}.",
    remedy="Compare kubectl get nodes --show-labels and the nodes' taints with what pods ask for: kubeflow_workloads: [{{node_selector: "
    "…, tolerations: …}}]; a node that was drained takes pods again after kubectl uncordon.",
    shown="node(s) had untolerated taint, didn't match Pod's node affinity/selector",
    after=60,
    general=True,
)
