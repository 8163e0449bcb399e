# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The kinds whose rules are expressions."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from readiness.live import Item, condition, item, judged

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.declared import compiled
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.judge import status_of
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.rule import Seen
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.rules.table import TABLE

KINDS = [kind for kinds, _declared in TABLE for kind in kinds]
BY_READY = [
    *(f"{kind}.cert-manager.io" for kind in ("Certificate", "Issuer", "ClusterIssuer", "CertificateRequest")),
    *(f"{kind}.serving.knative.dev" for kind in ("Service", "Configuration", "Revision", "Route")),
    *("Broker.eventing.knative.dev", "Trigger.eventing.knative.dev", "InMemoryChannel.messaging.knative.dev"),
    *("InferenceService.serving.kserve.io", "InferenceService.serving.kubeflow.org", "LLMInferenceService.serving.kserve.io"),
]
JOBS = [f"{kind}Job.kubeflow.org" for kind in ("TF", "PyTorch", "MPI", "XGBoost", "MX", "Paddle", "JAX")]


@pytest.mark.parametrize("kind", BY_READY)
@pytest.mark.parametrize(
    ("live", "state", "words"),
    [
        (item(status=condition("Ready")), "Current", ""),
        (item(), "InProgress", "has no condition Ready yet"),
        (item(status=condition("Ready", "False", reason="Pending", message="m")), "InProgress", "Ready is False: Pending: m"),
        (item(status=condition("Ready", "Unknown")), "InProgress", "Ready is Unknown"),
        (item(status=condition("Ready", observedGeneration=1), generation=2), "InProgress", "Ready is about generation 1 of 2"),
        (item(status={**condition("Ready"), "observedGeneration": 1}, generation=2), "InProgress", "seen generation 1 of 2"),
    ],
)
def test_kinds_with_a_condition_ready(kind: str, live: Item, state: str, words: str) -> None:
    status = judged(kind, live)
    assert (status.state, words in status.message) == (state, True)


@pytest.mark.parametrize("kind", JOBS)
@pytest.mark.parametrize(
    ("live", "state", "words"),
    [
        (item(status=condition("Succeeded")), "Current", ""),
        (item(), "InProgress", "has no condition"),
        (item(status=condition("Running", reason="JobRunning", message="m")), "InProgress", "Running is True: JobRunning: m"),
        (item(status=condition("Failed", reason="BackoffLimitExceeded")), "Failed", "Failed is True: BackoffLimitExceeded"),
        # It was started anew after that.
        (item(status=condition("Failed", "False", reason="JobRestarting")), "InProgress", "Failed is False"),
    ],
)
def test_training_jobs(kind: str, live: Item, state: str, words: str) -> None:
    status = judged(kind, live)
    assert (status.state, words in status.message) == (state, True)


STOPPED = {"annotations": {"kubeflow-resource-stopped": "2026-11-27T00:00:00Z"}}
PULLING = {"containerState": {"waiting": {"reason": "ImagePullBackOff", "message": "not found"}}}


@pytest.mark.parametrize(
    ("kind", "live", "state", "words"),
    [
        ("APIService.apiregistration.k8s.io", item(status=condition("Available")), "Current", ""),
        ("APIService.apiregistration.k8s.io", item(), "InProgress", "no condition Available"),
        (
            "APIService.apiregistration.k8s.io",
            item(status=condition("Available", "False", reason="Missing")),
            "InProgress",
            "Available is False: Missing",
        ),
        ("PodDisruptionBudget.policy", item(status={"observedGeneration": 1}), "Current", ""),
        ("PodDisruptionBudget.policy", item(status={"observedGeneration": 1}, generation=2), "InProgress", "generation 1 of 2"),
        ("PodDisruptionBudget.policy", item(), "InProgress", "not looked at it"),
        ("CertificateRequest.cert-manager.io", item(status=condition("Denied")), "Failed", "has no condition Ready"),
        ("CertificateRequest.cert-manager.io", item(status=condition("Ready", "False", reason="Failed")), "Failed", "Failed"),
        ("Order.acme.cert-manager.io", item(status={"state": "valid"}), "Current", ""),
        ("Order.acme.cert-manager.io", item(status={"state": "errored", "reason": "no DNS"}), "Failed", "errored: no DNS"),
        ("Notebook.kubeflow.org", item(status={"readyReplicas": 1}), "Current", ""),
        ("Notebook.kubeflow.org", item(status={"readyReplicas": 0}, **STOPPED), "Current", ""),
        ("Notebook.kubeflow.org", item(status=PULLING), "InProgress", "ImagePullBackOff: not found"),
        ("Notebook.kubeflow.org", item(), "InProgress", "its pod is not ready"),
        ("Tensorboard.tensorboard.kubeflow.org", item(status={"conditions": [{"deploymentState": "Progressing"}]}), "InProgress", "pod"),
        ("Tensorboard.tensorboard.kubeflow.org", item(status={"readyReplicas": 1}), "Current", ""),
        ("PVCViewer.kubeflow.org", item(status={"ready": True}), "Current", ""),
        ("PVCViewer.kubeflow.org", item(status={"ready": False}), "InProgress", "not ready"),
        ("Experiment.kubeflow.org", item(status=condition("Succeeded", reason="ExperimentGoalReached")), "Current", ""),
        ("Experiment.kubeflow.org", item(status=condition("Failed", message="m")), "Failed", "Failed is True: m"),
        ("Experiment.kubeflow.org", item(status={**condition("Running"), "trials": 3}), "InProgress", "Running is True"),
        ("Trial.kubeflow.org", item(status=condition("EarlyStopped")), "Current", ""),
        ("Trial.kubeflow.org", item(status=condition("MetricsUnavailable")), "Failed", "MetricsUnavailable"),
        ("Suggestion.kubeflow.org", item(status=condition("DeploymentReady")), "Current", ""),
        ("TrainJob.trainer.kubeflow.org", item(status=condition("Complete")), "Current", ""),
        ("TrainJob.trainer.kubeflow.org", item(status=condition("Failed", reason="DeadlineExceeded")), "Failed", "DeadlineExceeded"),
        ("JobSet.jobset.x-k8s.io", item(status=condition("Completed")), "Current", ""),
        ("Workflow.argoproj.io", item(status={"phase": "Succeeded"}), "Current", ""),
        ("Workflow.argoproj.io", item(status={"phase": "Error", "message": "no pod"}), "Failed", "Error: no pod"),
        ("Workflow.argoproj.io", item(status={"phase": "Running"}), "InProgress", "Running"),
        ("Workflow.argoproj.io", item(), "InProgress", "it has not begun"),
        ("SparkApplication.sparkoperator.k8s.io", item(status={"applicationState": {"state": "COMPLETED"}}), "Current", ""),
        ("SparkApplication.sparkoperator.k8s.io", item(status={"applicationState": {"state": "FAILED"}}), "Failed", "FAILED"),
    ],
)
def test_status(kind: str, live: Item, state: str, words: str) -> None:
    status = judged(kind, live)
    assert (status.state, words in status.message) == (state, True)


@pytest.mark.parametrize("declared", [declared for _kinds, declared in TABLE], ids=str)
def test_every_expression_can_be_read(declared: Any) -> None:
    for expression in (declared.ready, declared.failed, declared.message, declared.progress):
        if expression:
            compiled(expression)


SCALAR = st.none() | st.booleans() | st.integers(-1, 5) | st.sampled_from(["", "True", "False", "Ready", "Failed", "Succeeded"])
ANYTHING = st.recursive(
    SCALAR,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "status", "reason", "message"]), inner, max_size=4)
    ),
    max_leaves=10,
)
FIELDS = ("conditions", "phase", "state", "readyReplicas", "containerState", "observedGeneration", "applicationState", "ready")


@given(st.sampled_from(KINDS), st.dictionaries(st.sampled_from(FIELDS), ANYTHING))
@example(("kubeflow.org", "Notebook"), {"readyReplicas": ""})
def test_any_status_has_a_verdict(kind: tuple[str, str], status: Item) -> None:
    """Custom resources are what their CRDs let pass, and many let anything pass."""
    found = status_of(*kind, item(status=status), Seen())
    assert found.state in ("Current", "InProgress", "Failed")
    assert bool(found.message) == (found.state != "Current")
