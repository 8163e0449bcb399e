# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The cluster does not give pipelines' cache the certificate that its deployer asks for."""

from __future__ import annotations

from ..rule import rule
from ..signals import log

rule(
    __name__,
    log(
        r"no matches for kind \"CertificateSigningRequest\" in version \"certificates\.k8s\.io/v1beta1\"|certificates\.k8s\.io/v1beta1|"
        r"signed certificate did not appear on the resource|user not permitted to approve requests with signerName|"
        r"invalid usage for client certificate",
        workload="cache-deployer.*",
    ),
    cause="The cluster does not sign the certificate that cache-deployer-deployment asks for.",
    remedy="Kubernetes 1.22 and newer does not know what it asks for (use 1.21 or older, or a newer release). Otherwise "
    "kube-controller-manager needs --cluster-signing-cert-file and --cluster-signing-key-file; then: kubectl -n kubeflow rollout restart "
    "deployment cache-deployer-deployment",
    shown="After approving csr cache-server.kubeflow, the signed certificate did not appear on the resource",
)
