# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tokens for pods, which Istio's sidecars show to istiod. A token is asked for, and shown to the API server that gave it."""

from __future__ import annotations

from typing import Any

from ..._client.http import ApiError
from ..check import Answer, Question, check

_AUDIENCE = "istio-ca"
# kube-controller-manager makes it in each namespace, and nobody deletes kube-system.
_ACCOUNT = "/api/v1/namespaces/kube-system/serviceaccounts/default"
_REVIEWS = "/apis/authentication.k8s.io/v1/tokenreviews"
_FLAGS = (
    "kube-apiserver needs, on every control-plane node: --service-account-signing-key-file=/etc/kubernetes/pki/sa.key "
    "--service-account-issuer=https://kubernetes.default.svc.cluster.local (paths of kubeadm). With the machines in the inventory: "
    "ansible-playbook -i <inventory> mlplatform.kubeflow.nodes --tags apiserver_patch. No reinstall of the cluster is needed."
)


@check(
    asks="Whether the API server issues tokens for pods (TokenRequest), and accepts them.",
    unsaid="The credentials may not create serviceaccounts/token or tokenreviews, so nobody knows whether sidecars will get tokens that count.",
)
def token_request(question: Question) -> Answer | None:
    core = question.look.core
    if not core or not any(_mounts_token(item) for item in question.objects()):
        return None
    if "serviceaccounts/token" not in core:
        seen = f"GET /api/v1 of Kubernetes {question.kubernetes} lists no serviceaccounts/token"
        return Answer(
            "the API server issues no tokens for pods (TokenRequest): istiod and all sidecars would wait for ever", _FLAGS, (seen,)
        )
    body: dict[str, Any] = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        # Ten minutes are the least.
        "spec": {"audiences": [_AUDIENCE], "expirationSeconds": 600},
    }
    try:
        asked = question.client.request("POST", f"{_ACCOUNT}/token", body=body, deadline=question.deadline)
    except ApiError as error:
        if error.status == 404:
            return Answer(
                "ServiceAccount kube-system/default is not there, so no token could be asked for",
                "kube-controller-manager makes it: look whether it runs. kubectl -n kube-system get serviceaccounts",
                blocks=False,
            )
        raise
    review = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenReview",
        "spec": {"token": asked["status"]["token"], "audiences": [_AUDIENCE]},
    }
    status = question.client.request("POST", _REVIEWS, body=review, deadline=question.deadline).get("status") or {}
    if status.get("authenticated"):
        return Answer("the API server issues tokens for pods, and accepts them")
    return Answer(
        "the API server issues tokens for pods and does not accept them itself",
        "--service-account-signing-key-file has to be the private key to --service-account-key-file (role apiserver_patch checks it: "
        "ansible-playbook -i <inventory> mlplatform.kubeflow.nodes --tags apiserver_patch --check).",
        (f"TokenReview: {status.get('error') or 'authenticated: false'}",),
    )


def _mounts_token(item: dict[str, Any]) -> bool:
    """Whether it is of Istio: its webhook gives each sidecar such a volume, and istiod has one itself."""
    return bool(item["kind"] == "Deployment" and item["metadata"]["name"] == "istiod")
