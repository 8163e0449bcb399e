# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An admission webhook whose certificate the API server does not trust."""

from __future__ import annotations

from ..looks import webhook_call
from ..rule import rule

rule(
    __name__,
    webhook_call(
        r"unable to parse bytes as PEM block|unable to load root certificates|x509: certificate signed by unknown authority|"
        r"x509: certificate is (?:valid|not valid)|bad certificate"
    ),
    cause="The API server does not trust webhook {webhook}: its configuration's caBundle is empty, or of another certificate.",
    remedy="cert-manager's cainjector fills in most: kubectl -n cert-manager rollout restart deployment cert-manager-cainjector. Others "
    "are filled in by their own pods: restart those behind {service}. A configuration of an older install has to go: kubectl get "
    "mutatingwebhookconfigurations,validatingwebhookconfigurations. kubectl apply of the manifests empties caBundle again; site.yml does "
    "not.",
    shown="x509: certificate signed by unknown authority; unable to parse bytes as PEM block",
    after=60,
)
