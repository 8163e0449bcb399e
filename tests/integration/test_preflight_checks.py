# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The checks of preflight on real API servers: nothing is wrong with a healthy one, each fault is found, and nothing is written."""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from conftest import RELEASES, Cluster, Played, ReleaseCluster, embedded_cluster, run_playbook, token_of
from waiting import until

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.connection import connect
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.http import ApiError
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.deadline import Deadline
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.check import Finding, Made
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.run import preflight
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render.plan import Part, Plan, load_plan

Thing = dict[str, Any]
SPACE = "/api/v1/namespaces/kubeflow"
WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
# What is asked with POST and leaves nothing behind.
QUESTIONS = ("/selfsubjectaccessreviews", "/tokenreviews", "/serviceaccounts/default/token")


@dataclass
class Rehearsal:
    """A cluster, a rendered plan, and all that preflight sends."""

    cluster: Cluster
    plan: Plan
    hosts: Path
    state: dict[str, str]
    sent: list[tuple[str, str]] = field(default_factory=list)

    def ask(self) -> dict[str, Finding]:
        self.sent.clear()
        client = self.cluster.client
        send, sent = client._send, self.sent

        def recorded(method: str, path: str, query: Any, *rest: Any) -> Any:
            dry = "?dryRun" if (query or {}).get("dryRun") == "All" else ""
            sent.append((method, f"{path}{dry}"))
            return send(method, path, query, *rest)

        client._send = recorded  # type: ignore[method-assign]
        made = [Made(one["kind"], one["name"], one.get("namespace")) for one in RELEASES[self.plan.release]["made_by_controllers"]]
        window = RELEASES[self.plan.release]["kubernetes"]
        try:
            _cluster, findings = preflight(
                client,
                self.plan,
                kubernetes_min=window["min"],
                kubernetes_max=window["max"],
                overridden=[],
                deadline=Deadline(20),
                made=made,
            )
        finally:
            client._send = send  # type: ignore[method-assign]
        return {finding.check: finding for finding in findings}

    def failed(self) -> set[str]:
        return {name for name, finding in self.ask().items() if finding.result == "fail"}

    def play(self) -> Played:
        return run_playbook("-i", self.hosts, "playbooks/preflight.yml", env=self.state)

    def bound(self) -> int:
        """Requests: what all checks look at, and of every API of the plan, and of every kind, whose its objects are."""
        objects = [item for part in self.plan.parts for item in part.objects]
        return 32 + len({item["apiVersion"] for item in objects}) + len({item["kind"] for item in objects})

    def written(self) -> list[tuple[str, str]]:
        """Requests of the last questions that would have left something behind."""
        return [
            (method, path)
            for method, path in self.sent
            if method != "GET" and not path.endswith("?dryRun") and not (method == "POST" and path.endswith(QUESTIONS))
        ]


def rehearsal(folder: Path, release: str, **variables: Any) -> Iterator[Rehearsal]:
    name = f"pytest-{secrets.token_hex(4)}"
    with embedded_cluster(folder, name, kubeflow_release=release, **variables) as (kubeconfig, hosts, state):
        rendered = run_playbook("-i", hosts, "site.yml", "--tags", "render", env=state)
        assert rendered.returncode == 0, rendered.output
        yield Rehearsal(Cluster(kubeconfig, hosts), load_plan(folder / "work/plan"), hosts, state)


@pytest.fixture(scope="module", params=list(RELEASES))
def healthy(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    yield from rehearsal(tmp_path_factory.mktemp("healthy"), request.param)


def test_a_healthy_cluster_raises_no_alarm_and_is_not_written_to(healthy: Rehearsal) -> None:
    findings = healthy.ask()
    assert {name: finding.message for name, finding in findings.items() if finding.result != "pass"} == {}
    assert len(findings) > 20
    assert healthy.written() == []
    assert len(healthy.sent) <= healthy.bound()


def test_the_playbook_shows_the_table(healthy: Rehearsal) -> None:
    played = healthy.play()
    assert played.returncode == 0, played.output
    assert "0 failed, 0 warn" in played.output and "changed=0" in played.output


def test_an_installed_release_raises_no_alarm_either(release_cluster: ReleaseCluster) -> None:
    """The next run asks the same: what it finds is its own."""
    plan = load_plan(release_cluster.plan)
    there = Rehearsal(release_cluster, plan, release_cluster.hosts, {})
    findings = there.ask()
    assert {name: finding.message for name, finding in findings.items() if finding.result != "pass"} == {}
    assert there.written() == []
    assert len(there.sent) <= there.bound()


def webhook(namespace: str) -> Thing:
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"], "scope": "*"}
    entry = {
        "name": "deny.policy.example.com",
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "failurePolicy": "Fail",
        "clientConfig": {"service": {"namespace": namespace, "name": "gone", "path": "/"}},
        "namespaceSelector": {"matchLabels": {"control-plane": "kubeflow"}},
        "rules": [rule],
    }
    return {"metadata": {"name": "policy"}, "webhooks": [entry]}


def istio_by_helm(cluster: Cluster) -> None:
    cluster.create("/api/v1/namespaces", {"metadata": {"name": "istio-system"}})
    template = {"metadata": {"labels": {"app": "istiod"}}, "spec": {"containers": [{"name": "discovery", "image": "istio/pilot:1.6.0"}]}}
    spec = {"replicas": 0, "selector": {"matchLabels": {"app": "istiod"}}, "template": template}
    annotations = {"meta.helm.sh/release-name": "istiod", "meta.helm.sh/release-namespace": "istio-system"}
    metadata = {"name": "istiod", "annotations": annotations, "labels": {"app.kubernetes.io/managed-by": "Helm"}}
    cluster.create("/apis/apps/v1/namespaces/istio-system/deployments", {"metadata": metadata, "spec": spec})


def lease_of_tomorrow(cluster: Cluster) -> None:
    """Of a node whose clock is a minute before the API server's."""
    node = (cluster.get("/api/v1/nodes") or {})["items"][0]["metadata"]["name"]
    cluster.delete(f"/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/{node}")
    renewed = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=60)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    lease = {"metadata": {"name": node}, "spec": {"holderIdentity": node, "leaseDurationSeconds": 40, "renewTime": renewed}}
    cluster.create("/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases", lease)


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """Six things are wrong at once."""
    faults = [{"fault": "no_default_storage_class"}, {"fault": "node_small", "memory": "1Gi"}]
    variables = {"kubeflow_cluster_kubernetes_version": "1.19.16", "cluster_kwok_token_request": False, "cluster_kwok_faults": faults}
    yield from rehearsal(tmp_path_factory.mktemp("broken"), "v1.4.0", **variables)


def test_of_six_things_the_first_to_do_is_said_first(broken: Rehearsal) -> None:
    cluster = broken.cluster
    until(lambda: cluster.get("/api/v1/namespaces/kube-system/serviceaccounts/default"))
    istio_by_helm(cluster)
    cluster.create(WEBHOOKS, webhook("shop"))
    lease_of_tomorrow(cluster)
    # The cluster's faults come up a moment after it.
    until(lambda: {"storage_class", "room"} <= broken.failed(), 60)
    assert broken.failed() == {"storage_class", "token_request", "room", "installed", "webhooks", "clocks"}
    assert broken.written() == []
    played = broken.play()
    assert played.returncode == 2
    lines = [line.split()[1] for line in played.output.splitlines() if line.strip().startswith("FAIL ")]
    # The message is shown more than once: by the module, and at the end of the run.
    assert lines[:6] == ["clocks", "token_request", "webhooks", "installed", "storage_class", "room"]
    assert "--service-account-signing-key-file" in played.words and "kubeflow_provided_parts: [istio]" in played.words
    assert "kubeflow_preflight_overrides: [room]" in played.words
    assert "changed=0" in played.output
    assert cluster.get(SPACE) is None


@pytest.fixture(scope="module")
def modern(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    yield from rehearsal(tmp_path_factory.mktemp("modern"), "26.03")


def second_default(cluster: Cluster) -> Callable[[], None]:
    path = "/apis/storage.k8s.io/v1/storageclasses"
    annotations = {"storageclass.kubernetes.io/is-default-class": "true"}
    cluster.create(path, {"metadata": {"name": "other", "annotations": annotations}, "provisioner": "a.example.com"})
    return lambda: cluster.delete(f"{path}/other")


def dead_webhook(cluster: Cluster) -> Callable[[], None]:
    cluster.create(WEBHOOKS, webhook("shop"))
    return lambda: cluster.delete(f"{WEBHOOKS}/policy")


def accepted(cluster: Cluster) -> bool:
    """Whether namespaces can be made: the API server reads its policies a moment later."""
    try:
        cluster.client.request("POST", "/api/v1/namespaces", query={"dryRun": "All"}, body={"metadata": {"name": "tried"}})
    except ApiError:
        return False
    return True


def policy(cluster: Cluster) -> Callable[[], None]:
    root = "/apis/admissionregistration.k8s.io/v1"
    rules = [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["namespaces"]}]
    validation = {"expression": "has(object.metadata.labels) && 'owner' in object.metadata.labels", "message": "who owns it?"}
    spec = {"failurePolicy": "Fail", "matchConstraints": {"resourceRules": rules}, "validations": [validation]}
    cluster.create(f"{root}/validatingadmissionpolicies", {"metadata": {"name": "owners"}, "spec": spec})
    binding = {"policyName": "owners", "validationActions": ["Deny"]}
    cluster.create(f"{root}/validatingadmissionpolicybindings", {"metadata": {"name": "owners"}, "spec": binding})

    def undo() -> None:
        cluster.delete(f"{root}/validatingadmissionpolicybindings/owners")
        cluster.delete(f"{root}/validatingadmissionpolicies/owners")
        until(lambda: accepted(cluster))

    return undo


def unavailable_api(cluster: Cluster) -> Callable[[], None]:
    path = "/apis/apiregistration.k8s.io/v1/apiservices"
    service = {"name": "gone", "namespace": "kube-system"}
    spec = {"group": "metrics.k8s.io", "version": "v1beta1", "groupPriorityMinimum": 100, "versionPriority": 100, "service": service}
    cluster.create(path, {"metadata": {"name": "v1beta1.metrics.k8s.io"}, "spec": {**spec, "insecureSkipTLSVerify": True}})
    return lambda: cluster.delete(f"{path}/v1beta1.metrics.k8s.io")


def namespace(cluster: Cluster, name: str, **labels: str) -> Callable[[], None]:
    cluster.create("/api/v1/namespaces", {"metadata": {"name": name, "labels": labels}})
    until(lambda: cluster.get(f"/api/v1/namespaces/{name}/serviceaccounts/default"))

    def undo() -> None:
        cluster.delete(f"/api/v1/namespaces/{name}")
        until(lambda: cluster.get(f"/api/v1/namespaces/{name}") is None)

    return undo


def small_quota(cluster: Cluster) -> Callable[[], None]:
    undo = namespace(cluster, "knative-serving")
    cluster.create("/api/v1/namespaces/knative-serving/resourcequotas", {"metadata": {"name": "small"}, "spec": {"hard": {"pods": "1"}}})
    return undo


def going_namespace(cluster: Cluster) -> Callable[[], None]:
    cluster.create("/api/v1/namespaces", {"metadata": {"name": "auth"}})
    holder = {"metadata": {"name": "held", "finalizers": ["example.com/hold"]}}
    cluster.create("/api/v1/namespaces/auth/configmaps", holder)
    cluster.delete("/api/v1/namespaces/auth")

    def undo() -> None:
        cluster.patch("/api/v1/namespaces/auth/configmaps/held", {"metadata": {"finalizers": None}})
        until(lambda: cluster.get("/api/v1/namespaces/auth") is None, 30)

    return undo


def newer_crd(cluster: Cluster) -> Callable[[], None]:
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    names = {"kind": "Experiment", "plural": "experiments", "singular": "experiment", "listKind": "ExperimentList"}
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    version = {"name": "v2", "served": True, "storage": True, "schema": schema}
    spec = {"group": "kubeflow.org", "scope": "Namespaced", "names": names, "versions": [version]}
    cluster.create(path, {"metadata": {"name": "experiments.kubeflow.org"}, "spec": spec})

    def undo() -> None:
        cluster.delete(f"{path}/experiments.kubeflow.org")
        until(lambda: cluster.get(f"{path}/experiments.kubeflow.org") is None)

    until(lambda: (cluster.get(f"{path}/experiments.kubeflow.org") or {}).get("status", {}).get("storedVersions"))
    return undo


def small_limit(cluster: Cluster) -> Callable[[], None]:
    undo = namespace(cluster, "knative-serving")
    limits = [{"type": "Container", "max": {"memory": "1Mi"}}]
    cluster.create("/api/v1/namespaces/knative-serving/limitranges", {"metadata": {"name": "tiny"}, "spec": {"limits": limits}})
    return undo


def deploykf(cluster: Cluster) -> Callable[[], None]:
    return namespace(cluster, "deploykf-core")


def cilium(cluster: Cluster) -> Callable[[], None]:
    system = "/api/v1/namespaces/kube-system/configmaps"
    data = {"kube-proxy-replacement": "true", "cni-exclusive": "true"}
    cluster.create(system, {"metadata": {"name": "cilium-config"}, "data": data})
    pods = {"nodeSelector": {"nobody": "has-it"}, "containers": [{"name": "agent", "image": "quay.io/cilium/cilium:v1.18.0"}]}
    template = {"metadata": {"labels": {"k8s-app": "cilium"}}, "spec": pods}
    spec = {"selector": {"matchLabels": {"k8s-app": "cilium"}}, "template": template}
    agents = "/apis/apps/v1/namespaces/kube-system/daemonsets"
    cluster.create(agents, {"metadata": {"name": "cilium"}, "spec": spec})

    def undo() -> None:
        cluster.delete(f"{agents}/cilium")
        cluster.delete(f"{system}/cilium-config")
        until(lambda: cluster.get(f"{agents}/cilium") is None)

    return undo


def strict_namespace(cluster: Cluster) -> Callable[[], None]:
    path, level = "/api/v1/namespaces/kube-system", "pod-security.kubernetes.io/enforce"
    cluster.patch(path, {"metadata": {"labels": {level: "baseline"}}})

    def undo() -> None:
        cluster.patch(path, {"metadata": {"labels": {level: None}}})

    return undo


def changed_node(cluster: Cluster, **info: str) -> Callable[[], None]:
    """One node says something else of itself."""
    [node, *_others] = cluster.client.get("/api/v1/nodes")["items"]
    path = f"/api/v1/nodes/{node['metadata']['name']}/status"
    cluster.patch(path, {"status": {"nodeInfo": info}})
    before = {name: node["status"]["nodeInfo"][name] for name in info}

    def undo() -> None:
        cluster.patch(path, {"status": {"nodeInfo": before}})

    return undo


def other_architecture(cluster: Cluster) -> Callable[[], None]:
    return changed_node(cluster, architecture="arm64")


def old_kubelet(cluster: Cluster) -> Callable[[], None]:
    return changed_node(cluster, kubeletVersion="v1.28.3")


@pytest.mark.parametrize(
    ("fault", "check", "result", "words"),
    [
        (small_limit, "quotas", "fail", "LimitRange knative-serving/tiny"),
        (deploykf, "other_installers", "fail", "the cluster belongs to deployKF"),
        (cilium, "pod_network", "warn", "--set socketLB.hostNamespaceOnly=true"),
        (strict_namespace, "pod_security", "fail", "kubectl label namespace kube-system pod-security.kubernetes.io/enforce=privileged"),
        (other_architecture, "node_architecture", "warn", "1 of arm64"),
        (old_kubelet, "node_system", "warn", "is v1.28.3, and Kubernetes v1.34.4 goes with 1.31 to 1.34"),
        (second_default, "storage_class", "warn", "other, standard"),
        (dead_webhook, "webhooks", "fail", "kubectl delete validatingwebhookconfiguration policy"),
        (policy, "policies", "fail", "who owns it?"),
        (unavailable_api, "api_services", "warn", "kubectl delete apiservice v1beta1.metrics.k8s.io"),
        (small_quota, "quotas", "fail", "kubectl -n knative-serving edit resourcequota small"),
        (going_namespace, "being_deleted", "fail", "Namespace auth is being deleted"),
        (newer_crd, "stored_versions", "fail", "stores objects in v2"),
    ],
)
def test_each_fault_is_found_and_nothing_else(
    modern: Rehearsal, fault: Callable[[Cluster], Callable[[], None]], check: str, result: str, words: str
) -> None:
    undo = fault(modern.cluster)
    try:
        findings = until(lambda: (asked := modern.ask())[check].result == result and asked)
    finally:
        undo()
    found = findings[check]
    assert words in f"{found.message} {found.remedy}"
    assert {name for name, finding in findings.items() if finding.result != "pass"} == {check}
    assert modern.written() == []


PLANNED: dict[str, tuple[Thing, str, str]] = {
    "named_objects": (
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "one", "namespace": "default"},
            "spec": {"containers": [{"name": "one", "image": "a/b:1", "envFrom": [{"secretRef": {"name": "database-login"}}]}]},
        },
        "fail",
        "kubectl -n default create secret generic database-login",
    ),
    "gateway_service": (
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "gateway", "namespace": "kubeflow"},
            "spec": {"type": "NodePort", "selector": {"app": "a"}, "ports": [{"port": 80, "nodePort": 30123}]},
        },
        "fail",
        "node port 30123 of Service kubeflow/gateway is taken by default/taken",
    ),
    "served_apis": (
        {"apiVersion": "batch/v1beta1", "kind": "CronJob", "metadata": {"name": "one", "namespace": "default"}, "spec": {}},
        "fail",
        "batch/v1beta1",
    ),
    "token_issuer": (
        {
            "apiVersion": "security.istio.io/v1",
            "kind": "RequestAuthentication",
            "metadata": {"name": "m2m", "namespace": "istio-system"},
            "spec": {"jwtRules": [{"issuer": "https://kubernetes.default.svc.somewhere"}]},
        },
        "warn",
        "oauth2_proxy_token_issuer: https://kubernetes.default.svc",
    ),
}


@pytest.mark.parametrize("check", PLANNED)
def test_what_a_plan_wants_and_the_cluster_does_not_have_is_found(modern: Rehearsal, check: str) -> None:
    item, result, words = PLANNED[check]
    taken = {"type": "NodePort", "selector": {"app": "b"}, "ports": [{"port": 80, "nodePort": 30123}]}
    services = "/api/v1/namespaces/default/services"
    modern.cluster.create(services, {"metadata": {"name": "taken"}, "spec": taken})
    try:
        asked = Rehearsal(modern.cluster, Plan("26.03", (Part("a", (item,)),)), modern.hosts, modern.state)
        found = asked.ask()[check]
    finally:
        modern.cluster.delete(f"{services}/taken")
    assert (found.result, words in f"{found.message} {found.remedy}") == (result, True), found
    assert asked.written() == []


def test_credentials_that_may_do_nothing_are_told_what_to_look_at(modern: Rehearsal) -> None:
    """Of what they may not see nothing is claimed: neither that it is well, nor that it is not."""
    token = token_of(modern.cluster, f"nobody-{secrets.token_hex(3)}", [])
    little = connect({"host": modern.cluster.client.host, "api_key": token, "validate_certs": False})
    version = RELEASES["26.03"]["kubernetes"]
    _cluster, findings = preflight(
        little, modern.plan, kubernetes_min=version["min"], kubernetes_max="", overridden=[], deadline=Deadline(20), verified=False
    )
    by_name = {finding.check: finding for finding in findings}
    assert {name for name, finding in by_name.items() if finding.result == "fail"} == {"rights"}
    assert {name for name, finding in by_name.items() if finding.result == "pass"} <= {"api_reachable", "kubernetes_version", "served_apis"}
    assert all(finding.remedy for finding in findings if finding.result != "pass")
    assert "does not say" in by_name["storage_class"].message and "forbidden" in by_name["storage_class"].message
