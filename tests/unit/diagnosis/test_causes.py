# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Causes and what follows from them, on chains as clusters have them."""

from __future__ import annotations

import dataclasses

from diagnosis.cases import called, mounts, projected, without_pods
from diagnosis.world import LONG_AGO, World

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._diagnosis.causes import diagnose
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._diagnosis.finding import Diagnosis
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._diagnosis.fit import fitted
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._diagnosis.rule import RULES
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.objects import Key


def seen(world: World) -> Diagnosis:
    return diagnose(world.evidence(), RULES.values())


def without_token_request() -> World:
    """The chain of Kubernetes 1.19 without the flags: pods that were injected wait, others are refused, and the cache gets nothing."""
    world = World(api_resources=frozenset({"pods"}), version="v1.19.16")
    text = 'MountVolume.SetUp failed for volume "istio-token" : failed to fetch token: the API server does not have TokenRequest endpoints enabled'
    istiod = world.workload("istiod", "istio-system", volumes=projected())
    world.event(world.pod(istiod), "FailedMount", text)
    world.service("istiod", "istio-system")
    for name in ("istio-ingressgateway", "cluster-local-gateway"):
        gateway = world.workload(name, "istio-system", volumes=[*projected(), *mounts("ConfigMap", "istio-ca-root-cert")])
        pod = world.pod(gateway)
        world.event(pod, "FailedMount", text)
        world.event(pod, "FailedMount", 'MountVolume.SetUp failed for volume "v" : configmap "istio-ca-root-cert" not found')
    for name in ("ml-pipeline", "katib-ui", "cache-deployer-deployment"):
        _owner, replicas = without_pods(world, LONG_AGO, name)
        world.event(replicas, "FailedCreate", called('no endpoints available for service "istiod"'))
    cache = world.workload("cache-server", volumes=mounts("Secret", "webhook-server-tls"))
    world.event(world.pod(cache), "FailedMount", 'MountVolume.SetUp failed for volume "v" : secret "webhook-server-tls" not found')
    return world


def test_without_token_request_that_is_the_cause_and_everything_else_hangs_below_it() -> None:
    diagnosis = seen(without_token_request())
    (finding,) = diagnosis.findings
    assert finding.rule == "token_request"
    assert {one.rule for one in finding.consequences} == {"token_volume", "istio_ca_root_cert", "webhook_unavailable", "webhook_server_tls"}
    assert all(one.heals and not one.consequences for one in finding.consequences)
    # Three that mount tokens are its objects; three refused ones and the cache wait behind.
    assert finding.behind == 4
    assert diagnosis.unexplained == []


def test_an_image_that_is_gone_is_the_cause_of_what_its_program_would_make() -> None:
    world = World()
    istiod = world.workload("istiod", "istio-system")
    world.unpulled(istiod, "manifest unknown")
    waiting = world.workload("web", volumes=mounts("ConfigMap", "istio-ca-root-cert"))
    world.event(world.pod(waiting), "FailedMount", 'configmap "istio-ca-root-cert" not found')
    (finding,) = seen(world).findings
    assert (finding.rule, finding.behind) == ("image_gone", 1)
    assert [one.rule for one in finding.consequences] == ["istio_ca_root_cert"]
    assert "docker.io/istio/pilot:1.9.6" in finding.cause


def test_one_cause_is_said_once_for_all_that_have_it() -> None:
    world = World()
    for number in range(30):
        world.unpulled(world.workload(f"w{number:02}"), "manifest unknown", image=f"gcr.io/ml-pipeline/i{number:02}:1")
    (finding,) = seen(world).findings
    (shown,) = fitted(seen(world)).findings
    assert len(shown.objects) == 21 and shown.objects[-1] == "and 10 more"
    assert len(finding.evidence) == 6
    assert "gcr.io/ml-pipeline/i05:1 and 24 more" in finding.cause


def test_a_claim_that_is_not_bound_is_the_cause_of_the_pods_that_mount_it_and_of_those_that_wait_for_them() -> None:
    world = World()
    claim = world.claim("mysql-pv-claim")
    world.event(claim, "FailedBinding", "no persistent volumes available for this claim and no storage class is set", warning=False)
    mysql = world.workload("mysql", volumes=[{"name": "d", "persistentVolumeClaim": {"claimName": "mysql-pv-claim"}}])
    world.event(world.pod(mysql, spec={"nodeName": ""}), "FailedScheduling", "pod has unbound immediate PersistentVolumeClaims")
    world.crashing(world.workload("ml-pipeline"), "dial tcp 10.0.0.1:3306: connect: connection refused")
    (finding,) = seen(world).findings
    assert (finding.rule, finding.behind, finding.objects) == (
        "no_default_storage_class",
        2,
        ["PersistentVolumeClaim kubeflow/mysql-pv-claim"],
    )
    assert [one.rule for one in finding.consequences] == ["database_refused"]


def test_two_causes_are_two_findings() -> None:
    world = World()
    world.unpulled(world.workload("a"), "manifest unknown")
    world.crashing(world.workload("b"), "x: too many open files")
    assert {finding.rule for finding in seen(world).findings} == {"image_gone", "inotify_limits"}


def test_what_was_never_sent_hangs_below_what_it_was_to_wait_for() -> None:
    """As the phase apply ends on Kubernetes 1.19 without the flags."""
    world = World(api_resources=frozenset({"pods"}), version="v1.19.16")
    istiod = world.workload("istiod", "istio-system", volumes=projected())
    said = "failed to fetch token: the API server does not have TokenRequest endpoints enabled"
    world.event(world.pod(istiod), "FailedMount", f'MountVolume.SetUp failed for volume "istio-token" : {said}')
    world.service("istiod", "istio-system")
    names = {name: Key("apps", "Deployment", "kubeflow", name) for name in ("minio", "cache-deployer-deployment", "cache-server")}
    gateway = Key("apps", "Deployment", "istio-system", "istio-ingressgateway")
    world.more["planned"] = dict.fromkeys([istiod, gateway, *names.values()], "istio")
    end = "Deployment istio-system/istiod: 0 of 1 replicas available (no progress for 45 s, the stall_timeout)"
    world.refuse(
        gateway, f"waits for ConfigMap istio-system/istio-ca-root-cert, which Deployment istio-system/istiod makes, is not there; {end}"
    )
    for name in ("minio", "cache-deployer-deployment"):
        hook = "webhook sidecar-injector.istio.io of MutatingWebhookConfiguration istio-sidecar-injector"
        world.refuse(names[name], f"waits for {hook}: Service istio-system/istiod has no ready endpoint; {end}")
    text = "needs Secret kubeflow/webhook-server-tls, and Deployment kubeflow/cache-deployer-deployment failed"
    world.refuse(names["cache-server"], text)
    diagnosis = seen(world)
    (finding,) = diagnosis.findings
    assert finding.rule == "token_request"
    below = {one.rule: one for one in finding.consequences}
    assert set(below) == {"token_volume", "istio_ca_root_cert", "webhook_unavailable", "webhook_server_tls"}
    assert "sidecar-injector.istio.io" in below["webhook_unavailable"].cause
    assert finding.behind == 4
    assert diagnosis.unexplained == []


def test_a_circle_hides_nothing() -> None:
    """Two webhooks that each refuse the pods of the other."""
    world = World()
    for name, other in (("one", "two"), ("two", "one")):
        world.service(name, "kubeflow")
        _owner, replicas = without_pods(world, LONG_AGO, name)
        text = called(f'no endpoints available for service "{other}"', f"{other}.kubeflow", f"{other}.example.com")
        world.event(replicas, "FailedCreate", text)
    findings = seen(world).findings
    assert [finding.rule for finding in findings] == ["webhook_unavailable", "webhook_unavailable"]


def test_a_cause_within_a_circle_is_the_cause() -> None:
    world = World()
    world.service("one", "kubeflow")
    owner, replicas = without_pods(world, LONG_AGO, "one")
    world.event(replicas, "FailedCreate", called('no endpoints available for service "one"', "one.kubeflow", "one.example.com"))
    world.unpulled(owner, "manifest unknown")
    assert [finding.rule for finding in seen(world).findings] == ["image_gone"]


def test_what_nobody_knows_is_shown_as_it_is() -> None:
    world = World()
    owner = world.workload("odd")
    world.crashing(owner, "panic: frobnicator is not aligned", code=3)
    diagnosis = seen(world)
    assert diagnosis.findings == []
    (one,) = diagnosis.unexplained
    assert one.object == "Deployment kubeflow/odd"
    assert any("exit code 3" in line for line in one.evidence)
    assert any("frobnicator is not aligned" in line for line in one.evidence)


def test_a_consequence_of_what_nobody_knows_is_told_beside_it() -> None:
    world = World()
    istiod = world.workload("istiod", "istio-system")
    world.crashing(istiod, "panic: frobnicator")
    waiting = world.workload("web", volumes=mounts("ConfigMap", "istio-ca-root-cert"))
    world.event(world.pod(waiting), "FailedMount", 'configmap "istio-ca-root-cert" not found')
    diagnosis = seen(world)
    assert [finding.rule for finding in diagnosis.findings] == ["istio_ca_root_cert"]
    assert [one.object for one in diagnosis.unexplained] == ["Deployment istio-system/istiod"]


def test_what_waits_for_something_slow_is_only_slow() -> None:
    world = World()
    istiod = world.workload("istiod", "istio-system", age=400)
    world.event(world.pod(istiod, age=400), "Pulling", 'Pulling image "docker.io/istio/pilot:1.9.6"', since=390, warning=False)
    waiting = world.workload("web", age=400, volumes=mounts("ConfigMap", "istio-ca-root-cert"))
    world.event(world.pod(waiting, age=400), "FailedMount", 'configmap "istio-ca-root-cert" not found', since=390)
    diagnosis = seen(world)
    assert (diagnosis.findings, diagnosis.unexplained) == ([], [])


def test_what_is_late_without_a_word_is_shown_after_some_minutes() -> None:
    world = World()
    owner = world.workload("quiet")
    world.pod(owner)
    diagnosis = seen(world)
    assert [one.object for one in diagnosis.unexplained] == ["Deployment kubeflow/quiet"]


def test_with_a_plan_only_what_it_has_to_do_with_counts() -> None:
    world = World()
    mine, other = world.workload("mine"), world.workload("other")
    for owner in (mine, other):
        world.crashing(owner, "x: too many open files")
    world.unpulled(world.workload("third"), "manifest unknown")
    world.crashing(world.workload("fourth"), "who knows")
    world.more["planned"] = {mine: "katib"}
    diagnosis = seen(world)
    assert [(finding.rule, finding.parts) for finding in diagnosis.findings] == [("inotify_limits", ["katib"])]
    assert diagnosis.unexplained == []


def test_lists_that_could_not_be_read_are_not_taken_for_empty() -> None:
    world = World(read=frozenset())
    waiting = world.workload("web", age=100, volumes=mounts("ConfigMap", "settings"))
    world.pod(waiting, age=100)
    assert seen(world).findings == []


def test_order_of_what_was_read_does_not_matter() -> None:
    world = without_token_request()
    turned = dataclasses.replace(world.evidence(), objects=dict(reversed(world.objects.items())), events=tuple(reversed(world.events)))
    one, other = seen(world).findings[0], diagnose(turned, reversed(RULES.values())).findings[0]
    assert (one.rule, one.behind, one.objects) == (other.rule, other.behind, other.objects)
    assert {(found.rule, *found.objects) for found in one.consequences} == {(found.rule, *found.objects) for found in other.consequences}


def test_objects_of_the_cluster_itself_are_named_as_kubectl_names_them() -> None:
    assert str(Key("", "API", "", "serviceaccounts/token")) == "API serviceaccounts/token"
