# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Images that are not made for the processors of the nodes."""

from __future__ import annotations

from ..rule import rule
from ..signals import ended, log, pull, waiting

rule(
    __name__,
    pull(r"no match(?:ing)? (?:for platform|manifest for)"),
    log(r"exec (?:user process caused|.*)[\": ]*exec format error"),
    ended(pattern=r"exec format error"),
    waiting(r"CrashLoopBackOff|RunContainerError|CreateContainerError", r"exec format error"),
    cause="Images are not made for the processors of the nodes: {image}.",
    remedy="Give these workloads nodes of amd64: kubeflow_workloads: [{{node_selector: {{kubernetes.io/arch: amd64}}}}]; or images for "
    "the nodes' architecture with kubeflow_images.",
    shown="no matching manifest for linux/arm64; exec format error",
)
