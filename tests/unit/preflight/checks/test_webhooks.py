# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Admission webhooks of others."""

from __future__ import annotations

from typing import Any

import pytest
from checked import OURS, endpoints, found, thing, workload

VALIDATING = "validatingwebhookconfigurations.admissionregistration.k8s.io"
SLICES = "endpointslices.discovery.k8s.io"
DISCOVERY = {
    "/apis/apps/v1": {"resources": [{"name": "deployments", "kind": "Deployment", "namespaced": True}]},
    "/api/v1": {"resources": [{"name": "namespaces", "kind": "Namespace", "namespaced": False}]},
}


def hook(resources: str = "pods", policy: str = "Fail", **more: Any) -> dict[str, Any]:
    rule = {"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["CREATE"], "resources": [resources], "scope": "*"}
    service = {"namespace": "kyverno", "name": "kyverno-svc"}
    entry = {"name": "validate.kyverno.svc", "failurePolicy": policy, "clientConfig": {"service": service}, "rules": [rule]}
    selector = more.pop("selector", None)
    entry |= {"namespaceSelector": selector} if selector else {}
    return thing("ValidatingWebhookConfiguration", "kyverno", webhooks=[entry], **more)


@pytest.mark.parametrize(
    ("configuration", "result"),
    [
        (hook(), "fail"),
        (hook("deployments"), "fail"),
        (hook("namespaces"), "fail"),
        (hook("*"), "fail"),
        (hook("services"), "pass"),
        (hook(policy="Ignore"), "pass"),
        (hook(labels=OURS), "pass"),
        (hook(selector={"matchLabels": {"kubernetes.io/metadata.name": "shop"}}), "pass"),
        (hook(selector={"matchLabels": {"kubernetes.io/metadata.name": "kubeflow"}}), "fail"),
        (hook(selector={"matchLabels": {"team": "ml"}}), "fail"),
    ],
)
def test_one_that_must_be_asked_and_does_not_answer(configuration: dict[str, Any], result: str) -> None:
    space = thing("Namespace", "kubeflow", labels={"team": "ml"})
    answer = found("webhooks", space, workload("a"), found={VALIDATING: [configuration]}, answers=DISCOVERY)
    assert answer.result == result
    assert ("kubectl delete validatingwebhookconfiguration kyverno" in answer.remedy) == (result == "fail")


def test_one_that_answers_is_no_fault() -> None:
    there = {VALIDATING: [hook()], SLICES: [endpoints("kyverno", "kyverno-svc")]}
    assert found("webhooks", workload("a"), found=there, answers=DISCOVERY).result == "pass"


def test_what_the_plan_brings_answers_later() -> None:
    service = thing("Service", "kyverno-svc", "kyverno")
    assert found("webhooks", service, workload("a"), found={VALIDATING: [hook()]}, answers=DISCOVERY).result == "pass"
