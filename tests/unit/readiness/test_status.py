"""Readiness of single objects."""

from __future__ import annotations

import pytest

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.status import status_of

APPS = "apps"


def item(spec=None, status=None, generation=1, **metadata):
    return {"metadata": {"name": "x", "generation": generation, **metadata}, "spec": spec or {}, "status": status or {}}


def condition(type_, status="True", **more):
    return {"conditions": [{"type": type_, "status": status, **more}]}


READY = {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1, "readyReplicas": 1}
LATE = {
    **condition("Progressing", "False", reason="ProgressDeadlineExceeded", message="has timed out"),
    "observedGeneration": 1,
    "replicas": 1,
}
DAEMON = {
    "observedGeneration": 1,
    "desiredNumberScheduled": 2,
    "currentNumberScheduled": 2,
    "updatedNumberScheduled": 2,
    "numberAvailable": 2,
}


@pytest.mark.parametrize(
    ("group", "kind", "live", "state", "words"),
    [
        (APPS, "Deployment", None, "NotFound", "is not there"),
        (APPS, "Deployment", item(status=READY), "Current", ""),
        (APPS, "Deployment", item(spec={"replicas": 0}, status={"observedGeneration": 1}), "Current", ""),
        (APPS, "Deployment", item(status=READY, generation=2), "InProgress", "generation 1 of 2"),
        (APPS, "Deployment", item(), "InProgress", "generation none of 1"),
        (APPS, "Deployment", item(spec={"replicas": 2}, status=READY), "InProgress", "1 of 2 replicas made"),
        (APPS, "Deployment", item(status={**READY, "availableReplicas": 0}), "InProgress", "0 of 1 replicas available"),
        (APPS, "Deployment", item(status={**READY, "replicas": 2}), "InProgress", "1 old replicas"),
        (APPS, "Deployment", item(status=LATE), "InProgress", "has timed out"),
        (APPS, "Deployment", item(status=READY, deletionTimestamp="now"), "InProgress", "being deleted"),
        (APPS, "StatefulSet", item(status=READY), "Current", ""),
        (APPS, "StatefulSet", item(status={"observedGeneration": 1}), "InProgress", "0 of 1 replicas ready"),
        (
            APPS,
            "StatefulSet",
            item(status={**READY, "updatedReplicas": 0, "currentRevision": "a", "updateRevision": "b"}),
            "InProgress",
            "0 of 1 replicas updated",
        ),
        (APPS, "DaemonSet", item(status=DAEMON), "Current", ""),
        (APPS, "DaemonSet", item(status={"observedGeneration": 1}), "InProgress", "not scheduled"),
        (APPS, "DaemonSet", item(status={**DAEMON, "numberAvailable": 1}), "InProgress", "1 of 2 pods available"),
        ("batch", "Job", item(status=condition("Complete")), "Current", ""),
        ("batch", "Job", item(), "InProgress", "has not completed"),
        ("batch", "Job", item(status=condition("Failed", reason="BackoffLimitExceeded", message="m")), "Failed", "BackoffLimitExceeded: m"),
        ("", "PersistentVolumeClaim", item(status={"phase": "Bound"}), "Current", ""),
        ("", "PersistentVolumeClaim", item(), "InProgress", "no volume is bound"),
        ("", "PersistentVolumeClaim", item(status={"phase": "Lost"}), "Failed", "lost"),
        ("", "Namespace", item(status={"phase": "Terminating"}), "InProgress", "Terminating"),
        ("apiextensions.k8s.io", "CustomResourceDefinition", item(status=condition("Established")), "Current", ""),
        ("apiextensions.k8s.io", "CustomResourceDefinition", item(), "InProgress", "no condition Established"),
        (
            "apiextensions.k8s.io",
            "CustomResourceDefinition",
            item(status=condition("NamesAccepted", "False", message="dup")),
            "Failed",
            "dup",
        ),
        ("apiregistration.k8s.io", "APIService", item(status=condition("Available", "False", reason="Missing")), "InProgress", "Missing"),
        ("cert-manager.io", "Certificate", item(status=condition("Ready")), "Current", ""),
        (
            "cert-manager.io",
            "Certificate",
            item(status=condition("Ready", observedGeneration=1), generation=2),
            "InProgress",
            "generation 1 of 2",
        ),
        # Another kind of the same name, which has no judge: existing is enough.
        ("networking.internal.knative.dev", "Certificate", item(), "Current", ""),
        ("", "ConfigMap", item(), "Current", ""),
    ],
)
def test_status(group, kind, live, state, words):
    status = status_of(group, kind, live)
    assert status.state == state
    assert words in status.message
    assert bool(status.message) == (state != "Current")


@pytest.mark.parametrize(
    ("ca_bundle", "services", "state", "words"),
    [
        ("Y2E=", {("n", "s")}, "Current", ""),
        ("Y2E=", set(), "InProgress", "Service n/s has no ready endpoint"),
        ("", {("n", "s")}, "InProgress", "caBundle"),
        ("Cg==", {("n", "s")}, "InProgress", "caBundle"),
    ],
)
def test_a_webhook_configuration_needs_an_endpoint_and_a_ca_bundle(ca_bundle, services, state, words):
    live = item() | {"webhooks": [{"name": "w", "clientConfig": {"caBundle": ca_bundle, "service": {"namespace": "n", "name": "s"}}}]}
    status = status_of("admissionregistration.k8s.io", "ValidatingWebhookConfiguration", live, frozenset(services))
    assert status.state == state
    assert words in status.message


@pytest.mark.parametrize(
    ("versions", "services", "state"),
    [
        (["v1", "v2"], {("n", "s")}, "Current"),
        (["v1", "v2"], set(), "InProgress"),
        # With one version nothing is converted: the JobSet CRD of 26.03 names a webhook that nobody sets up.
        (["v1"], set(), "Current"),
    ],
)
def test_a_crd_of_several_versions_needs_its_conversion_webhook(versions, services, state):
    webhook = {"clientConfig": {"caBundle": "Y2E=", "service": {"namespace": "n", "name": "s"}}}
    spec = {"versions": [{"name": name} for name in versions], "conversion": {"strategy": "Webhook", "webhook": webhook}}
    live = item(spec=spec, status=condition("Established"))
    assert status_of("apiextensions.k8s.io", "CustomResourceDefinition", live, frozenset(services)).state == state
