# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Kinds whose status is conditions, phases and counts: what their controllers write, as a table of expressions.

Kinds of the plans of both releases, and those that users of Kubeflow make. What is not here and has no file of its own is judged by what
controllers agree on (../fallback.py). So are kinds that have no status, or a field for it that nobody fills: PodDefault, ServingRuntime,
ClusterServingRuntime, ClusterStorageContainer, TrainingRuntime, ClusterTrainingRuntime, WorkflowTemplate, CronWorkflow, Viewer,
CompositeController, DecoratorController, and Istio's and Knative's internal kinds (a networking.internal.knative.dev Certificate stays
without a status where no net-certmanager runs).
"""

from __future__ import annotations

from ..declared import Declared, condition, words_of
from ..rule import rule


def _by(type_: str, failed: str = "") -> Declared:
    """By the condition that sums up the others; C(failed) is an expression."""
    return Declared(condition(type_), failed, words_of(type_), about=type_)


def _phase(field: str, ready: str, failed: str, message: str) -> Declared:
    """By one word; C(ready) and C(failed) are words, with a bar between several."""

    def one_of(words: str) -> str:
        return " || ".join(f"{field} == '{word}'" for word in words.split("|"))

    return Declared(one_of(ready), one_of(failed), f"[not_null({field}, 'it has not begun'), {message}][?@] | join(': ', @)")


# False is no end for these: their controllers go on trying (knative.dev/pkg/apis/condition_set.go).
_READY = _by("Ready")
# kubeflow/common pkg/apis/common/v1 types.go, JobStatus; the same in kubeflow.org/v1 of training-operator.
_TRAINING = Declared(
    condition("Succeeded"), condition("Failed"), words_of("Failed", "Succeeded", "Suspended", "Restarting", "Running", "Created")
)
# A Notebook or Tensorboard is a StatefulSet or Deployment of one pod.
_ONE_POD = "status.readyReplicas >= `1`"
_WHY_NO_POD = (
    "[status.containerState.waiting.reason, status.containerState.waiting.message][?@] || ['its pod is not ready'] | join(': ', @)"
)

TABLE: tuple[tuple[tuple[tuple[str, str], ...], Declared], ...] = (
    # kube-aggregator pkg/apis/apiregistration/v1 types.go.
    ((("apiregistration.k8s.io", "APIService"),), _by("Available")),
    # kstatus asks for no more than that the controller has looked: whether pods are healthy their workloads tell.
    ((("policy", "PodDisruptionBudget"),), Declared("status.observedGeneration", "", "'its controller has not looked at it yet'")),
    # cert-manager pkg/apis/certmanager/v1 types_certificate.go, types_issuer.go: False is tried again, with back-off.
    (tuple(("cert-manager.io", kind) for kind in ("Certificate", "Issuer", "ClusterIssuer")), _READY),
    # types_certificaterequest.go: reason Failed, condition Denied or InvalidRequest end it.
    (
        (("cert-manager.io", "CertificateRequest"),),
        _by(
            "Ready",
            f"{condition('Denied')} || {condition('InvalidRequest')} || (status.conditions[?type=='Ready'].reason | [0]) == 'Failed'",
        ),
    ),
    # pkg/apis/acme/v1 types_order.go, State.
    ((("acme.cert-manager.io", "Order"),), _phase("status.state", "valid", "invalid|expired|errored", "status.reason")),
    # knative/serving pkg/apis/serving/v1 and v1beta1.
    (tuple(("serving.knative.dev", kind) for kind in ("Service", "Configuration", "Revision", "Route", "DomainMapping")), _READY),
    # knative/eventing pkg/apis/{eventing,messaging,flows,sources}.
    (tuple(("eventing.knative.dev", kind) for kind in ("Broker", "Trigger")), _READY),
    (tuple(("messaging.knative.dev", kind) for kind in ("Channel", "InMemoryChannel", "Subscription")), _READY),
    (tuple(("flows.knative.dev", kind) for kind in ("Parallel", "Sequence")), _READY),
    (tuple(("sources.knative.dev", kind) for kind in ("ApiServerSource", "ContainerSource", "PingSource", "SinkBinding")), _READY),
    # kserve/kserve pkg/apis/serving/v1beta1 inference_service_status.go, v1alpha1 inference_graph.go, trained_model.go, and before it
    # serving.kubeflow.org of KFServing.
    (
        (
            *(("serving.kserve.io", kind) for kind in ("InferenceService", "InferenceGraph", "TrainedModel", "LLMInferenceService")),
            *(("serving.kubeflow.org", kind) for kind in ("InferenceService", "TrainedModel")),
        ),
        _READY,
    ),
    # kubeflow/kubeflow components/notebook-controller: readyReplicas is what the web app calls ready; the annotation stops it.
    (
        (("kubeflow.org", "Notebook"),),
        Declared(f'{_ONE_POD} || metadata.annotations."kubeflow-resource-stopped"', "", _WHY_NO_POD),
    ),
    # components/tensorboard-controller api/v1alpha1 tensorboard_types.go; its conditions have no type.
    ((("tensorboard.kubeflow.org", "Tensorboard"),), Declared(_ONE_POD, "", "'its pod is not ready'")),
    # components/pvcviewer-controller api/v1alpha1 pvcviewer_types.go.
    ((("kubeflow.org", "PVCViewer"),), Declared("status.ready", "", "'it is not ready'")),
    # kubeflow/katib pkg/apis/controller/{experiments,trials,suggestions}/v1beta1.
    (
        (("kubeflow.org", "Experiment"),),
        Declared(
            condition("Succeeded"),
            condition("Failed"),
            words_of("Failed", "Succeeded", "Restarting", "Running", "Created"),
            "[status.trials, status.trialsSucceeded]",
        ),
    ),
    (
        (("kubeflow.org", "Trial"),),
        Declared(
            f"{condition('Succeeded')} || {condition('EarlyStopped')}",
            f"{condition('Failed')} || {condition('MetricsUnavailable')}",
            words_of("Failed", "MetricsUnavailable", "Succeeded", "Running", "Created"),
        ),
    ),
    (
        (("kubeflow.org", "Suggestion"),),
        Declared(
            " || ".join(condition(type_) for type_ in ("DeploymentReady", "Succeeded", "Exhausted")),
            condition("Failed"),
            words_of("Failed", "DeploymentReady", "Created"),
        ),
    ),
    (tuple(("kubeflow.org", f"{kind}Job") for kind in ("TF", "PyTorch", "MPI", "XGBoost", "MX", "Paddle", "JAX")), _TRAINING),
    # kubeflow/trainer pkg/apis/trainer/v1alpha1 trainjob_types.go.
    (
        (("trainer.kubeflow.org", "TrainJob"),),
        Declared(condition("Complete"), condition("Failed"), words_of("Failed", "Complete", "Suspended")),
    ),
    # kubernetes-sigs/jobset api/jobset/v1alpha2 jobset_types.go.
    (
        (("jobset.x-k8s.io", "JobSet"),),
        Declared(condition("Completed"), condition("Failed"), words_of("Failed", "Completed", "Suspended", "StartupPolicyInProgress")),
    ),
    # argoproj/argo-workflows pkg/apis/workflow/v1alpha1 workflow_types.go, WorkflowPhase.
    ((("argoproj.io", "Workflow"),), _phase("status.phase", "Succeeded", "Failed|Error", "status.message")),
    # kubeflow/spark-operator api/v1beta2 sparkapplication_types.go, and v1alpha1 sparkconnect_types.go.
    (
        (("sparkoperator.k8s.io", "SparkApplication"),),
        _phase("status.applicationState.state", "COMPLETED", "FAILED", "status.applicationState.errorMessage"),
    ),
    (
        (("sparkoperator.k8s.io", "ScheduledSparkApplication"),),
        _phase("status.scheduleState", "Scheduled", "FailedValidation", "status.reason"),
    ),
    ((("sparkoperator.k8s.io", "SparkConnect"),), _phase("status.state", "Ready", "Failed", "status.message")),
)
"""Groups and kinds, and their rule."""

for _kinds, _declared in TABLE:
    rule(*_kinds)(_declared)
