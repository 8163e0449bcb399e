# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tokens of machines at the gateway: it has to know the issuer that the cluster's tokens name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..check import Answer, Problem, Question, answer_of, check
from ..look import name_of

# RequestAuthentications of upstream for the cluster's own tokens, whatever issuer they name: clouds have their own. What mends each.
_SETTING = "oauth2_proxy_token_issuer: {issuer}"
_UPSTREAMS = {
    "m2m-token-issuer": _SETTING,
    "cluster-local-gateway-jwt": "Give jwtRules of RequestAuthentication cluster-local-gateway-jwt the issuer {issuer}.",
}
# Others are known by an issuer that the overlays of oauth2-proxy have: in a cluster that is not in a cloud it ends so, and so it begins on EKS.
_OWN, _EKS = "kubernetes.default.svc", "https://oidc.eks."
_DISCOVERY = "/.well-known/openid-configuration"
_JWKS = "/openid/v1/jwks"
# It answers 406 to who takes nothing but JSON (pkg/routes/openidmetadata.go).
_JWK_SET = "application/jwk-set+json"


@check(
    asks="Whether the issuer of the cluster's tokens is the one that the login knows, and its keys can be read.",
    unsaid="Compare by hand: kubectl get --raw /.well-known/openid-configuration, and oauth2_proxy_token_issuer.",
)
def token_issuer(question: Question) -> Answer | None:
    expected = sorted((name, issuers) for name, issuers in _expected(question) if issuers)
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
    else:
        problems += [
            Problem(
                f"the login knows {', '.join(known)} as issuer of the cluster's tokens (RequestAuthentication {name}), and it is {issuer}: "
                "the gateway would refuse them",
                _UPSTREAMS.get(name, _SETTING).format(issuer=issuer),
                blocks=False,
            )
            for name, known in expected
            if issuer.rstrip("/") not in {one.rstrip("/") for one in known}
        ]
    keys = question.client.get(_JWKS, accept=_JWK_SET, deadline=question.deadline) or {}
    if not keys.get("keys"):
        problems.append(
            Problem(
                f"{_JWKS} lists no keys", "Look at --service-account-key-file of kube-apiserver.", blocks=False, evidence=(str(keys)[:200],)
            )
        )
    return answer_of(problems, f"the login knows the issuer of the cluster's tokens, {issuer}")


def _expected(question: Question) -> Iterator[tuple[str, list[str]]]:
    """RequestAuthentications with the issuers that they take for the cluster's; one of them is enough."""
    for item in question.objects():
        if item["kind"] != "RequestAuthentication":
            continue
        rules = (item.get("spec") or {}).get("jwtRules")
        issuers = [str(rule.get("issuer") or "") for rule in rules if isinstance(rule, Mapping)] if isinstance(rules, list) else []
        name = name_of(item)
        yield name, sorted({issuer for issuer in issuers if name in _UPSTREAMS or _OWN in issuer or issuer.startswith(_EKS)})
