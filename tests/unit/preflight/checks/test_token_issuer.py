# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The issuer of the cluster's tokens, and the one that the login knows."""

from __future__ import annotations

from typing import Any

import pytest
from checked import ask, found, thing

DISCOVERY, KEYS = "/.well-known/openid-configuration", "/openid/v1/jwks"
OWN = "https://kubernetes.default.svc.cluster.local"


def rule(issuer: str) -> dict[str, Any]:
    return thing("RequestAuthentication", "m2m", "istio-system", api="security.istio.io/v1", spec={"jwtRules": [{"issuer": issuer}]})


def test_nobody_asks_when_the_gateway_takes_no_tokens_of_the_cluster() -> None:
    assert ask("token_issuer", rule("http://dex.auth.svc.cluster.local:5556/dex")) is None


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


def test_the_setting_is_named() -> None:
    answer = found("token_issuer", rule(OWN), answers={DISCOVERY: {"issuer": "https://e"}, KEYS: {"keys": [1]}})
    assert answer.remedy == "oauth2_proxy_token_issuer: https://e"
