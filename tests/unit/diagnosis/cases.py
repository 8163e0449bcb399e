# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One fault for each rule, in the words in which clusters told it, by the rule's name. C(since): for how many seconds it is so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from diagnosis.world import NOW, READ, World, text_of

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.objects import Key

Fault = Callable[[World, float], Key]


@dataclass(frozen=True)
class Case:
    """What makes the fault; it gives an object that has it."""

    fault: Fault
    id: str


CASES: dict[str, list[Case]] = {}


def case(fault: Fault) -> Fault:
    """A case of the rule that the function is named after, up to two underscores."""
    CASES.setdefault(fault.__name__.partition("__")[0], []).append(Case(fault, fault.__name__))
    return fault


def texts(rule: str, make: Callable[[World, float, str], Key], *some: str) -> None:
    """A case for each text."""
    for number, text in enumerate(some):

        def fault(w: World, since: float, text: str = text) -> Key:
            return make(w, since, text)

        CASES.setdefault(rule, []).append(Case(fault, f"{rule}-{number}"))


def event_case(rule: str, reason: str, *some: str, workload: str = "web") -> None:
    """Said of a pod that has not begun."""

    def make(w: World, since: float, text: str) -> Key:
        owner = w.workload(workload, age=since)
        node = {"nodeName": ""} if reason == "FailedScheduling" else {}
        w.event(w.pod(owner, age=since, spec=node), reason, text, since=since)
        return owner

    texts(rule, make, *some)


def created_case(rule: str, *some: str) -> None:
    """Said of a ReplicaSet that gets no pods."""

    def make(w: World, since: float, text: str) -> Key:
        owner, replicas = without_pods(w, since)
        w.event(replicas, "FailedCreate", text, since=since)
        return owner

    texts(rule, make, *some)


def without_pods(w: World, since: float, name: str = "web", namespace: str = "kubeflow") -> tuple[Key, Key]:
    owner = w.workload(name, namespace, age=since)
    w.objects[owner]["status"] |= {"replicas": 0, "updatedReplicas": 0}
    above = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name, "controller": True}
    metadata = {"ownerReferences": [above]}
    return owner, w.add("apps", "ReplicaSet", namespace, f"{name}-1", metadata=metadata, spec={"replicas": 1}, status={"replicas": 0})


def log_case(rule: str, *some: str, workload: str = "web", container: str = "main", **how: Any) -> None:
    """Written by a container that ends again and again."""

    def make(w: World, since: float, text: str) -> Key:
        owner = w.workload(workload, age=since)
        pod = w.crashing(owner, text, name=container, **how)
        w.objects[pod]["metadata"]["creationTimestamp"] = text_of(NOW - since)
        return owner

    texts(rule, make, *some)


def pull_case(rule: str, *some: str) -> None:
    def make(w: World, since: float, text: str) -> Key:
        owner = w.workload("istiod", "istio-system", age=since)
        w.unpulled(owner, text, age=since)
        return owner

    texts(rule, make, *some)


def refusal_case(rule: str, *some: str) -> None:
    def make(w: World, since: float, text: str) -> Key:
        about = Key("apps", "Deployment", "kubeflow", "web")
        w.refuse(about, text)
        return about

    texts(rule, make, *some)


def called(error: str, service: str = "istiod.istio-system", webhook: str = "namespace.sidecar-injector.istio.io") -> str:
    """What a ReplicaSet says of a webhook that cannot be asked."""
    url = f"https://{service}.svc:443/inject?timeout=10s"
    return f'Error creating: Internal error occurred: failed calling webhook "{webhook}": failed to call webhook: Post "{url}": {error}'


def webhook_case(rule: str, *some: str, service: bool = True, answering: bool = True) -> None:
    def make(w: World, since: float, text: str) -> Key:
        if service:
            w.workload("istiod", "istio-system", ready=True)
            w.service("istiod", "istio-system", answering=answering)
        _owner, replicas = without_pods(w, since)
        w.event(replicas, "FailedCreate", called(text), since=since)
        return Key("", "Service", "istio-system", "istiod")

    texts(rule, make, *some)


def mounts(kind: str, name: str) -> list[dict[str, Any]]:
    return [{"name": "v", "configMap": {"name": name}} if kind == "ConfigMap" else {"name": "v", "secret": {"secretName": name}}]


def lacking_case(rule: str, kind: str, name: str, *, certificate: bool = False) -> None:
    def fault(w: World, since: float) -> Key:
        owner = w.workload("web", age=since, volumes=mounts(kind, name))
        pod = w.pod(owner, age=since)
        text = f'MountVolume.SetUp failed for volume "v" : {kind.lower()} "{name}" not found'
        w.event(pod, "FailedMount", text, since=since)
        if certificate:
            conditions = [{"type": "Ready", "status": "True"}]
            w.add("cert-manager.io", "Certificate", "kubeflow", "c", spec={"secretName": name}, status={"conditions": conditions})
        return Key("", kind, "kubeflow", name)

    CASES.setdefault(rule, []).append(Case(fault, rule))


def claim_case(rule: str, reason: str, *some: str) -> None:
    def make(w: World, since: float, text: str) -> Key:
        claim = w.claim("mysql-pv-claim", storage_class="fast")
        w.add("storage.k8s.io", "StorageClass", "", "fast")
        w.event(claim, reason, text, since=since, warning=reason == "ProvisioningFailed")
        return claim

    texts(rule, make, *some)


# Nodes


@case
def node_not_ready(w: World, since: float) -> Key:
    return w.node(status="Unknown", reason="NodeStatusUnknown", message="Kubelet stopped posting node status.")


@case
def node_pressure(w: World, since: float) -> Key:
    return w.node(type_="DiskPressure", reason="KubeletHasDiskPressure", message="kubelet has disk pressure")


@case
def clock_skew__dates(w: World, since: float) -> Key:
    w.more["ahead"] = 95.0
    w.workload("web", age=10)
    return Key("", "Clock", "", "of the API server")


log_case(
    "clock_skew",
    "tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-03-01T10:00:00Z is before 2026-03-01",
    "oidc: Token used before issued",
)
event_case(
    "insufficient_resources",
    "FailedScheduling",
    "0/1 nodes are available: 1 Insufficient cpu.",
    "0/3 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 2 Insufficient memory. preemption: 0/3",
    "0/1 nodes are available: 1 Too many pods.",
)
event_case(
    "no_node_fits",
    "FailedScheduling",
    "0/1 nodes are available: 1 node(s) had taint {dedicated: gpu}, that the pod didn't tolerate.",
    "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.",
    "0/1 nodes are available: 1 node(s) were unschedulable.",
)
event_case("volume_zone", "FailedScheduling", "0/2 nodes are available: 2 node(s) had volume node affinity conflict.")
event_case("volume_zone", "FailedAttachVolume", 'Multi-Attach error for volume "pvc-1" Volume is already used by pod(s) mysql-0')


@case
def evicted(w: World, since: float) -> Key:
    owner = w.workload("web")
    gone = {"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: ephemeral-storage.", "containerStatuses": []}
    w.pod(owner, status=gone)
    return owner


# Tokens and what Istio and the cache make


def projected() -> list[dict[str, Any]]:
    return [{"name": "istio-token", "projected": {"sources": [{"serviceAccountToken": {"path": "istio-token", "audience": "istio-ca"}}]}}]


@case
def token_request(w: World, since: float) -> Key:
    w.more |= {"api_resources": frozenset({"pods", "serviceaccounts"}), "version": "v1.19.16"}
    owner = w.workload("istiod", "istio-system", volumes=projected())
    text = 'MountVolume.SetUp failed for volume "istio-token" : failed to fetch token: the API server does not have TokenRequest endpoints enabled'
    w.event(w.pod(owner), "FailedMount", text)
    return Key("", "API", "", "serviceaccounts/token")


event_case(
    "token_volume",
    "FailedMount",
    'MountVolume.SetUp failed for volume "istio-token" : failed to fetch token: the server could not find the requested resource',
    "Unable to attach or mount volumes: unmounted volumes=[istiod-ca-cert istio-token], unattached volumes=[istio-token]: timed out waiting",
)
lacking_case("istio_ca_root_cert", "ConfigMap", "istio-ca-root-cert")
lacking_case("webhook_server_tls", "Secret", "webhook-server-tls")
lacking_case("certificate_secret", "Secret", "webhook-certs", certificate=True)
lacking_case("object_missing", "Secret", "my-credentials")
lacking_case("object_missing", "ConfigMap", "settings")


@case
def key_missing(w: World, since: float) -> Key:
    owner = w.workload("web")
    waits = {"reason": "CreateContainerConfigError", "message": "couldn't find key password in Secret kubeflow/mysql-secret"}
    w.pod(owner, container={"state": {"waiting": waits}})
    return owner


log_case(
    "cache_certificate",
    'error: unable to recognize "STDIN": no matches for kind "CertificateSigningRequest" in version "certificates.k8s.io/v1beta1"',
    "ERROR: After approving csr cache-server.kubeflow, the signed certificate did not appear on the resource. Giving up after 10 attempts.",
    'user not permitted to approve requests with signerName "kubernetes.io/legacy-unknown"',
    workload="cache-deployer-deployment",
)


@case
def certificate_request_unsigned(w: World, since: float) -> Key:
    conditions = [{"type": "Approved", "reason": "KubectlApprove", "message": "This CSR was approved by kubectl certificate approve."}]
    spec = {"signerName": "kubernetes.io/legacy-unknown"}
    return w.add(
        "certificates.k8s.io",
        "CertificateSigningRequest",
        "",
        "cache-server.kubeflow",
        age=since,
        spec=spec,
        status={"conditions": conditions},
    )


log_case(
    "sidecar_token_refused",
    "Failed to authenticate client from 10.1.2.3: Authenticator KubeJWTAuthenticator at index 0 got error",
    container="discovery",
)
event_case(
    "docker_socket",
    "FailedMount",
    'MountVolume.SetUp failed for volume "docker-sock" : hostPath type check failed: /var/run/docker.sock is not a socket file',
)

# Images

pull_case(
    "image_gone",
    'rpc error: code = NotFound desc = failed to pull and unpack image "gcr.io/ml-pipeline/api-server:1.7.0": not found',
    "Error response from daemon: manifest unknown: Failed to fetch",
    "pull access denied for kubeflow/x, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
    "failed to authorize: failed to fetch oauth token: unexpected status from GET request: 401 Unauthorized",
    "denied: This API method requires billing to be enabled.",
    "Consumer 'project:ml-pipeline' has been suspended.",
)
pull_case(
    "image_rate_limit",
    "failed to copy: httpReadSeeker: failed open: unexpected status code https://registry-1.docker.io/v2/x: 429 Too Many Requests - toomanyrequests",
)
pull_case(
    "registry_unreachable",
    'failed to do request: Head "https://gcr.io/v2/x/manifests/1": dial tcp: lookup gcr.io on 10.0.0.2:53: no such host',
    "net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)",
    "tls: failed to verify certificate: x509: certificate signed by unknown authority",
)
pull_case(
    "image_architecture",
    "no matching manifest for linux/arm64/v8 in the manifest list entries",
    "no match for platform in manifest: not a match",
)
log_case("image_architecture", "standard_init_linux.go:228: exec user process caused: exec format error")


def waiting_case(rule: str, reason: str, message: str) -> None:
    def fault(w: World, since: float) -> Key:
        owner = w.workload("web")
        w.pod(owner, container={"state": {"waiting": {"reason": reason, "message": message}}})
        return owner

    CASES.setdefault(rule, []).append(Case(fault, f"{rule}-{reason}"))


waiting_case(
    "image_name",
    "InvalidImageName",
    'Failed to apply default image tag "Example.com/a b": couldn\'t parse image reference "Example.com/a b"',
)
waiting_case("image_never_pulled", "ErrImageNeverPull", 'Container image "a:1" is not present with pull policy of Never')
waiting_case(
    "security_context", "CreateContainerConfigError", "container has runAsNonRoot and image will run as root (pod: x, container: main)"
)


@case
def slow_pull(w: World, since: float) -> Key:
    owner = w.workload("web", age=since)
    pod = w.pod(owner, age=since)
    w.events.append(w.event(pod, "Pulling", 'Pulling image "docker.io/istio/pilot:1.9.6"', since=since, warning=False))
    w.events[:] = [
        type(w.events[0])(pod, "Pulling", 'Pulling image "docker.io/istio/pilot:1.9.6"', False, 1, NOW - since, NOW - since, "p")
    ]
    return owner


# Volumes


@case
def no_default_storage_class(w: World, since: float) -> Key:
    claim = w.claim("mysql-pv-claim")
    w.event(
        claim, "FailedBinding", "no persistent volumes available for this claim and no storage class is set", since=since, warning=False
    )
    return claim


@case
def storage_class_missing(w: World, since: float) -> Key:
    claim = w.claim("mysql-pv-claim", storage_class="fast")
    w.event(claim, "ProvisioningFailed", 'storageclass.storage.k8s.io "fast" not found')
    return Key("storage.k8s.io", "StorageClass", "", "fast")


claim_case(
    "provisioning_failed",
    "ProvisioningFailed",
    "failed to provision volume with StorageClass: unexpected error getting claim reference: selfLink was empty",
)
claim_case(
    "provisioner_silent",
    "ExternalProvisioning",
    'waiting for a volume to be created, either by external provisioner "rancher.io/local-path" or manually created by system administrator',
    "Waiting for a volume to be created either by the external provisioner 'ebs.csi.aws.com' or manually by the system administrator.",
)


@case
def volume_lost(w: World, since: float) -> Key:
    return w.claim("mysql-pv-claim", phase="Lost")


log_case(
    "volume_permission",
    "Error opening bolt store: open /var/lib/authservice/data.db: permission denied",
    "ERROR Unable to initialize: Unable to write to the backend",
)
log_case("volume_read_only", "mysqld: Can't create directory: Read-only file system")
log_case("disk_full", "[ERROR] write /var/lib/mysql/ib_logfile0: no space left on device")
log_case(
    "database_old_data",
    "[ERROR] [MY-010457] [Server] --initialize specified but the data directory has files in it. Aborting.",
    "[ERROR] [MY-011011] No data dictionary version number found.",
    workload="mysql",
)


@case
def database_killed(w: World, since: float) -> Key:
    owner = w.workload("katib-mysql")
    pod = w.crashing(owner, "2026-01-01T00:00:00Z 0 [Note] InnoDB: Setting file size", code=137, restarts=4)
    w.event(pod, "Unhealthy", "Liveness probe failed: mysqladmin: connect to server at 'localhost' failed")
    return owner


# Admission

webhook_case("webhook_service_missing", 'service "istiod" not found', service=False)
webhook_case(
    "webhook_unavailable",
    'no endpoints available for service "istiod"',
    "dial tcp 10.96.1.2:443: connect: connection refused",
    answering=False,
)
webhook_case("create_back_off", 'no endpoints available for service "istiod"')
webhook_case(
    "webhook_certificate",
    "x509: certificate signed by unknown authority",
    "unable to load root certificates: unable to parse bytes as PEM block",
)
webhook_case("webhook_blocked_by_host", "dial tcp 10.96.1.2:443: connect: no route to host")
webhook_case("webhook_through_sidecar", "EOF")
webhook_case(
    "webhook_timeout",
    "context deadline exceeded",
    "net/http: request canceled (Client.Timeout exceeded while awaiting headers)",
    "No agent available",
)
webhook_case("webhook_port", 'no service port 443 found for service "istiod"')


@case
def webhook_service_missing__unasked(w: World, since: float) -> Key:
    hook = {"name": "x.example.com", "failurePolicy": "Fail", "clientConfig": {"service": {"namespace": "kubeflow", "name": "gone"}}}
    w.add("admissionregistration.k8s.io", "MutatingWebhookConfiguration", "", "left", webhooks=[hook])
    w.add("", "Namespace", "", "kubeflow")
    return Key("", "Service", "kubeflow", "gone")


created_case(
    "admission_refused",
    'Error creating: admission webhook "validate.kyverno.svc-fail" denied the request: resource Pod/kubeflow/web was blocked',
)
created_case(
    "pod_security",
    'Error creating: pods "web-1-x" is forbidden: violates PodSecurity "restricted:latest": unrestricted capabilities (container "istio-init")',
)
created_case("pod_security_policy", 'Error creating: pods "web-" is forbidden: unable to validate against any pod security policy: []')
created_case(
    "quota_exceeded",
    'Error creating: pods "web-x" is forbidden: exceeded quota: compute, requested: cpu=100m, used: cpu=4, limited: cpu=4',
    'Error creating: pods "web-x" is forbidden: failed quota: compute: must specify cpu,memory',
)
created_case("limit_range", 'Error creating: pods "web-x" is forbidden: maximum memory usage per Container is 1Gi, but limit is 4Gi')
created_case("priority_class_missing", 'Error creating: pods "web-x" is forbidden: no PriorityClass with name high was found')


@case
def service_account_missing(w: World, since: float) -> Key:
    _owner, replicas = without_pods(w, since)
    text = 'Error creating: pods "web-x" is forbidden: error looking up service account kubeflow/robot: serviceaccount "robot" not found'
    w.event(replicas, "FailedCreate", text, since=since)
    return Key("", "ServiceAccount", "kubeflow", "robot")


# Programs

log_case("cpu_instructions", "Fatal glibc error: CPU does not support x86-64-v2")


@case
def cpu_instructions__code(w: World, since: float) -> Key:
    owner = w.workload("metadata-writer")
    w.crashing(owner, code=132)
    return owner


log_case("inotify_limits", "failed to create fsnotify watcher: too many open files", 'error: "too many open files"')
log_case("iptables_modules", "iptables-restore v1.8.4: unable to initialize table 'nat'", container="istio-init")
log_case(
    "kubernetes_too_old",
    'Version check failed: kubernetes version "1.21.5" is not compatible, need at least "1.22.0-0" (this can be overridden)',
)
log_case(
    "kubernetes_too_new",
    "failed to list CRDs: the server could not find the requested resource",
    "Failed to watch *v1beta1.MutatingWebhookConfiguration: failed to list",
    'no matches for kind "CustomResourceDefinition" in version "apiextensions.k8s.io/v1beta1"',
)
log_case(
    "dex_token",
    'failed to initialize storage: failed to inspect service account token: jwt claim "kubernetes.io/serviceaccount/namespace" not found',
    workload="dex",
)


@case
def istio_validation(w: World, since: float) -> Key:
    owner = w.workload("web", age=since)
    pod = w.crashing(owner, code=126, name="istio-validation")
    w.objects[pod]["metadata"]["creationTimestamp"] = text_of(NOW - since)
    return owner


@case
def out_of_memory(w: World, since: float) -> Key:
    owner = w.workload("katib-controller")
    w.crashing(owner, code=137, reason="OOMKilled")
    return owner


@case
def killed(w: World, since: float) -> Key:
    owner = w.workload("katib-controller", age=since)
    pod = w.crashing(owner, code=137)
    w.objects[pod]["metadata"]["creationTimestamp"] = text_of(NOW - since)
    return owner


log_case("database_refused", "dial tcp 10.96.44.1:3306: connect: connection refused", "mysql_real_connect failed: errno: 2002")
log_case(
    "database_login",
    "Authentication plugin 'caching_sha2_password' cannot be loaded",
    "MLMDEnv table exists but no schema_version can be found.",
)
log_case("object_store", "Failed to check if Minio bucket exists. Error: Server not initialized, please try again.")


@case
def object_store__hook(w: World, since: float) -> Key:
    owner = w.workload("seaweedfs", age=since)
    pod = w.crashing(owner)
    w.event(pod, "FailedPostStartHook", "PostStartHook failed", since=since)
    return owner


log_case(
    "login_service",
    "OIDC provider setup failed, retrying in 10 seconds: Get http://dex.auth.svc.cluster.local:5556/dex/.well-known/openid-configuration: EOF",
)
log_case("redirect_uri", 'Bad Request: Unregistered redirect_uri ("/oauth2/callback").')
log_case(
    "cluster_dns",
    "dial tcp: lookup dex.auth.svc.cluster.local on 10.96.0.10:53: no such host",
    "Unknown MySQL server host 'mysql' (2)",
    "getaddrinfo ENOTFOUND profiles-kfam.kubeflow",
)
log_case(
    "dns_loop", 'plugin/loop: Loop (127.0.0.1:39146 -> :53) detected for zone ".", see https://coredns.io/plugins/loop', workload="coredns"
)
event_case("istio_cni_plugin", "FailedCreatePodSandBox", 'failed to find plugin "istio-cni" in path [/opt/cni/bin]')
event_case("pod_network", "FailedCreatePodSandBox", 'plugin type="calico" failed (add): stat /var/lib/calico/nodename: no such file')


@case
def job_failed(w: World, since: float) -> Key:
    conditions = [
        {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "Job has reached the specified backoff limit"}
    ]
    return w.add(
        "batch", "Job", "kubeflow", "cert-generator", spec={"template": {"spec": {"containers": []}}}, status={"conditions": conditions}
    )


@case
def sidecar_missing(w: World, since: float) -> Key:
    w.add("", "Namespace", "", "kubeflow", metadata={"labels": {"istio-injection": "enabled"}})
    owner = w.workload("ml-pipeline-ui", ready=True)
    w.running(owner)
    return owner


@case
def token_issuer(w: World, since: float) -> Key:
    w.more["issuer"] = "https://kubernetes.default.svc.cluster.local"
    rules = [{"issuer": "https://kubernetes.default.svc"}]
    return w.add("security.istio.io", "RequestAuthentication", "istio-system", "m2m-token-issuer", spec={"jwtRules": rules})


# Objects that others make something of


@case
def certificate_not_ready(w: World, since: float) -> Key:
    conditions = [{"type": "Ready", "status": "False", "reason": "DoesNotExist", "message": "Issuing certificate as Secret does not exist"}]
    return w.add(
        "cert-manager.io", "Certificate", "kubeflow", "katib", age=since, spec={"secretName": "s"}, status={"conditions": conditions}
    )


@case
def issuer_not_ready(w: World, since: float) -> Key:
    return w.add("cert-manager.io", "ClusterIssuer", "", "kubeflow-self-signing-issuer", age=since)


@case
def kind_not_established(w: World, since: float) -> Key:
    condition = {"type": "NamesAccepted", "status": "False", "reason": "PluralConflict", "message": '"profiles" is already in use'}
    condition["lastTransitionTime"] = text_of(NOW - since)
    return w.add("apiextensions.k8s.io", "CustomResourceDefinition", "", "profiles.kubeflow.org", status={"conditions": [condition]})


@case
def profile_without_namespace(w: World, since: float) -> Key:
    return w.add("kubeflow.org", "Profile", "", "team", age=since, spec={"owner": {"name": "a@example.com"}})


@case
def profile_without_namespace__of_another(w: World, since: float) -> Key:
    w.add("", "Namespace", "", "team", metadata={"annotations": {"owner": "b@example.com"}})
    return w.add("kubeflow.org", "Profile", "", "team", age=since, spec={"owner": {"name": "a@example.com"}})


@case
def load_balancer_pending(w: World, since: float) -> Key:
    return w.add(
        "", "Service", "istio-system", "istio-ingressgateway", age=since, spec={"type": "LoadBalancer"}, status={"loadBalancer": {}}
    )


@case
def knative_ingress(w: World, since: float) -> Key:
    message = "Ingress has not yet been reconciled."
    condition = {
        "type": "Ready",
        "status": "Unknown",
        "reason": "IngressNotConfigured",
        "message": message,
        "lastTransitionTime": text_of(NOW - since),
    }
    return w.add("serving.knative.dev", "Service", "team", "flowers", status={"conditions": [condition]})


@case
def namespace_terminating(w: World, since: float) -> Key:
    conditions = [
        {"type": "NamespaceContentRemaining", "status": "True", "reason": "SomeResourcesRemain", "message": "profiles.kubeflow.org has 1"}
    ]
    return w.add("", "Namespace", "", "kubeflow", metadata={"deletionTimestamp": text_of(NOW - since)}, status={"conditions": conditions})


@case
def api_service_unavailable(w: World, since: float) -> Key:
    w.add("", "Namespace", "", "kubeflow", metadata={"deletionTimestamp": text_of(NOW - since)})
    condition = {"type": "Available", "status": "False", "reason": "MissingEndpoints", "message": "endpoints for service have no addresses"}
    condition["lastTransitionTime"] = text_of(NOW - since)
    return w.add("apiregistration.k8s.io", "APIService", "", "v1beta1.webhook.cert-manager.io", status={"conditions": [condition]})


# What the phase apply was told

refusal_case("manifest_too_long", "metadata.annotations: Too long: must have at most 262144 bytes")
refusal_case("kind_missing", 'resource mapping not found: no matches for kind "Profile" in version "kubeflow.org/v1beta1"')
refusal_case("kubernetes_too_new", 'no matches for kind "PodDisruptionBudget" in version "policy/v1beta1"')
refusal_case("field_immutable", 'Deployment.apps "web" is invalid: spec.selector: Invalid value: {}: field is immutable')
refusal_case("newer_kind", 'status.storedVersions[0]: Invalid value: "v1": must appear in spec.versions')
refusal_case("unknown_field", 'strict decoding error: unknown field "spec.foo"')
refusal_case("field_conflict", 'Apply failed with 1 conflict: conflict with "helm": .spec.replicas')
refusal_case(
    "quota_exceeded", 'persistentvolumeclaims "a" is forbidden: exceeded quota: storage, requested: requests.storage=20Gi, used: 0'
)


# What the plan holds


@case
def planned_missing(w: World, since: float) -> Key:
    gone = Key("apps", "Deployment", "kubeflow", "katib-controller")
    w.more |= {"planned": {w.workload("web", ready=True): "pipelines", gone: "katib"}, "read": READ | {("apps", "Deployment", "kubeflow")}}
    return gone
