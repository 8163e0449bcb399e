# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether it is certain whom one talks to."""

from __future__ import annotations

from ..check import Answer, Question, check


@check(asks="Whether the API server's certificate is checked.", unsaid="")
def verified_tls(question: Question) -> Answer | None:
    if not question.client.host.startswith("https"):
        return None
    if question.verified:
        return Answer("the API server's certificate is checked")
    return Answer(
        f"the certificate of {question.client.host} is not checked: whoever is on the way can read the credentials and all Secrets",
        "Give the cluster's CA: certificate-authority-data in the kubeconfig, or K8S_AUTH_SSL_CA_CERT. In AWX: field 'Certificate Authority "
        "data' of the credential; without it AWX turns the check off.",
        blocks=False,
    )
