# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The issuer of the cluster's tokens, and the one that the login knows."""

from __future__ import annotations

from typing import Any

import pytest
from checked import ask, found, thing

DISCOVERY, KEYS = "/.well-known/openid-configuration", "/openid/v1/jwks"
OWN = "https://kubernetes.default.svc.cluster.local"


GKE = "https://container.googleapis.com/v1/projects/p/locations/europe-west1/clusters/"
AKS = "https://westeurope.oic.prod-aks.azure.com/tenant/"


def rule(*issuers: str, name: str = "m2m-token-issuer") -> dict[str, Any]:
    rules = [{"issuer": issuer} for issuer in issuers]
    return thing("RequestAuthentication", name, "istio-system", api="security.istio.io/v1", spec={"jwtRules": rules})


def test_nobody_asks_when_the_gateway_takes_no_tokens_of_the_cluster() -> None:
    assert ask("token_issuer", rule("http://dex.auth.svc.cluster.local:5556/dex", name="dex-jwt")) is None
    assert ask("token_issuer", rule("https://kubeflow.example.com/dex", name="dex-jwt")) is None


@pytest.mark.parametrize(
    ("issuer", "keys", "words"),
    [
        (OWN, [{"kid": "a"}], ""),
        (f"{OWN}/", [{"kid": "a"}], ""),
        (OWN, [], "lists no keys"),
        ("kubernetes.default.svc", [{"kid": "a"}], "no https:// address"),
        ("https://example.com", [{"kid": "a"}], "it is https://example.com"),
    ],
)
def test_issuer_and_keys(issuer: str, keys: list[Any], words: str) -> None:
    answer = found("token_issuer", rule(OWN), answers={DISCOVERY: {"issuer": issuer}, KEYS: {"keys": keys}})
    assert answer.result == ("warn" if words else "pass")
    assert words in answer.message


@pytest.mark.parametrize(
    ("known", "issuer", "good"),
    [
        (f"{GKE}one", f"{GKE}one", True),
        (f"{GKE}one", f"{GKE}other", False),
        (OWN, f"{GKE}one", False),
        (f"{AKS}one", f"{AKS}one/", True),
        (f"{AKS}one", f"{AKS}other/", False),
        ("https://oidc.eks.AWS_REGION.amazonaws.com/id/CLUSTER_ID", "https://oidc.eks.eu-west-1.amazonaws.com/id/A", False),
    ],
)
def test_issuers_of_clouds(known: str, issuer: str, good: bool) -> None:
    login = rule("https://kubeflow.example.com/dex", name="dex-jwt")
    answer = found("token_issuer", login, rule(known), answers={DISCOVERY: {"issuer": issuer}, KEYS: {"keys": [1]}})
    assert answer.result == ("pass" if good else "warn") and issuer in answer.message
    if not good:
        assert f"the login knows {known} as issuer" in answer.message and answer.remedy == f"oauth2_proxy_token_issuer: {issuer}"


def test_one_of_several_issuers_is_enough_in_each() -> None:
    answers = {DISCOVERY: {"issuer": OWN}, KEYS: {"keys": [1]}}
    inside = rule(OWN, "https://kubernetes.default.svc", name="cluster-local-gateway-jwt")
    assert found("token_issuer", rule(OWN), inside, answers=answers).result == "pass"
    answers[DISCOVERY] = {"issuer": f"{GKE}one"}
    answer = found("token_issuer", rule(f"{GKE}one"), inside, answers=answers)
    assert answer.result == "warn" and "m2m-token-issuer" not in answer.message
    assert answer.remedy == f"Give jwtRules of RequestAuthentication cluster-local-gateway-jwt the issuer {GKE}one."


def test_one_of_another_name_is_known_by_its_issuer() -> None:
    answer = found("token_issuer", rule(OWN, name="mine"), answers={DISCOVERY: {"issuer": f"{GKE}one"}, KEYS: {"keys": [1]}})
    assert answer.result == "warn" and answer.remedy == f"oauth2_proxy_token_issuer: {GKE}one"


def test_the_setting_is_named() -> None:
    answer = found("token_issuer", rule(OWN), answers={DISCOVERY: {"issuer": "https://e"}, KEYS: {"keys": [1]}})
    assert answer.remedy == "oauth2_proxy_token_issuer: https://e"
