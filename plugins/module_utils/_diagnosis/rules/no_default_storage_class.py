# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Claims that name no StorageClass, on a cluster without a default one."""

from __future__ import annotations

from ..rule import rule
from ..signals import event

rule(
    __name__,
    event(r"no storage class is set", reason="FailedBinding"),
    cause="Volumes are claimed without a StorageClass, and the cluster has no default one.",
    remedy="Mark one as default: kubectl annotate storageclass <name> storageclass.kubernetes.io/is-default-class=true; or name one: "
    "kubeflow_volumes: [{{storage_class: <name>}}]. Claims that are there already have to be made again where the second is chosen.",
    shown="no persistent volumes available for this claim and no storage class is set",
)
