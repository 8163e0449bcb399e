# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Programs that ask for kinds which this Kubernetes does not have any more."""

from __future__ import annotations

from ..rule import rule
from ..signals import log, refused

rule(
    __name__,
    log(
        r"failed to list CRDs: the server could not find|Failed to (?:list|watch) \*v1beta1\.(?:MutatingWebhookConfiguration|"
        r"ValidatingWebhookConfiguration|"
        r"CustomResourceDefinition|Ingress)|no matches for kind \"(?P<kind>\w+)\" in version \"(?P<api>(?:apiextensions\.k8s\.io|"
        r"admissionregistration\.k8s\.io|"
        r"rbac\.authorization\.k8s\.io|networking\.k8s\.io|extensions|policy)/v1beta1|autoscaling/v2beta[12])\""
    ),
    refused(
        r"no matches for kind \"?(?P<kind>\w+)\"? in version \"?(?P<api>(?:apiextensions\.k8s\.io|admissionregistration\.k8s\.io|"
        r"rbac\.authorization\.k8s\.io|"
        r"networking\.k8s\.io|extensions|policy|batch)/v1beta1|autoscaling/v2beta[12])"
    ),
    cause="Kubernetes is too new for this release of Kubeflow: it does not have {kind} {api} any more.",
    remedy="A newer release: kubeflow_release; or a cluster of Kubernetes 1.21 or older for v1.4.0. Preflight (kubernetes_version) "
    "tells it before an install.",
    shown="failed to list CRDs: the server could not find the requested resource; no matches for kind … in version …/v1beta1",
)
