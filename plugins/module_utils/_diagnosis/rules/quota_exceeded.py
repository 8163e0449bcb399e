# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A ResourceQuota that allows no more."""

from __future__ import annotations

from ..rule import rule
from ..signals import event, refused

_TEXT = (
    r"exceeded quota: (?P<quota>[^,\s]+)(?:, requested: (?P<requested>[^,\s]+))?|must specify (?P<must>[\w.,]+) *$|"
    r"failed quota: (?P<failed>[^:\s]+)"
)

rule(
    __name__,
    event(_TEXT, reason="FailedCreate|ProvisioningFailed"),
    refused(r"exceeded quota: (?P<quota>[^,\s]+)|failed quota: (?P<failed>[^:\s]+)"),
    cause="A ResourceQuota allows no more: {quota}{failed}.",
    remedy="Raise or remove it (kubectl describe quota -A), or ask for less: kubeflow_resources: 0.5, kubeflow_workloads. Refused pods "
    "are made by themselves then.",
    shown="exceeded quota: …; failed quota: … must specify",
)
