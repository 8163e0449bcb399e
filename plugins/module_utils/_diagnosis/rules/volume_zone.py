# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Volumes that are where no node is."""

from __future__ import annotations

from ..rule import rule
from ..signals import event

rule(
    __name__,
    event(r"(?P<what>had volume node affinity conflict|had no available volume zone|exceed max volume count)", reason="FailedScheduling"),
    event(r"(?P<what>Multi-Attach error)", reason="FailedAttachVolume"),
    cause="Volumes cannot be where pods can run: {what}.",
    remedy="Local volumes stay on their node: bring it back, or remove claim and volume when the data is of no use. Of a cloud's: a "
    "StorageClass with volumeBindingMode: WaitForFirstConsumer, set by kubeflow_volumes: [{{storage_class: …}}].",
    shown="node(s) had volume node affinity conflict; Multi-Attach error for volume",
    after=60,
)
