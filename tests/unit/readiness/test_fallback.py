# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Kinds that nobody wrote a rule for: the cases of kstatus' own test (pkg/kstatus/status/status_compute_test.go, generic_test.go)."""

from __future__ import annotations

import pytest
from hypothesis import given
from readiness.live import Item, condition, item, judged
from readiness.rules.test_table import ANYTHING, FIELDS, st

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.discovery import Resource
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.fallback import fallback
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.judge import needs_content


@pytest.mark.parametrize(
    ("live", "state", "words"),
    [
        ({"metadata": {"name": "x"}}, "Current", ""),
        (item(), "Current", ""),
        (item(deletionTimestamp="now"), "InProgress", "is being deleted"),
        (item(status={"observedGeneration": 1}), "Current", ""),
        (item(status={"observedGeneration": 1}, generation=2), "InProgress", "seen generation 1 of 2"),
        (item(status=condition("Ready")), "Current", ""),
        (item(status=condition("Ready", "False", reason="R", message="m")), "InProgress", "Ready is False: R: m"),
        (item(status=condition("Ready", "Unknown")), "InProgress", "Ready is Unknown"),
        (item(status=condition("Reconciling", message="m")), "InProgress", "Reconciling is True: m"),
        (item(status=condition("Reconciling", "False")), "Current", ""),
        (item(status=condition("Stalled", reason="R")), "Failed", "Stalled is True: R"),
        (item(status=condition("Stalled", "False")), "Current", ""),
        # These two go before Ready.
        (item(status={"conditions": [*condition("Ready")["conditions"], *condition("Stalled")["conditions"]]}), "Failed", "Stalled"),
        # Conditions of another form, and of other types.
        (item(status={"conditions": [{"deploymentState": "Available"}]}), "Current", ""),
        (item(status=condition("Reconciled", "False")), "Current", ""),
    ],
)
def test_status(live: Item, state: str, words: str) -> None:
    status = judged("Anything.example.com", live)
    assert (status.state, words in status.message) == (state, True)


def test_the_reason_is_that_of_the_condition() -> None:
    assert judged("Anything.example.com", item(status=condition("Stalled", reason="NoSuchRepository"))).reason == "NoSuchRepository"


@given(st.dictionaries(st.sampled_from(FIELDS), ANYTHING))
def test_any_status_has_a_verdict(status: Item) -> None:
    assert fallback(item(status=status)).state in ("Current", "InProgress", "Failed")


def test_another_kind_of_the_same_name_is_judged_by_what_it_tells() -> None:
    assert judged("Certificate.networking.internal.knative.dev", item()).state == "Current"


@pytest.mark.parametrize(
    ("resource", "wanted"),
    [
        (Resource("", "v1", "ConfigMap", "configmaps", True), False),
        # Kubernetes' own without a rule: a Service has its address when it is made, a HorizontalPodAutoscaler may lack metrics.
        (Resource("", "v1", "Service", "services", True, has_status=True), False),
        (Resource("autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", True, has_status=True), False),
        (Resource("networking.k8s.io", "v1", "Ingress", "ingresses", True, has_status=True), False),
        (Resource("apps", "v1", "Deployment", "deployments", True, has_status=True), True),
        (Resource("kubeflow.org", "v1alpha1", "PodDefault", "poddefaults", True), False),
        (Resource("gateway.networking.k8s.io", "v1", "Gateway", "gateways", True, has_status=True), True),
        (Resource("argoproj.io", "v1alpha1", "Workflow", "workflows", True), True),
    ],
)
def test_contents_are_watched_only_of_kinds_that_tell_something(resource: Resource, wanted: bool) -> None:
    assert needs_content(resource, {}) is wanted
    assert needs_content(resource, {(resource.group, resource.kind): lambda _item, _seen: judged("ConfigMap", item())})
