# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What settings name and nobody makes but the user."""

from __future__ import annotations

from typing import Any

import pytest
from checked import Made, ask, found, namespaces, thing, workload

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.http import ApiError

VARIABLE = {"name": "P", "valueFrom": {"secretKeyRef": {"name": "login", "key": "k"}}}
PLAN = workload("a", spec={"containers": [{"name": "m", "image": "i", "env": [VARIABLE]}]})
SECRET = thing("Secret", "login", "kubeflow")
CERTIFICATE = thing("Certificate", "c", "kubeflow", api="cert-manager.io/v1", spec={"secretName": "login"})


def test_the_command_that_makes_it_is_said() -> None:
    answer = found("named_objects", PLAN)
    assert answer.result == "fail"
    assert answer.remedy.startswith("kubectl create namespace kubeflow; kubectl -n kubeflow create secret generic login ")
    there = found("named_objects", PLAN, found={"namespaces": namespaces("kubeflow")})
    assert there.remedy.startswith("kubectl -n kubeflow create secret generic login ")


@pytest.mark.parametrize(
    ("objects", "more"),
    [
        ([PLAN, SECRET], {}),
        ([PLAN, CERTIFICATE], {}),
        ([PLAN], {"found": {"secrets": [SECRET]}}),
        ([PLAN], {"made": (Made("Secret", "login", "kubeflow"),)}),
        ([PLAN], {"made": (Made("Secret", "login"),)}),
        ([workload("b", spec={"priorityClassName": "system-node-critical"})], {}),
    ],
)
def test_what_somebody_makes_is_not_missing(objects: list[dict[str, Any]], more: dict[str, Any]) -> None:
    assert found("named_objects", *objects, **more).result == "pass"


def test_a_priority_class_is_missing() -> None:
    answer = found("named_objects", workload("b", spec={"priorityClassName": "high"}))
    assert answer.result == "fail" and "kubectl create priorityclass high" in answer.remedy


def test_a_pull_secret_is_a_warning_with_all_its_namespaces() -> None:
    pulls = {"imagePullSecrets": [{"name": "hub"}]}
    answer = found("named_objects", workload("b", spec=pulls), workload("c", "auth", spec=pulls), found={"namespaces": namespaces("auth")})
    assert answer.result == "warn"
    assert (
        "kubectl create namespace kubeflow; for space in auth kubeflow; do kubectl -n $space create secret docker-registry hub"
        in answer.remedy
    )


def test_the_certificate_of_the_gateway() -> None:
    servers = [{"tls": {"credentialName": "tls"}}]
    gateway = thing("Gateway", "kubeflow-gateway", "kubeflow", api="networking.istio.io/v1", spec={"servers": servers})
    answer = found("named_objects", gateway)
    assert answer.result == "warn" and "kubectl -n istio-system create secret tls tls" in answer.remedy
    assert found("named_objects", gateway, found={"secrets": [thing("Secret", "tls", "istio-system")]}).result == "pass"


def test_who_may_not_list_secrets_does_not_know() -> None:
    with pytest.raises(ApiError):
        ask("named_objects", PLAN, gaps={"secrets": ApiError(403, "secrets is forbidden")})
