# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tokens of machines at the gateway: it has to know the issuer that the cluster's tokens name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..check import Answer, Problem, Question, answer_of, check

# As the overlays of oauth2-proxy have it; any issuer of a cluster's own tokens that is not in a cloud ends so.
_OWN = "kubernetes.default.svc"
_DISCOVERY = "/.well-known/openid-configuration"
_JWKS = "/openid/v1/jwks"
# It answers 406 to who takes nothing but JSON (pkg/routes/openidmetadata.go).
_JWK_SET = "application/jwk-set+json"


@check(
    asks="Whether the issuer of the cluster's tokens is the one that the login knows, and its keys can be read.",
    unsaid="Compare by hand: kubectl get --raw /.well-known/openid-configuration, and oauth2_proxy_token_issuer.",
)
def token_issuer(question: Question) -> Answer | None:
    expected = sorted(set(_expected(question)))
    if not expected:
        return None
    issuer = str((question.client.get(_DISCOVERY, deadline=question.deadline) or {}).get("issuer") or "")
    problems = []
    if not issuer.startswith("https://"):
        problems.append(
            Problem(
                f"the cluster's tokens are of issuer {issuer or 'none'}, which is no https:// address: nobody can check them",
                "Set --service-account-issuer=https://kubernetes.default.svc.cluster.local on kube-apiserver, with the old one as a second "
                "value so that running pods keep their tokens (role apiserver_patch: apiserver_patch_issuer).",
                blocks=False,
            )
        )
    elif issuer.rstrip("/") not in {one.rstrip("/") for one in expected}:
        problems.append(
            Problem(
                f"the login knows {', '.join(expected)} as issuer of the cluster's tokens, and it is {issuer}: the gateway would refuse them",
                f"oauth2_proxy_token_issuer: {issuer}",
                blocks=False,
            )
        )
    keys = question.client.get(_JWKS, accept=_JWK_SET, deadline=question.deadline) or {}
    if not keys.get("keys"):
        problems.append(
            Problem(
                f"{_JWKS} lists no keys", "Look at --service-account-key-file of kube-apiserver.", blocks=False, evidence=(str(keys)[:200],)
            )
        )
    return answer_of(problems, f"the login knows the issuer of the cluster's tokens, {issuer}")


def _expected(question: Question) -> Iterator[str]:
    for item in question.objects():
        if item["kind"] != "RequestAuthentication":
            continue
        rules = (item.get("spec") or {}).get("jwtRules")
        for rule in rules if isinstance(rules, list) else ():
            if isinstance(rule, Mapping) and _is_of_a_cluster(rule):
                yield str(rule["issuer"])


def _is_of_a_cluster(rule: Mapping[str, Any]) -> bool:
    issuer = str(rule.get("issuer") or "")
    return _OWN in issuer or issuer.startswith("https://oidc.eks.")
