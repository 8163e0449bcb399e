# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A StorageClass whose provisioner does not answer: the class is there, but nothing that makes volumes."""

from __future__ import annotations

from ..rule import rule
from ..signals import event

rule(
    __name__,
    event(r'external provisioner "?\'?(?P<provisioner>[^\s"\']+)', reason="ExternalProvisioning"),
    cause="Nothing makes the volumes of the StorageClass: its provisioner {provisioner} does not answer.",
    remedy="A StorageClass alone makes no volumes: look for the pods of {provisioner} (kubectl get pods -A), install it, or choose "
    "another class: kubeflow_volumes: [{{storage_class: …}}].",
    shown="waiting for a volume to be created, either by external provisioner … or manually",
    after=180,
)
