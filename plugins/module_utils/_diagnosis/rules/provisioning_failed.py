# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A provisioner that says that it cannot make a volume."""

from __future__ import annotations

from ..rule import rule
from ..signals import event

rule(
    __name__,
    event(r"(?P<message>.+)", reason="ProvisioningFailed"),
    cause="The provisioner of volumes fails.",
    remedy="What it says is in the evidence. 'selfLink was empty': it is too old for Kubernetes 1.20 and newer "
    "(nfs-subdir-external-provisioner 4 is not). Another class: kubeflow_volumes: [{{storage_class: …}}].",
    shown="event ProvisioningFailed of a claim",
    after=60,
    general=True,
)
