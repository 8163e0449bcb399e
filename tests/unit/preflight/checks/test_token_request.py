# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tokens for pods."""

from __future__ import annotations

from typing import Any

import pytest
from checked import ApiError, ask, found, question, refused, workload

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.check import CHECKS

ISTIOD = workload("istiod", "istio-system")
TOKEN = "POST /api/v1/namespaces/kube-system/serviceaccounts/default/token"
REVIEW = "POST /apis/authentication.k8s.io/v1/tokenreviews"
GIVEN = {"status": {"token": "secret-token"}}


def test_without_istio_nobody_needs_them() -> None:
    assert ask("token_request", workload("dex")) is None


def test_the_flags_are_named_where_the_api_server_does_not_issue_them() -> None:
    answer = found("token_request", ISTIOD, core=frozenset({"pods"}), kubernetes="v1.19.16")
    assert answer.result == "fail"
    assert "--service-account-signing-key-file" in answer.remedy and "--service-account-issuer" in answer.remedy


@pytest.mark.parametrize(("status", "result"), [({"authenticated": True}, "pass"), ({"error": "invalid signature"}, "fail")])
def test_a_token_is_shown_to_the_server_that_gave_it(status: dict[str, Any], result: str) -> None:
    one = question(ISTIOD, answers={TOKEN: GIVEN, REVIEW: {"status": status}})
    answer = CHECKS["token_request"].run(one)
    assert answer is not None and answer.result == result
    assert "secret-token" not in str(answer)
    (_token, review) = one.client.asked  # type: ignore[attr-defined]
    assert review[2]["spec"] == {"token": "secret-token", "audiences": ["istio-ca"]}


def test_a_missing_account_is_no_proof() -> None:
    assert found("token_request", ISTIOD).result == "warn"


def test_who_may_not_ask_does_not_know() -> None:
    with pytest.raises(ApiError):
        ask("token_request", ISTIOD, answers={TOKEN: refused()})
    assert not CHECKS["token_request"].needs_answer
