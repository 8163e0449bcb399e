# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The stand-ins on an embedded cluster of their own: each does what the real controller does, and only once that one is there."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import Cluster, embedded_cluster, run_playbook, until

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.http import ApiError

Thing = dict[str, Any]
ADMISSION = "/apis/admissionregistration.k8s.io/v1"
RULE = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"], "scope": "*"}


class Honest(Cluster):
    """The cluster, and how it was made."""

    state: dict[str, str]

    def play(self, **variables: Any) -> int:
        """Run the playbook that users run; how many tasks changed something."""
        extra = ["-e", json.dumps(variables)] if variables else []
        played = run_playbook("-i", self.hosts, "playbooks/cluster.yml", *extra, env=self.state)
        assert played.returncode == 0, played.output
        return played.recap["changed"]

    def space(self, name: str, **labels: str) -> str:
        self.create("/api/v1/namespaces", {"metadata": {"name": name, "labels": labels}})
        return f"/api/v1/namespaces/{name}"

    def workload(self, namespace: str, name: str, **pod: Any) -> str:
        """A Deployment and its Service; the path of the Deployment."""
        labels = {"app": name}
        template = {"metadata": {"labels": labels}, "spec": {"containers": [container("main")], **pod}}
        spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
        deployments = f"/apis/apps/v1/namespaces/{namespace}/deployments"
        self.create(deployments, {"metadata": {"name": name}, "spec": spec})
        service = {"metadata": {"name": name}, "spec": {"selector": labels, "ports": [{"port": 443}]}}
        self.create(f"/api/v1/namespaces/{namespace}/services", service)
        return f"{deployments}/{name}"

    def phase(self, path: str) -> str:
        return str(((self.get(path) or {}).get("status") or {}).get("phase", ""))

    def waiting(self, path: str) -> dict[str, str]:
        """Reason by container."""
        statuses = ((self.get(path) or {}).get("status") or {}).get("containerStatuses") or []
        return {item["name"]: item["state"]["waiting"]["reason"] for item in statuses if "waiting" in item["state"]}

    def events(self, space: str, name: str) -> dict[str, list[str]]:
        """Messages of a pod's events by reason."""
        found: dict[str, list[str]] = {}
        for event in (self.get(f"{space}/events") or {})["items"]:
            if event["involvedObject"]["name"] == name:
                found.setdefault(event["reason"], []).append(event["message"])
        return found

    def managers(self, path: str) -> set[tuple[str, str]]:
        return {(entry["manager"], entry["operation"]) for entry in (self.get(path) or {})["metadata"]["managedFields"]}


def container(name: str, image: str = "example.org/c", **more: Any) -> Thing:
    return {"name": name, "image": image, **more}


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Honest]:
    with embedded_cluster(tmp_path_factory.mktemp("honest"), f"honest-{secrets.token_hex(4)}") as (kubeconfig, hosts, state):
        cluster = Honest(kubeconfig, hosts)
        cluster.state = state
        yield cluster


def test_a_pod_waits_for_what_it_mounts(honest: Honest) -> None:
    space = honest.space("mounts")
    until(lambda: honest.get(f"{space}/serviceaccounts/default"))
    sources = [{"secret": {"name": "second"}}, {"configMap": {"name": "not-needed", "optional": True}}]
    sources.append({"serviceAccountToken": {"audience": "istio-ca", "path": "token"}})
    volumes = [{"name": "a", "configMap": {"name": "first"}}, {"name": "b", "projected": {"sources": sources}}]
    volumes.append({"name": "nobody-mounts-me", "secret": {"secretName": "never"}})
    mounts = [{"name": name, "mountPath": f"/{name}"} for name in "ab"]
    honest.create(
        f"{space}/pods", {"metadata": {"name": "p"}, "spec": {"containers": [container("c", volumeMounts=mounts)], "volumes": volumes}}
    )
    path = f"{space}/pods/p"
    until(lambda: len(honest.events(space, "p").get("FailedMount", [])) == 2)
    assert honest.phase(path) == "Pending"
    assert honest.waiting(path) == {"c": "ContainerCreating"}
    assert sorted(honest.events(space, "p")["FailedMount"]) == [
        'MountVolume.SetUp failed for volume "a" : configmap "first" not found',
        'MountVolume.SetUp failed for volume "b" : secret "second" not found',
    ]
    honest.create(f"{space}/configmaps", {"metadata": {"name": "first"}})
    # Said again while it lasts, as a kubelet does.
    until(
        lambda: any(event.get("count", 0) > 1 and "second" in event["message"] for event in (honest.get(f"{space}/events") or {})["items"])
    )
    assert honest.phase(path) == "Pending"
    honest.create(f"{space}/secrets", {"metadata": {"name": "second"}})
    until(lambda: honest.phase(path) == "Running")
    status = (honest.get(path) or {})["status"]
    assert status["podIP"] and {found["type"] for found in status["conditions"] if found["status"] == "True"} >= {"Ready", "PodScheduled"}


def test_a_container_waits_for_what_its_environment_names(honest: Honest) -> None:
    space = honest.space("environment")
    until(lambda: honest.get(f"{space}/serviceaccounts/default"))
    key = {"name": "E", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "wanted"}}}
    optional = {"configMapRef": {"name": "not-needed", "optional": True}}
    spec = {"containers": [container("c", env=[key]), container("d", envFrom=[optional])]}
    honest.create(f"{space}/pods", {"metadata": {"name": "p"}, "spec": spec})
    path = f"{space}/pods/p"
    until(lambda: honest.waiting(path) == {"c": "CreateContainerConfigError"})
    until(lambda: honest.events(space, "p").get("Failed") == ['Error: secret "keys" not found'])
    honest.create(f"{space}/secrets", {"metadata": {"name": "keys"}, "stringData": {"other": "x"}})
    until(lambda: "Error: couldn't find key wanted in Secret environment/keys" in honest.events(space, "p")["Failed"])
    assert honest.phase(path) == "Pending"
    honest.patch(f"{space}/secrets/keys", {"stringData": {"wanted": "x"}})
    until(lambda: honest.phase(path) == "Running")


def test_jobs_end_unless_a_proxy_goes_on(honest: Honest) -> None:
    space = honest.space("jobs")
    jobs = "/apis/batch/v1/namespaces/jobs/jobs"
    native = [container("first"), container("istio-proxy", restartPolicy="Always")]
    pods = {"plain": {}, "native": {"initContainers": native}, "old": {"containers": [container("c"), container("istio-proxy")]}}
    for name, more in pods.items():
        template = {"spec": {"restartPolicy": "Never", "containers": [container("c")], **more}}
        honest.create(jobs, {"metadata": {"name": name}, "spec": {"template": template}})
    for name in ("plain", "native"):
        until(lambda name=name: (honest.get(f"{jobs}/{name}") or {})["status"].get("succeeded") == 1)  # type: ignore[misc]
    pods_of_old = f"{space}/pods"
    until(lambda: [item for item in (honest.get(pods_of_old) or {})["items"] if item["metadata"]["name"].startswith("old-")])
    assert "succeeded" not in (honest.get(f"{jobs}/old") or {})["status"]
    # The finalizer of a Job's pod is the Job controller's to remove; nothing hangs.
    honest.client.request("DELETE", f"{jobs}/old", body={"propagationPolicy": "Background"})
    until(lambda: not [item for item in (honest.get(pods_of_old) or {})["items"] if item["metadata"]["name"].startswith("old-")])


def test_images_take_as_long_as_the_role_is_told(honest: Honest) -> None:
    space = honest.space("pulls")
    until(lambda: honest.get(f"{space}/serviceaccounts/default"))
    times = {"cluster_kwok_pull_seconds_by_image": {"slow.example.org/*": 1.5}}
    assert honest.play(**times) == 1
    assert honest.play(**times) == 0

    def start(name: str, *containers: Thing) -> str:
        spec = {"nodeName": "node-000000", "containers": list(containers)}
        honest.create(f"{space}/pods", {"metadata": {"name": name}, "spec": spec})
        return f"{space}/pods/{name}"

    begun = time.monotonic()
    slow = start("slow", container("quick"), container("slow", "slow.example.org/image:1"))
    until(lambda: honest.waiting(slow) == {"slow": "ContainerCreating"})
    until(lambda: honest.phase(slow) == "Running")
    assert time.monotonic() - begun >= 1.5
    events = honest.events(space, "slow")
    assert events["Pulling"] == ['Pulling image "slow.example.org/image:1"']
    assert events["Pulled"] == ['Successfully pulled image "slow.example.org/image:1" in 1.5s']
    # It is on that node now.
    again = start("again", container("slow", "slow.example.org/image:1"))
    until(lambda: honest.phase(again) == "Running")
    assert "Pulling" not in honest.events(space, "again")


def test_istiod_fails_closed_and_injects_what_pod_security_allows(honest: Honest) -> None:
    honest.space("istio-system")
    service = {"namespace": "istio-system", "name": "istiod"}
    common = {"admissionReviewVersions": ["v1"], "sideEffects": "None"}
    validating, mutating = f"{ADMISSION}/validatingwebhookconfigurations", f"{ADMISSION}/mutatingwebhookconfigurations"
    hook = {"name": "rev.validation.istio.io", "failurePolicy": "Ignore", "clientConfig": {"service": {**service, "path": "/validate"}}}
    scope = {"namespaceSelector": {"matchLabels": {"istio-injection": "enabled"}}}
    rule = {**RULE, "resources": ["configmaps"]}
    honest.create(validating, {"metadata": {"name": "istio-validator"}, "webhooks": [{**hook, **common, **scope, "rules": [rule]}]})

    secure = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "runAsNonRoot": True}
    secure["seccompProfile"] = {"type": "RuntimeDefault"}
    templates = {
        name: json.dumps({"spec": {"containers": [{"name": "istio-proxy", "image": "proxy:1", "securityContext": context}]}})
        for name, context in {"sidecar": secure, "bad": {"privileged": True}}.items()
    }
    values = {"global": {"hub": "example.org", "tag": "1", "proxy": {}}}
    data = {"config": json.dumps({"policy": "enabled", "templates": templates}), "values": json.dumps(values)}
    honest.create("/api/v1/namespaces/istio-system/configmaps", {"metadata": {"name": "istio-sidecar-injector"}, "data": data})

    assert (honest.get(f"{validating}/istio-validator") or {})["webhooks"][0]["failurePolicy"] == "Ignore"
    honest.workload("istio-system", "istiod")
    until(lambda: (honest.get(f"{validating}/istio-validator") or {})["webhooks"][0]["failurePolicy"] == "Fail")
    assert ("pilot-discovery", "Update") in honest.managers(f"{validating}/istio-validator")

    hook = {
        "name": "namespace.sidecar-injector.istio.io",
        "failurePolicy": "Fail",
        "clientConfig": {"service": {**service, "path": "/inject"}},
    }
    honest.create(mutating, {"metadata": {"name": "istio-sidecar-injector"}, "webhooks": [{**hook, **common, **scope, "rules": [RULE]}]})
    until(lambda: (honest.get(f"{mutating}/istio-sidecar-injector") or {})["webhooks"][0]["clientConfig"].get("caBundle"))
    space = honest.space("meshed", **{"istio-injection": "enabled", "pod-security.kubernetes.io/enforce": "restricted"})
    until(lambda: honest.get(f"{space}/serviceaccounts/default"))

    def create(name: str, **annotations: str) -> Thing:
        spec = {"containers": [container("c", securityContext=secure)]}
        return honest.create(f"{space}/pods", {"metadata": {"name": name, "annotations": annotations}, "spec": spec})

    assert [item["name"] for item in until(lambda: create("good"))["spec"]["containers"]] == ["c", "istio-proxy"]
    with pytest.raises(ApiError, match=r'violates PodSecurity "restricted:latest": privileged .*istio-proxy'):
        create("bad", **{"inject.istio.io/templates": "bad"})
    for path in (
        f"{validating}/istio-validator",
        f"{mutating}/istio-sidecar-injector",
        "/apis/apps/v1/namespaces/istio-system/deployments/istiod",
    ):
        honest.delete(path)


def test_knative_takes_over_its_configurations(honest: Honest) -> None:
    """What is written by server-side apply conflicts afterwards, as it does on a real cluster."""
    space = honest.space("knative-serving")
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    version = {"name": "v1", "served": True, "storage": True, "schema": schema}
    names = {"plural": "services", "kind": "Service"}
    crd = {"group": "serving.knative.dev", "scope": "Namespaced", "names": names, "versions": [version]}
    crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    honest.create(crds, {"metadata": {"name": "services.serving.knative.dev"}, "spec": crd})

    name = "validation.webhook.serving.knative.dev"
    path = f"{ADMISSION}/validatingwebhookconfigurations/{name}"
    config = {"service": {"namespace": "knative-serving", "name": "webhook"}}
    hook = {"name": name, "clientConfig": config, "admissionReviewVersions": ["v1"], "sideEffects": "None", "failurePolicy": "Fail"}
    rules = [{**RULE, "apiGroups": ["serving.knative.dev"], "apiVersions": ["*"], "resources": ["services"]}]
    manifest = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration", "metadata": {"name": name}}

    def apply() -> None:
        body = {**manifest, "webhooks": [{**hook, "rules": rules}]}
        query = {"fieldManager": "somebody"}
        honest.client.request("PATCH", path, query=query, body=body, content_type="application/apply-patch+yaml")

    until(lambda: honest.get("/apis/serving.knative.dev/v1"))
    apply()
    apply()
    honest.workload("knative-serving", "webhook")
    found = until(lambda: (thing := honest.get(path) or {})["metadata"].get("ownerReferences") and thing)
    assert found["metadata"]["ownerReferences"][0]["uid"] == (honest.get(space) or {})["metadata"]["uid"]
    (live,) = found["webhooks"]
    assert live["rules"][0]["apiVersions"] == ["v1"] and "DELETE" in live["rules"][0]["operations"]
    assert live["namespaceSelector"]["matchExpressions"][0]["key"] == "webhooks.knative.dev/exclude"
    assert live["clientConfig"]["service"]["path"] == "/resource-validation"
    assert ("webhook", "Update") in honest.managers(path)
    with pytest.raises(ApiError, match=r'conflict with "webhook".*rules'):
        apply()
    honest.delete(path)


def test_the_real_controller_aggregates_cluster_roles(honest: Honest) -> None:
    roles = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
    rules = [{"apiGroups": ["example.org"], "resources": ["things"], "verbs": ["get"]}]
    selector = {"clusterRoleSelectors": [{"matchLabels": {"aggregate": "here"}}]}
    honest.create(roles, {"metadata": {"name": "whole"}, "aggregationRule": selector, "rules": []})
    honest.create(roles, {"metadata": {"name": "share", "labels": {"aggregate": "here"}}, "rules": rules})
    until(lambda: (honest.get(f"{roles}/whole") or {})["rules"] == rules)
    assert "clusterrole-aggregation-controller" in {manager for manager, _ in honest.managers(f"{roles}/whole")}


def test_cache_deployer_fails_where_its_api_is_gone(honest: Honest) -> None:
    """It asks for v1beta1 of certificate requests, up to Kubernetes 1.21: nothing comes of it, and who mounts the Secret waits."""
    space = honest.space("cache")
    deployer = honest.workload("cache", "cache-deployer-deployment")
    until(lambda: (honest.get(deployer) or {})["status"].get("readyReplicas"))
    volume = {"name": "tls", "secret": {"secretName": "webhook-server-tls"}}
    mounts = [{"name": "tls", "mountPath": "/etc/webhook/certs"}]
    honest.create(
        f"{space}/pods", {"metadata": {"name": "p"}, "spec": {"containers": [container("c", volumeMounts=mounts)], "volumes": [volume]}}
    )
    until(lambda: honest.events(space, "p").get("FailedMount"))
    assert honest.get(f"{space}/secrets/webhook-server-tls") is None


def test_a_profile_becomes_a_namespace(honest: Honest) -> None:
    honest.space("kubeflow")
    profiles = "/apis/kubeflow.org/v1/profiles"
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    version = {"name": "v1", "served": True, "storage": True, "subresources": {"status": {}}, "schema": schema}
    names = {"plural": "profiles", "kind": "Profile"}
    spec = {"group": "kubeflow.org", "scope": "Cluster", "names": names, "versions": [version]}
    crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    honest.create(crds, {"metadata": {"name": "profiles.kubeflow.org"}, "spec": spec})
    until(lambda: honest.get("/apis/kubeflow.org/v1"))

    def profile(name: str) -> Thing:
        owner = {"kind": "User", "name": "user@example.com"}
        return {"apiVersion": "kubeflow.org/v1", "kind": "Profile", "metadata": {"name": name}, "spec": {"owner": owner}}

    def created(name: str) -> bool:
        try:
            return bool(honest.create(profiles, profile(name)))
        except ApiError as error:
            # Served by discovery a moment before it is there.
            assert error.status == 404
            return False

    until(lambda: created("team"))
    honest.space("taken")
    honest.create(profiles, profile("taken"))
    assert honest.get("/api/v1/namespaces/team") is None
    labels = {"namespace-labels.yaml": "# labels\npipelines.kubeflow.org/enabled: 'true'\nempty: ''\n"}
    honest.create("/api/v1/namespaces/kubeflow/configmaps", {"metadata": {"name": "labels-5f"}, "data": labels})
    honest.workload("kubeflow", "profiles-deployment", volumes=[{"name": "labels", "configMap": {"name": "labels-5f"}}])
    bindings = "/apis/rbac.authorization.k8s.io/v1/namespaces/team/rolebindings"
    until(lambda: honest.get(f"{bindings}/namespaceAdmin"))
    space = honest.get("/api/v1/namespaces/team") or {}
    wanted = {"istio-injection": "enabled", "pipelines.kubeflow.org/enabled": "true", "kubernetes.io/metadata.name": "team"}
    assert space["metadata"]["labels"] == wanted
    assert space["metadata"]["annotations"]["owner"] == "user@example.com"
    assert honest.get("/api/v1/namespaces/team/serviceaccounts/default-editor")
    # A namespace of somebody else's is left alone, and that is said.
    until(lambda: ((honest.get(f"{profiles}/taken") or {}).get("status") or {}).get("conditions"))
    assert honest.get("/api/v1/namespaces/taken/serviceaccounts/default-editor") is None
    until(lambda: (honest.get(f"{profiles}/team") or {})["metadata"].get("finalizers"))
    honest.delete(f"{profiles}/team")
    # The namespace goes with it, by the real garbage collector.
    until(lambda: honest.get(f"{profiles}/team") is None)


def test_there_is_room_for_more_services_than_a_small_network_has(cluster: Cluster, namespace: str) -> None:
    """254 are not many: each notebook and each model takes one."""
    cluster.create("/api/v1/namespaces", {"metadata": {"name": namespace}})
    spec = {"clusterIP": "10.96.200.200", "ports": [{"port": 80}]}
    made = cluster.create(f"/api/v1/namespaces/{namespace}/services", {"metadata": {"name": "far"}, "spec": spec})
    assert made["spec"]["clusterIP"] == "10.96.200.200"
