# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The stand-ins on an embedded cluster of their own: each does what the real controller does, and only once that one is there."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import Cluster, embedded_cluster, run_playbook
from waiting import until

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
        """A namespace, with what Kubernetes puts there and pods mount."""
        path = f"/api/v1/namespaces/{name}"
        self.create("/api/v1/namespaces", {"metadata": {"name": name, "labels": labels}})
        until(lambda: self.get(f"{path}/serviceaccounts/default") and self.get(f"{path}/configmaps/kube-root-ca.crt"))
        return path

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
    system = honest.space("istio-system")
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
    honest.workload("istio-system", "istiod", containers=[container("discovery", "registry.example.org/istio/pilot:1.28.0")])
    until(lambda: (honest.get(f"{validating}/istio-validator") or {})["webhooks"][0]["failurePolicy"] == "Fail")
    assert ("pilot-discovery", "Update") in honest.managers(f"{validating}/istio-validator")
    root = (until(lambda: honest.get(f"{system}/secrets/istio-ca-secret")) or {})["data"]["ca-cert.pem"]
    assert (honest.get(f"{validating}/istio-validator") or {})["webhooks"][0]["clientConfig"]["caBundle"] == root
    # Also where 1.9 does not, and what is revoked, which is nothing.
    for name in ("istio-system", "kube-system"):
        maps = f"/api/v1/namespaces/{name}/configmaps"
        assert until(lambda maps=maps: honest.get(f"{maps}/istio-ca-crl"))["data"] == {"ca-crl.pem": ""}  # type: ignore[misc]
        written = until(lambda maps=maps: honest.get(f"{maps}/istio-ca-root-cert"))  # type: ignore[misc]
        assert base64.b64encode(written["data"]["root-cert.pem"].encode()).decode() == root
        assert honest.managers(f"{maps}/istio-ca-crl") == {("pilot-discovery", "Update")}

    hook = {
        "name": "namespace.sidecar-injector.istio.io",
        "failurePolicy": "Fail",
        "clientConfig": {"service": {**service, "path": "/inject"}},
    }
    honest.create(mutating, {"metadata": {"name": "istio-sidecar-injector"}, "webhooks": [{**hook, **common, **scope, "rules": [RULE]}]})
    until(lambda: (honest.get(f"{mutating}/istio-sidecar-injector") or {})["webhooks"][0]["clientConfig"].get("caBundle"))
    space = honest.space("meshed", **{"istio-injection": "enabled", "pod-security.kubernetes.io/enforce": "restricted"})

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


@pytest.mark.parametrize(
    ("namespace", "labels", "count"),
    [
        ("knative-serving", {"app.kubernetes.io/version": "1.21.1"}, 10),
        ("knative-old", {"serving.knative.dev/release": "v0.22.1"}, 9),
    ],
)
def test_knative_takes_over_its_configurations(honest: Honest, namespace: str, labels: dict[str, str], count: int) -> None:
    """Whatever the API server serves. What is written by server-side apply conflicts afterwards, as it does on a real cluster."""
    space, old = honest.space(namespace), count == 9
    name, config = "webhook.serving.knative.dev", {"service": {"namespace": namespace, "name": "webhook"}, "caBundle": "Zm9yZWlnbg=="}
    path = f"{ADMISSION}/mutatingwebhookconfigurations/{name}"
    hook = {"name": name, "clientConfig": config, "admissionReviewVersions": ["v1"], "sideEffects": "None", "failurePolicy": "Fail"}
    rules = [{**RULE, "apiGroups": ["serving.knative.dev"], "apiVersions": ["*"], "resources": ["services"]}]
    metadata = {"name": name, "labels": labels}
    manifest = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration", "metadata": metadata}

    def apply() -> None:
        body = {**manifest, "webhooks": [{**hook, "rules": rules}]}
        query = {"fieldManager": "somebody"}
        honest.client.request("PATCH", path, query=query, body=body, content_type="application/apply-patch+yaml")

    apply()
    apply()
    honest.workload(namespace, "webhook")
    until(lambda: (honest.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/webhook") or {})["status"].get("readyReplicas"))
    # It fills in a Secret that is there, and does nothing before.
    assert (honest.get(path) or {})["webhooks"][0]["clientConfig"]["caBundle"] == config["caBundle"]
    honest.create(f"{space}/secrets", {"metadata": {"name": "webhook-certs"}})
    (live,) = until(lambda: (hooks := (honest.get(path) or {})["webhooks"])[0]["rules"] != rules and hooks)
    assert len(live["rules"]) == count
    assert live["rules"][0]["resources"] == ["metrics", "metrics/status"]
    assert live["namespaceSelector"]["matchExpressions"][0]["key"] == "webhooks.knative.dev/exclude"
    assert live["clientConfig"]["service"]["path"] == "/defaulting"
    assert live["reinvocationPolicy"] == ("Never" if old else "IfNeeded")
    secret = honest.get(f"{space}/secrets/webhook-certs") or {}
    assert set(secret["data"]) == {"server-cert.pem", "server-key.pem", "ca-cert.pem"}
    assert live["clientConfig"]["caBundle"] == secret["data"]["ca-cert.pem"]
    uid = (honest.get(space) or {})["metadata"]["uid"]
    owner = {"apiVersion": "v1", "kind": "Namespace", "name": namespace, "uid": uid, "controller": False, "blockOwnerDeletion": True}
    assert (honest.get(path) or {})["metadata"].get("ownerReferences", []) == ([] if old else [owner])
    for written in (path, f"{space}/secrets/webhook-certs"):
        assert ("webhook", "Update") in honest.managers(written)
    with pytest.raises(ApiError, match=r'(?s)conflicts with "webhook".*rules'):
        apply()
    honest.delete(path)


def guarding(name: str, service: str, namespace: str, guarded: str, **annotations: str) -> Thing:
    """A fail-closed webhook of C(service) about the ConfigMaps of namespace C(guarded)."""
    rule = {**RULE, "resources": ["configmaps"]}
    hook = {
        "name": f"{name}.example.org",
        "clientConfig": {"service": {"namespace": namespace, "name": service}},
        "rules": [rule],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": guarded}},
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "failurePolicy": "Fail",
    }
    return {"metadata": {"name": name, "annotations": annotations}, "webhooks": [hook]}


def test_a_ca_bundle_of_another_certificate_is_noticed(honest: Honest) -> None:
    """cainjector takes the authority of the Certificate that is named, and the server presents what its pod mounts."""
    group = "cert-manager.io"
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    version = {"name": "v1", "served": True, "storage": True, "subresources": {"status": {}}, "schema": schema}
    for plural, kind in (("certificates", "Certificate"), ("issuers", "Issuer"), ("clusterissuers", "ClusterIssuer")):
        scope = "Cluster" if plural == "clusterissuers" else "Namespaced"
        spec = {"group": group, "scope": scope, "names": {"plural": plural, "kind": kind}, "versions": [version]}
        honest.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", {"metadata": {"name": f"{plural}.{group}"}, "spec": spec})
    honest.space("cert-manager")
    for name in ("cert-manager", "cert-manager-cainjector"):
        honest.workload("cert-manager", name)
    space = honest.space("served")
    guarded = honest.space("guarded")

    def make(plural: str, kind: str, name: str, spec: Thing) -> bool:
        body = {"apiVersion": f"{group}/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}
        try:
            return bool(honest.create(f"/apis/{group}/v1/namespaces/served/{plural}", body))
        except ApiError as error:
            # Served by discovery a moment before it is there.
            assert error.status == 404
            return False

    until(lambda: make("issuers", "Issuer", "self", {"selfSigned": {}}))
    for name in ("mine", "another"):
        spec = {"secretName": name, "dnsNames": ["web.served.svc"], "issuerRef": {"name": "self"}}
        until(lambda name=name, spec=spec: make("certificates", "Certificate", name, spec))  # type: ignore[misc]
    main = container("main", volumeMounts=[{"name": "cert", "mountPath": "/certs"}])
    honest.workload("served", "web", containers=[main], volumes=[{"name": "cert", "secret": {"secretName": "mine"}}])
    path = f"{ADMISSION}/validatingwebhookconfigurations/web"
    annotation = f"{group}/inject-ca-from"
    honest.create(
        f"{ADMISSION}/validatingwebhookconfigurations", guarding("web", "web", "served", "guarded", **{annotation: "served/another"})
    )
    bundle = until(lambda: (honest.get(path) or {})["webhooks"][0]["clientConfig"].get("caBundle"))
    assert bundle == (honest.get(f"{space}/secrets/another") or {})["data"]["ca.crt"]

    def refusal() -> str:
        try:
            honest.client.request("POST", f"{guarded}/configmaps", query={"dryRun": "All"}, body={"metadata": {"name": "any"}})
        except ApiError as error:
            return str(error)
        return ""

    until(lambda: "x509" in refusal())
    honest.patch(path, {"metadata": {"annotations": {annotation: "served/mine"}}})
    until(lambda: not refusal())
    honest.delete(path)


def test_a_changed_secret_is_seen_after_a_while(honest: Honest) -> None:
    """JobSet's controller writes the certificate of its webhook into a Secret that its pod has mounted already."""
    refresh = {"cluster_kwok_secret_refresh_seconds": 2}
    assert honest.play(**refresh) == 1
    assert honest.play(**refresh) == 0
    space, guarded = honest.space("jobset"), honest.space("guarded-by-jobset")
    secret, service = "jobset-webhook-server-cert", "jobset-webhook-service"
    honest.create(f"{space}/secrets", {"metadata": {"name": secret}})
    path = f"{ADMISSION}/validatingwebhookconfigurations/jobset"
    honest.create(f"{ADMISSION}/validatingwebhookconfigurations", guarding("jobset", service, "jobset", "guarded-by-jobset"))
    probe = {"httpGet": {"path": "/readyz", "port": 8081}}
    main = container("manager", volumeMounts=[{"name": "cert", "mountPath": "/certs"}], readinessProbe=probe)
    begun = time.monotonic()
    honest.workload("jobset", service, containers=[main], volumes=[{"name": "cert", "secret": {"secretName": secret}}])

    def ready() -> list[tuple[str, bool]]:
        items = (honest.get(f"{space}/pods") or {})["items"]
        return [(item["status"]["phase"], item["status"]["containerStatuses"][0]["ready"]) for item in items if "podIP" in item["status"]]

    until(lambda: ready() == [("Running", False)])
    # The certificate is there, and its authority in the configuration; nobody answers yet.
    until(lambda: (honest.get(path) or {})["webhooks"][0]["clientConfig"].get("caBundle"))
    assert set((honest.get(f"{space}/secrets/{secret}") or {})["data"]) == {"tls.crt", "tls.key", "ca.crt", "ca.key"}
    assert ready() == [("Running", False)]
    with pytest.raises(ApiError, match="failed calling webhook"):
        honest.create(f"{guarded}/configmaps", {"metadata": {"name": "early"}})
    # Seen after 2 s; the program looks for it 1.5 and 4.5 s after its start.
    until(lambda: ready() == [("Running", True)])
    assert time.monotonic() - begun >= 4.5
    until(lambda: honest.get(f"{guarded}/configmaps/late") or admitted(honest, f"{guarded}/configmaps", "late"))
    honest.delete(path)
    assert honest.play() == 1


def admitted(honest: Honest, path: str, name: str) -> bool:
    try:
        return bool(honest.create(path, {"metadata": {"name": name}}))
    except ApiError:
        return False


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
    policies = {"plural": "authorizationpolicies", "kind": "AuthorizationPolicy"}
    spec = {"group": "security.istio.io", "scope": "Namespaced", "names": policies, "versions": [{**version, "name": "v1beta1"}]}
    honest.create(crds, {"metadata": {"name": "authorizationpolicies.security.istio.io"}, "spec": spec})

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
    settings = {"USERID_HEADER": "x-user", "USERID_PREFIX": "", "KFP_UI_PRINCIPAL": "cluster.local/ns/kubeflow/sa/ml-pipeline-ui"}
    honest.create("/api/v1/namespaces/kubeflow/configmaps", {"metadata": {"name": "config-5f"}, "data": settings})
    manager = container("manager", envFrom=[{"configMapRef": {"name": "config-5f"}}])
    volume = {"name": "labels", "configMap": {"name": "labels-5f"}}
    honest.workload("kubeflow", "profiles-deployment", containers=[manager], volumes=[volume])
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
    # It writes the Profile as a whole, with a quota that is empty.
    assert (honest.get(f"{profiles}/team") or {})["spec"]["resourceQuotaSpec"] == {}
    assert ("manager", "Update") in honest.managers(f"{profiles}/team")
    policy = honest.get("/apis/security.istio.io/v1beta1/namespaces/team/authorizationpolicies/ns-owner-access-istio") or {}
    first = policy["spec"]["rules"][0]
    assert first["when"] == [{"key": "request.headers[x-user]", "values": ["user@example.com"]}]
    assert first["from"] == [{"source": {"principals": ["cluster.local/ns/kubeflow/sa/ml-pipeline-ui"]}}]
    honest.delete(f"{profiles}/team")
    # The namespace goes with it, by the real garbage collector.
    until(lambda: honest.get(f"{profiles}/team") is None)


def test_there_is_room_for_more_services_than_a_small_network_has(cluster: Cluster, namespace: str) -> None:
    """254 are not many: each notebook and each model takes one."""
    cluster.create("/api/v1/namespaces", {"metadata": {"name": namespace}})
    spec = {"clusterIP": "10.96.200.200", "ports": [{"port": 80}]}
    made = cluster.create(f"/api/v1/namespaces/{namespace}/services", {"metadata": {"name": "far"}, "spec": spec})
    assert made["spec"]["clusterIP"] == "10.96.200.200"
