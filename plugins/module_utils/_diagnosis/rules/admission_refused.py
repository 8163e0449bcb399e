# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an admission webhook or a policy refuses, and will refuse again."""

from __future__ import annotations

from ..rule import rule
from ..signals import event, refused

_DENIED = r'admission webhook "(?P<by>[^"]+)" denied the request|ValidatingAdmissionPolicy \'(?P<policy>[^\']+)\'.*denied request'

rule(
    __name__,
    event(_DENIED, reason="FailedCreate"),
    refused(_DENIED),
    cause="A policy of the cluster refuses objects: {by}{policy}.",
    remedy="What it wants is in the evidence: change the setting that the object comes from, or make an exception in the policy for "
    "Kubeflow's namespaces.",
    shown='admission webhook "…" denied the request',
    after=30,
    general=True,
)
