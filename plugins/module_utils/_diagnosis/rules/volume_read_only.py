# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Volumes that can be read only."""

from __future__ import annotations

from ..rule import rule
from ..signals import event, log

rule(
    __name__,
    log(r"[Rr]ead-only file system"),
    event(r"[Rr]ead-only file system", reason="Failed|FailedMount"),
    cause="What programs write to can only be read.",
    remedy="A volume: its disk had errors, or is mounted read-only; look at dmesg on the node and at the PersistentVolume. Of a node's "
    "CNI folders (GKE): another path.",
    shown="read-only file system",
)
