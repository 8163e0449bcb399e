# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What policies say, asked by dry runs."""

from __future__ import annotations

from typing import Any

import pytest
from checked import GROUPS, ApiError, found, namespaces, question, thing, workload

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.check import CHECKS

BINDINGS = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings"
DISCOVERY = {"/apis/apps/v1": {"resources": [{"name": "deployments", "kind": "Deployment", "namespaced": True}]}}
DENIES = {"items": [thing("ValidatingAdmissionPolicyBinding", "b", spec={"policyName": "limits", "validationActions": ["Deny"]})]}
AUDITS = {"items": [thing("ValidatingAdmissionPolicyBinding", "b", spec={"policyName": "limits", "validationActions": ["Audit"]})]}
PATH = "PATCH /apis/apps/v1/namespaces/kubeflow/deployments/a"
DENIED = ApiError(422, "deployments.apps \"a\" is forbidden: ValidatingAdmissionPolicy 'limits' denied request: no limits")


@pytest.mark.parametrize(
    ("bindings", "there", "answer", "result"),
    [
        (AUDITS, True, DENIED, "pass"),
        (DENIES, True, DENIED, "fail"),
        (DENIES, True, {}, "pass"),
        (DENIES, True, ApiError(409, "conflict"), "pass"),
        (DENIES, False, {}, "warn"),
    ],
)
def test_policies(bindings: Any, there: bool, answer: Any, result: str) -> None:
    answers = {**DISCOVERY, BINDINGS: bindings, PATH: answer}
    said = found("policies", workload("a"), found={"namespaces": namespaces("kubeflow") if there else ()}, answers=answers)
    assert said.result == result
    assert ("no limits" in said.message) == (result == "fail")


def test_nothing_is_tried_without_policies() -> None:
    one = question(workload("a"), found={"namespaces": namespaces("kubeflow")})
    answer = CHECKS["policies"].run(one)
    assert answer is not None and answer.result == "pass"
    assert not [method for method, _path, _body in one.client.asked if method != "GET"]  # type: ignore[attr-defined]


def test_an_engine_is_known_by_its_kinds() -> None:
    answer = found("policies", workload("a"), groups={**GROUPS, "kyverno.io": ("v1",)}, answers=DISCOVERY)
    assert answer.result == "warn" and "Kyverno" in answer.message
