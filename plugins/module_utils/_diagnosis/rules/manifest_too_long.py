# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An object that is too long to be remembered in an annotation."""

from __future__ import annotations

from ..rule import rule
from ..signals import refused

rule(
    __name__,
    refused(r"metadata\.annotations: Too long|may not be more than 262144 bytes|must have at most 262144 bytes"),
    cause="Objects carry annotations longer than the API server takes: what kubectl apply remembers is in them.",
    remedy="Remove the annotation of the earlier install: kubectl annotate <object> kubectl.kubernetes.io/last-applied-configuration- ; "
    "site.yml itself writes none.",
    shown="metadata.annotations: Too long: must have at most 262144 bytes",
)
