# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Workflow steps that want Docker, on nodes that have another container runtime."""

from __future__ import annotations

from ..rule import rule
from ..signals import event

rule(
    __name__,
    event(r'"docker-sock".*(?:is not a socket file|hostPath type check failed)', reason="FailedMount"),
    cause="Pipelines' steps want Docker's socket, and nodes have another container runtime.",
    remedy="pipelines_argo_executor: emissary, then run site.yml again.",
    shown="hostPath type check failed: /var/run/docker.sock is not a socket file",
)
