# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What does not heal by itself, and what does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from readiness.live_pods import EVENTS, IMAGE, PODS, Thing, container, event, pod, waiting

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.objects import Key
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.failure import Failure, Graces
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.image_failures import cause, image_failure
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.pod_failures import (
    claim_failure,
    claims_of,
    failure_of,
    refused_pods,
)

GONE = (
    f'rpc error: code = NotFound desc = failed to pull and unpack image "{IMAGE}": failed to resolve reference "{IMAGE}": {IMAGE}: not found',
    f"Error response from daemon: manifest for {IMAGE} not found: manifest unknown: manifest unknown",
    "no matching manifest for linux/arm64/v8 in the manifest list entries",
    "rpc error: code = Unknown desc = reading manifest 1.9.6 in docker.io/istio/pilot: name unknown",
    "no match for platform in manifest sha256:429429: not found",
)
DENIED = (
    f'failed to resolve reference "{IMAGE}": pulling from host gcr.io failed with status code [manifests v1.1]: 403 Forbidden',
    "Error response from daemon: unauthorized: authentication required",
    "denied: This API method requires billing to be enabled.",
    "Consumer 'project:ml-pipeline' has been suspended.",
    "pull access denied for a, repository does not exist or may require 'docker login'",
    "failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://a/token?x=503: 401 Unauthorized",
)
PASSES = (
    "429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit.",
    "failed to authorize: 403 Forbidden: toomanyrequests: rate limit",
    "dial tcp: lookup registry-1.docker.io on 10.0.0.2:53: no such host",
    "dial tcp 1.2.3.4:443: i/o timeout",
    "net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)",
    "tls: failed to verify certificate: x509: certificate signed by unknown authority",
    "unexpected status from HEAD request to https://a/v2/b/manifests/1: 503 Service Unavailable",
    "read: connection reset by peer",
    "unexpected EOF",
    "pull QPS exceeded",
    "write /var/lib/containerd/x: no space left on device",
    "Back-off pulling image",
    "something else",
)


@pytest.mark.parametrize(("text", "found"), [*((text, "ImageGone") for text in GONE), *((text, "ImageDenied") for text in DENIED)])
def test_an_image_that_is_not_to_be_had(text: str, found: str) -> None:
    assert cause(text, IMAGE) == found


@pytest.mark.parametrize("text", PASSES)
def test_a_registry_that_limits_or_does_not_answer_is_waited_for(text: str) -> None:
    assert cause(text, IMAGE) == ""


@pytest.mark.parametrize("name", ["example.com/not-found/denied:401", "gcr.io/404/forbidden@sha256:401403404", "a/unauthorized:1"])
def test_the_name_of_an_image_is_no_evidence(name: str) -> None:
    assert cause(f'failed to pull image "{name}": dial failed for {name}', name) == ""
    assert cause(f'failed to resolve "{name}": not found', name) == "ImageGone"


def test_old_kubelets_say_the_cause_only_before_they_back_off() -> None:
    live = pod({"containerStatuses": [waiting("ImagePullBackOff", f'Back-off pulling image "{IMAGE}"')]})
    assert image_failure(live, []) is None
    told = event("Failed", f'Failed to pull image "{IMAGE}": {GONE[0]}', 5, "Warning")
    for found in (image_failure(live, [told]), image_failure(live, [], {"c": GONE[0]})):
        assert found and found.reason == "ImageGone" and IMAGE in found.message
    # It was gone, and is limited now.
    limited = event("Failed", f'Failed to pull image "{IMAGE}": {PASSES[0]}', 9, "Warning")
    assert image_failure(live, [told, limited]) is None


def test_names_that_no_registry_is_asked_for() -> None:
    for reason, found in (("InvalidImageName", "ImageNameInvalid"), ("ErrImageNeverPull", "ImageGone")):
        failure = image_failure(pod({"containerStatuses": [waiting(reason, "why")]}), [])
        assert failure and failure.reason == found


SECRET = Key("", "Secret", "n", "s")
KEY = "couldn't find key password in Secret n/s"


@pytest.mark.parametrize(
    ("message", "declared", "fails"),
    [
        (KEY, {SECRET: frozenset({"user"})}, True),
        # Of these a controller may be the author.
        (KEY, {SECRET: frozenset()}, False),
        (KEY, {}, False),
        (KEY, {SECRET: frozenset({"password"})}, False),
        ('secret "s" not found', {SECRET: frozenset({"user"})}, False),
    ],
)
def test_a_key_that_nothing_makes(message: str, declared: dict[Key, frozenset[str]], fails: bool) -> None:
    live = pod({"containerStatuses": [waiting("CreateContainerConfigError", message)]})
    found = failure_of(live, [], declared)
    assert (found.reason if found else "") == ("KeyMissing" if fails else "")


@pytest.mark.parametrize(
    ("message", "events", "fails"),
    [
        ("0/3 nodes are available: 3 Insufficient cpu.", [], True),
        ("0/3 nodes are available: 3 node(s) had untolerated taint {gpu: yes}.", [], True),
        ("0/3 nodes are available: 3 Insufficient cpu.", [event("TriggeredScaleUp", "pod triggered scale-up", 1)], False),
        ("0/3 nodes are available: 3 node(s) had untolerated taint {node.kubernetes.io/not-ready: }.", [], False),
        ("0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims.", [], False),
    ],
)
def test_a_pod_without_a_node_has_minutes(message: str, events: list[Thing], fails: bool) -> None:
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
    found = failure_of(pod({"phase": "Pending", "conditions": [condition]}, node=""), events)
    assert bool(found) == fails
    assert found is None or (found.reason == "Unschedulable" and found.grace >= 60)


QUOTA = 'pods "p" is forbidden: exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (QUOTA, "QuotaExceeded"),
        ('pods "p" is forbidden: failed quota: q: must specify limits.cpu', "QuotaExceeded"),
        ('pods "p" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true', "AdmissionRefused"),
        ('admission webhook "policy.example.com" denied the request: no', "AdmissionRefused"),
        ('pods "p" is forbidden: maximum memory usage per Container is 1Gi, but limit is 2Gi', "AdmissionRefused"),
        ('Pod "p" is invalid: spec.containers[0].image: Required value', "AdmissionRefused"),
        # These pass.
        ('Internal error occurred: failed calling webhook "x": no endpoints available for service "istiod"', ""),
        ('admission webhook "kserve" denied the request: configmaps "inferenceservice-config" not found', ""),
        ('admission webhook "policy" denied the request: cache is not synced', ""),
        ('pods "p" is forbidden: status unknown for quota: none, resources: pods', ""),
        ('pods "p" is forbidden: error looking up service account n/a: serviceaccount "a" not found', ""),
    ],
)
def test_pods_that_are_refused(text: str, reason: str) -> None:
    condition = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": text}
    said, failure = refused_pods({"metadata": {}, "spec": {}, "status": {"conditions": [condition]}}, [])
    assert (said, failure.reason if failure else "") == (text, reason)
    stateful = {"metadata": {}, "spec": {"replicas": 1}, "status": {"replicas": 0}}
    refused, made = event("FailedCreate", text, 1, "Warning"), event("SuccessfulCreate", "create Pod p", 2)
    assert refused_pods(stateful, [refused]) == (text, failure)
    assert refused_pods(stateful, [refused, made]) == ("", None)
    assert refused_pods({**stateful, "status": {"replicas": 1}}, [refused]) == ("", None)


@pytest.mark.parametrize(
    ("events", "fails"),
    [
        ([event("FailedBinding", "no persistent volumes available for this claim and no storage class is set", 1)], True),
        ([event("ProvisioningFailed", 'storageclass.storage.k8s.io "fast" not found', 1, "Warning")], True),
        ([event("ProvisioningFailed", "quota of the disk", 1, "Warning")], False),
        ([event("WaitForFirstConsumer", "waiting for first consumer", 1)], False),
        ([], False),
        # A class was made in the meantime.
        (
            [
                event("FailedBinding", "no persistent volumes available for this claim and no storage class is set", 1),
                event("WaitForFirstConsumer", "waiting for first consumer", 9),
            ],
            False,
        ),
    ],
)
def test_a_claim_without_a_class(events: list[Thing], fails: bool) -> None:
    found = claim_failure("data", events)
    assert (found.reason if found else "") == ("NoStorageClass" if fails else "")


def test_the_claims_of_a_pod() -> None:
    live = pod()
    live["spec"]["volumes"] = [
        {"name": "a", "persistentVolumeClaim": {"claimName": "data"}},
        {"name": "b", "ephemeral": {}},
        {"name": "c", "emptyDir": {}},
    ]
    assert claims_of(live) == ["data", "p-b"]


@given(PODS, EVENTS)
def test_any_pod_can_be_judged(live: Thing, events: list[Thing]) -> None:
    failure_of(live, events)
    claims_of(live)


HEALTHY_OR_SLOW = st.sampled_from(
    [
        {"state": {"running": {}}},
        {"state": {"waiting": {"reason": "ContainerCreating"}}},
        {"state": {"waiting": {"reason": "PodInitializing"}}},
        {"state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container"}}},
        {"state": {"waiting": {"reason": "CreateContainerConfigError", "message": 'secret "webhook-server-tls" not found'}}},
        *(
            {"state": {"waiting": {"reason": reason, "message": text}}}
            for reason in ("ErrImagePull", "ImagePullBackOff")
            for text in PASSES
        ),
    ]
)
SLOW_EVENTS = st.lists(
    st.sampled_from(
        [
            event("Pulling", f'Pulling image "{IMAGE}"', 1),
            *(event("Failed", f'Failed to pull image "{IMAGE}": {text}', 2, "Warning") for text in PASSES),
            event("FailedMount", 'configmap "istio-ca-root-cert" not found', 3, "Warning"),
            event("Unhealthy", "Readiness probe failed: 404 not found", 4, "Warning"),
            event("BackOff", "Back-off restarting failed container", 5, "Warning"),
        ]
    ),
    max_size=4,
)


@given(st.lists(HEALTHY_OR_SLOW, min_size=1, max_size=3), SLOW_EVENTS)
def test_a_pod_that_is_well_or_slow_has_not_failed(states: list[Thing], events: list[Thing]) -> None:
    live = pod({"phase": "Pending", "containerStatuses": [container(f"c{number}", **state) for number, state in enumerate(states)]})
    assert failure_of(live, events) is None


WEB, API = Key("apps", "Deployment", "n", "web"), Key("apps", "Deployment", "n", "api")
QUICK, SLOW = Failure("ImageGone", "gone", 15), Failure("Unschedulable", "no room", 120)


def test_a_failure_is_final_after_its_grace() -> None:
    graces = Graces()
    assert graces.look({WEB: QUICK, API: SLOW}, 100, soon=8) == set()
    assert not graces.pending
    assert graces.look({WEB: QUICK, API: SLOW}, 110, soon=8) == set()
    assert graces.pending
    assert graces.look({WEB: QUICK, API: SLOW}, 115, soon=8) == {WEB}
    assert not graces.pending
    for second in range(116, 220):
        assert graces.look({WEB: QUICK, API: SLOW}, second, soon=8) == {WEB}
    assert graces.look({WEB: QUICK, API: SLOW}, 220, soon=8) == {WEB, API}


def test_what_heals_within_its_grace_starts_anew() -> None:
    graces = Graces()
    graces.look({WEB: QUICK}, 0, soon=8)
    # A kubelet tells its back-off and the next attempt in turns.
    graces.look({}, 5, soon=8)
    assert graces.look({WEB: QUICK}, 15, soon=8) == {WEB}
    graces.look({}, 40, soon=8)
    assert graces.look({WEB: QUICK}, 41, soon=8) == set()
    assert graces.look({WEB: SLOW}, 60, soon=8) == set()
