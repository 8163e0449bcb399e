"""Which webhooks are called for what."""

from __future__ import annotations

import pytest

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.webhooks import Subject, selects, webhooks_of

POD = Subject("", "v1", "pods", True, {"app": "x"}, {"istio-injection": "enabled"})


def config(api_version="admissionregistration.k8s.io/v1", kind="MutatingWebhookConfiguration", **entry):
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
    webhook = {"name": "w", "clientConfig": {"service": {"namespace": "n", "name": "s"}}, "rules": [rule], **entry}
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "c"}, "webhooks": [webhook]}


def matches(subject, **entry):
    return webhooks_of(config(**entry))[0].matches(subject)


def rule(**fields):
    return [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["pods"], **fields}]


def test_an_unset_failure_policy_closes_in_v1_and_opens_in_v1beta1():
    assert webhooks_of(config())[0].fail_closed
    assert not webhooks_of(config("admissionregistration.k8s.io/v1beta1"))[0].fail_closed
    assert webhooks_of(config("admissionregistration.k8s.io/v1beta1", failurePolicy="Fail"))[0].fail_closed


def test_another_version_of_the_resource_is_sent_by_default_in_v1_only():
    other_version = rule(apiVersions=["v2"])
    assert webhooks_of(config(rules=other_version))[0].matches(POD)
    assert not webhooks_of(config("admissionregistration.k8s.io/v1beta1", rules=other_version))[0].matches(POD)


def test_a_webhook_at_a_url_is_nobodys_service():
    assert webhooks_of(config(clientConfig={"url": "https://example.com"})) == []


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({}, True),
        ({"rules": rule(resources=["*"])}, True),
        ({"rules": rule(resources=["*/*"])}, True),
        ({"rules": rule(resources=["pods/*"])}, True),
        ({"rules": rule(resources=["pods/status"])}, False),
        ({"rules": rule(apiGroups=["apps"])}, False),
        ({"rules": rule(apiGroups=["*"])}, True),
        ({"rules": rule(operations=["DELETE"])}, False),
        ({"rules": rule(scope="Cluster")}, False),
        ({"rules": rule(apiVersions=["v2"])}, True),
        ({"rules": rule(apiVersions=["v2"]), "matchPolicy": "Exact"}, False),
        ({"rules": []}, False),
        ({"namespaceSelector": {"matchLabels": {"istio-injection": "enabled"}}}, True),
        ({"namespaceSelector": {"matchLabels": {"istio-injection": "disabled"}}}, False),
        ({"objectSelector": {"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}}, False),
    ],
)
def test_rules_and_selectors(entry, expected):
    assert matches(POD, **entry) is expected


def test_a_cluster_scoped_object_passes_any_namespace_selector_and_a_namespace_is_its_own():
    selector = {"matchLabels": {"a": "b"}}
    cluster_role = Subject("rbac.authorization.k8s.io", "v1", "clusterroles", False, {}, None)
    namespace = Subject("", "v1", "namespaces", False, {"a": "c"}, None)
    assert matches(cluster_role, rules=rule(apiGroups=["*"], resources=["*"]), namespaceSelector=selector)
    assert not matches(namespace, rules=rule(resources=["namespaces"]), namespaceSelector=selector)


@pytest.mark.parametrize(
    ("operator", "values", "labels", "expected"),
    [
        ("In", ["a"], {"k": "a"}, True),
        ("In", ["a"], {}, False),
        ("NotIn", ["a"], {}, True),
        ("NotIn", ["a"], {"k": "a"}, False),
        ("Exists", None, {"k": ""}, True),
        ("DoesNotExist", None, {"k": ""}, False),
    ],
)
def test_expressions(operator, values, labels, expected):
    assert selects({"matchExpressions": [{"key": "k", "operator": operator, "values": values}]}, labels) is expected
