# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Each rule knows its fault, and nothing that is only slow."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path
from typing import Any

import pytest
from diagnosis.cases import CASES, Case, mounts
from diagnosis.world import LONG_AGO, NOW, READ, World, text_of
from settings import homes

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._diagnosis import rules
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._diagnosis.causes import diagnose
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._diagnosis.finding import Diagnosis
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._diagnosis.rule import RULES, rule
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.objects import Key

FOLDER = Path(rules.__file__).parent
NAMES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__")
EACH = [pytest.param(name, case, id=case.id) for name, some in CASES.items() for case in some]


def seen(world: World) -> Diagnosis:
    return diagnose(world.evidence(), RULES.values())


def said(diagnosis: Diagnosis) -> set[str]:
    return {name for finding in diagnosis.findings for name in (finding.rule, *(one.rule for one in finding.consequences))}


@pytest.mark.parametrize("name", NAMES)
def test_a_rule_has_its_line_in_the_package(name: str) -> None:
    """Without it AnsiballZ would leave the file behind."""
    nodes = ast.walk(ast.parse((FOLDER / "__init__.py").read_text()))
    named = [alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names]
    assert name in named, f"add this line to the import in {FOLDER / '__init__.py'}:\n    {name},"


def test_each_file_is_one_rule_and_there_are_many() -> None:
    assert set(RULES) == set(NAMES)
    assert len(NAMES) >= 40


def test_each_rule_has_a_case() -> None:
    assert set(CASES) == set(NAMES)


def test_a_name_is_taken_once() -> None:
    with pytest.raises(ValueError, match="two rules are named image_gone"):
        rule("x.image_gone", cause="", remedy="", shown="")


@pytest.mark.parametrize("name", NAMES)
def test_sentences_are_whole_also_without_words(name: str) -> None:
    """Their braces are words, and a cause is one sentence."""
    found = RULES[name]
    for text in (found.cause, found.remedy):
        assert all(field is None or re.fullmatch(r"[a-z_]+", field) for _text, field, _spec, _how in string.Formatter().parse(text))
        assert "  " not in text
    assert found.cause.endswith((".", ").", "."))
    assert found.shown


def test_settings_that_a_remedy_names_are_settings() -> None:
    known = homes()
    roles = set(known.values())
    text = " ".join(f"{found.cause} {found.remedy}" for found in RULES.values())
    named = set(re.findall(rf"(?<![\w/.-])((?:{'|'.join(sorted(roles))})_[a-z_]+)(?!\w)", text))
    assert len(named) > 15
    assert named - set(known) - roles == set()


@pytest.mark.parametrize(("name", "case"), EACH)
def test_a_fault_is_told_with_its_evidence(name: str, case: Case) -> None:
    world = World()
    wrong = case.fault(world, LONG_AGO)
    diagnosis = seen(world)
    assert [finding.rule for finding in diagnosis.findings] == [name] or name == "api_service_unavailable", diagnosis
    finding = next(finding for finding in diagnosis.findings if finding.rule == name)
    assert str(wrong) in finding.objects
    assert finding.evidence
    assert not re.search(r"\{\w*\}", finding.cause + finding.remedy.replace("{}", ""))
    assert diagnosis.unexplained == []


@pytest.mark.parametrize(("name", "case"), EACH)
def test_what_may_still_come_is_no_fault_yet(name: str, case: Case) -> None:
    if not RULES[name].after:
        return
    world = World()
    case.fault(world, RULES[name].after / 2)
    diagnosis = seen(world)
    assert name not in said(diagnosis), diagnosis
    assert diagnosis.unexplained == []


def with_sidecars(world: World) -> None:
    """Native ones, as those of newer releases are."""
    for key, item in world.objects.items():
        if key.kind == "Pod":
            item["spec"]["initContainers"] = [{"name": "istio-proxy", "restartPolicy": "Always"}]


def healthy() -> World:
    world = World()
    world.node()
    world.add("", "Namespace", "", "kubeflow", metadata={"labels": {"istio-injection": "enabled"}})
    for name, namespace in (("istiod", "istio-system"), ("dex", "auth"), ("mysql", "kubeflow"), ("cert-manager", "cert-manager")):
        owner = world.workload(name, namespace, ready=True)
        pod = world.running(owner)
        world.service(name, namespace, answering=True)
        # What was said while it came up.
        world.event(pod, "FailedMount", 'MountVolume.SetUp failed for volume "v" : configmap "istio-ca-root-cert" not found')
        world.event(pod, "Failed", 'Failed to pull image "x": 429 Too Many Requests')
        world.event(pod, "FailedScheduling", "0/1 nodes are available: 1 Insufficient cpu.")
    claim = world.claim("mysql-pv-claim", phase="Bound")
    world.event(claim, "FailedBinding", "no persistent volumes available for this claim and no storage class is set", warning=False)
    return world


def test_what_was_wrong_and_is_not_any_more_is_not_told() -> None:
    world = healthy()
    with_sidecars(world)
    diagnosis = seen(world)
    assert (diagnosis.findings, diagnosis.unexplained) == ([], [])


def pod_of(workload: Key) -> Key:
    return Key("", "Pod", workload.namespace, f"{workload.name}-x")


def test_an_install_that_is_only_slow_has_no_cause_and_nothing_unexplained() -> None:
    """A minute per image, databases that come up late, volumes that are made when their pod comes, mounts that are there a moment later."""
    world = healthy()
    for number in range(5):
        owner = world.workload(f"slow-{number}", age=90)
        pod = world.pod(owner, age=90)
        world.event(pod, "Pulling", 'Pulling image "docker.io/istio/pilot:1.9.6"', since=60, warning=False)
    late = world.workload("ml-pipeline", age=300)
    world.crashing(late, "dial tcp 10.96.44.1:3306: connect: connection refused", restarts=4)
    for key in (pod_of(late), late):
        world.objects[key]["metadata"]["creationTimestamp"] = text_of(NOW - 200)
    claim = world.claim("later")
    world.event(claim, "WaitForFirstConsumer", "waiting for first consumer to be created before binding", warning=False)
    mounting = world.workload("cache-server", age=60, volumes=[{"name": "v", "secret": {"secretName": "webhook-server-tls"}}])
    world.event(
        world.pod(mounting, age=60),
        "FailedMount",
        'MountVolume.SetUp failed for volume "v" : secret "webhook-server-tls" not found',
        since=50,
    )
    probed = world.workload("knative-webhook", age=100)
    pod = world.pod(
        probed,
        age=100,
        container={"state": {"running": {"startedAt": text_of(NOW - 40)}}},
        status={"phase": "Running", "podIP": "10.0.0.9"},
    )
    world.event(pod, "Unhealthy", "Readiness probe failed: connection refused", since=40)
    with_sidecars(world)
    diagnosis = seen(world)
    assert (diagnosis.findings, diagnosis.unexplained) == ([], [])


def test_a_webhook_that_is_gone_is_one_cause_with_a_command_that_runs() -> None:
    """Said by refusals and by its configurations; another Service is another cause."""
    w = World()
    w.add("", "Namespace", "", "default")
    for name in ("nobody", "another"):
        service = {"namespace": "default", "name": name}
        for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"):
            hook = {"name": f"{name}.example.com", "failurePolicy": "Fail", "clientConfig": {"service": service}}
            w.add("admissionregistration.k8s.io", kind, "", f"of-{name}", webhooks=[hook])
    call = 'failed calling webhook "nobody.example.com": failed to call webhook: Post "https://nobody.default.svc:443/?timeout=10s"'
    w.refuse(Key("", "ConfigMap", "kubeflow", "c"), f'Internal error occurred: {call}: service "nobody" not found')
    found = {finding.cause.rpartition(" calls ")[2]: finding.remedy for finding in seen(w).findings}
    assert set(found) == {"default/nobody.", "default/another."}
    for name in ("nobody", "another"):
        command = f"kubectl delete MutatingWebhookConfiguration/of-{name} ValidatingWebhookConfiguration/of-{name}."
        assert command in found[f"default/{name}."]


def test_a_webhook_that_nobody_has_any_more_leaves_no_half_command() -> None:
    w = World()
    w.add("", "Namespace", "", "default")
    call = 'failed calling webhook "nobody.example.com": failed to call webhook: Post "https://nobody.default.svc:443/?timeout=10s"'
    w.refuse(Key("", "ConfigMap", "kubeflow", "c"), f'Internal error occurred: {call}: service "nobody" not found')
    (finding,) = seen(w).findings
    assert "kubectl delete <the configuration that has it>." in finding.remedy


def test_a_webhook_whose_service_was_refused_by_another_follows_from_that_one() -> None:
    w = World()
    for namespace in ("default", "cert-manager"):
        w.add("", "Namespace", "", namespace)
    service = Key("", "Service", "cert-manager", "cert-manager-webhook")
    certificate = Key("cert-manager.io", "Certificate", "kubeflow", "serving-cert")
    calls = (
        (service, "stranger.example.com", "nobody", "default"),
        (certificate, "webhook.cert-manager.io", service.name, service.namespace),
    )
    for about, webhook, name, namespace in calls:
        hook = {"name": webhook, "failurePolicy": "Fail", "clientConfig": {"service": {"namespace": namespace, "name": name}}}
        w.add("admissionregistration.k8s.io", "ValidatingWebhookConfiguration", "", f"of-{name}", webhooks=[hook])
        url = f'Post "https://{name}.{namespace}.svc:443/?timeout=10s": service "{name}" not found'
        w.refuse(about, f'Internal error occurred: failed calling webhook "{webhook}": failed to call webhook: {url}')
    (finding,) = seen(w).findings
    assert finding.cause.endswith("stranger.example.com calls default/nobody.")
    (consequence,) = finding.consequences
    assert consequence.cause.endswith("webhook.cert-manager.io calls cert-manager/cert-manager-webhook.")


def workloads_of_a_plan(*, read: bool = True, **more: Any) -> tuple[World, list[Key]]:
    """Of which none is there."""
    kinds = {("apps", "Deployment", "kubeflow"), ("batch", "Job", "kubeflow")} if read else set()
    keys = [Key("apps", "Deployment", "kubeflow", f"katib-{number}") for number in range(3)] + [Key("batch", "Job", "kubeflow", "once")]
    parts = dict(zip(keys, ("katib", "katib", "trainer", "trainer"), strict=True))
    return World(planned=parts, read=READ | kinds, **more), keys


def test_what_of_the_plan_is_not_there_is_one_cause_counted_by_part() -> None:
    world, keys = workloads_of_a_plan()
    world.workload(keys[0].name, ready=True)
    (finding,) = seen(world).findings
    assert finding.cause == "Objects of the plan are not there, 3 in all, and site.yml brings them: 1 of part katib, 2 of part trainer."
    assert finding.objects == sorted(map(str, keys[1:]))
    assert finding.parts == ["katib", "trainer"]
    assert "mlplatform.kubeflow.site" in finding.remedy


def test_what_this_run_could_not_apply_or_goes_by_itself_or_was_not_looked_at_is_not_said_to_be_missing() -> None:
    world, keys = workloads_of_a_plan(passing=frozenset({Key("batch", "Job", "kubeflow", "once")}))
    for key in keys[:3]:
        world.refuse(key, 'Apply failed with 1 conflict: conflict with "helm": .spec.replicas')
    assert said(seen(world)) == {"field_conflict"}
    assert seen(workloads_of_a_plan(read=False)[0]).findings == []
    assert seen(World(planned=None)).findings == []


def test_what_a_controller_makes_and_what_pods_wait_for_is_told_by_its_own_rule() -> None:
    """Though the plan holds it."""
    secret, made = Key("", "Secret", "kubeflow", "needed"), Key("", "Secret", "kubeflow", "webhook-server-tls")
    world = World()
    web = world.workload("web", volumes=mounts("Secret", secret.name))
    world.event(world.pod(web), "FailedMount", 'MountVolume.SetUp failed for volume "v" : secret "needed" not found')
    world.more["planned"] = {secret: "pipelines", made: "pipelines", web: "pipelines"}
    assert said(seen(world)) == {"object_missing"}


def test_what_follows_from_a_workload_that_is_not_there_hangs_below_it() -> None:
    controller = Key("apps", "Deployment", "kubeflow", "profiles-deployment")
    world = World(planned={controller: "profiles", Key("", "Namespace", "", "kubeflow"): "base"}, read=READ | {("apps", "Deployment", "")})
    world.add("", "Namespace", "", "kubeflow")
    world.add("kubeflow.org", "Profile", "", "team", spec={"owner": {"name": "me"}})
    (finding,) = seen(world).findings
    assert (finding.rule, [one.rule for one in finding.consequences]) == ("planned_missing", ["profile_without_namespace"])


def test_what_a_run_that_was_held_did_not_send_follows_from_what_held_it() -> None:
    gone = Key("apps", "Deployment", "kubeflow", "ml-pipeline")
    world = World(read=READ | {("apps", "Deployment", "kubeflow")})
    istiod = world.workload("istiod", "istio-system")
    world.unpulled(istiod, "manifest unknown")
    world.more["planned"] = {istiod: "istio", gone: "pipelines"}
    (finding,) = seen(world).findings
    assert (finding.rule, [one.rule for one in finding.consequences]) == ("image_gone", ["planned_missing"])
    assert "site.yml brings them: 1 of part pipelines" in finding.consequences[0].cause


def test_an_object_of_the_cluster_that_a_manifest_gives_a_namespace_is_there() -> None:
    issuer = Key("cert-manager.io", "ClusterIssuer", "cert-manager", "kubeflow-self-signing-issuer")
    world = World(planned={issuer: "cert_manager"}, read=READ | {("cert-manager.io", "ClusterIssuer", "")})
    assert said(seen(world)) == {"planned_missing"}
    world.add(issuer.group, issuer.kind, "", issuer.name, status={"conditions": [{"type": "Ready", "status": "True"}]})
    assert seen(world).findings == []
