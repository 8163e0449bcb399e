# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module diagnose on real API servers: causes of real faults, none where nothing is wrong, repairs, and an archive without secrets."""

from __future__ import annotations

import base64
import datetime
import json
import secrets
import stat
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import RELEASES, Cluster, Ran, ReleaseCluster, embedded_cluster, run_module, run_playbook, token_of, write_plan
from faulty_proxy import FaultyProxy, Refuse
from waiting import until

Thing = dict[str, Any]
FAULTS: list[Thing] = [
    {"fault": "image_not_found", "images": "*/gone:*"},
    {"fault": "crash", "pods": "kubeflow/watcher-*", "log": "starting\nfailed to create fsnotify watcher: too many open files"},
    {"fault": "out_of_memory", "pods": "kubeflow/large-*"},
    {"fault": "probe_fails", "pods": "kubeflow/odd-*"},
    {"fault": "no_default_storage_class"},
]
MADE = [
    {"kind": "ConfigMap", "name": "istio-ca-root-cert", "by": "istio-system/istiod"},
    {"kind": "Secret", "name": "webhook-server-tls", "namespace": "kubeflow", "by": "kubeflow/cache-deployer-deployment"},
]
KNOWN = {name: release["recognised_by"] for name, release in RELEASES.items()}
TOKEN = {"name": "istio-token", "projected": {"sources": [{"serviceAccountToken": {"path": "istio-token", "audience": "istio-ca"}}]}}
MINUTES = datetime.timedelta(minutes=10)


def namespace(name: str, **labels: str) -> Thing:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def deployment(space: str, name: str, *, image: str = "e.org/m:1", volumes: list[Thing] | None = None, **container: Any) -> Thing:
    # A kubelet sets up what containers mount, and nothing else.
    mounts = [{"name": entry["name"], "mountPath": f"/{entry['name']}"} for entry in volumes or ()]
    spec: Thing = {"containers": [{"name": "main", "image": image, "volumeMounts": mounts, **container}], "volumes": volumes or []}
    template = {"metadata": {"labels": {"app": name}}, "spec": spec}
    wanted = {"selector": {"matchLabels": {"app": name}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": space}, "spec": wanted}


def volume(**source: Any) -> Thing:
    return {"name": "v", **source}


INJECTOR = {
    "apiVersion": "admissionregistration.k8s.io/v1",
    "kind": "MutatingWebhookConfiguration",
    "metadata": {"name": "injector"},
    "webhooks": [
        {
            "name": "namespace.sidecar-injector.istio.io",
            "failurePolicy": "Fail",
            "sideEffects": "None",
            "admissionReviewVersions": ["v1"],
            "clientConfig": {"service": {"namespace": "istio-system", "name": "istiod", "path": "/inject", "port": 443}},
            "namespaceSelector": {"matchLabels": {"istio-injection": "enabled"}},
            "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}],
        }
    ],
}
ISTIOD = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "istiod", "namespace": "istio-system"},
    "spec": {"selector": {"app": "istiod"}, "ports": [{"port": 443, "targetPort": 15017}]},
}
CLAIM = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {"name": "mysql-pv-claim", "namespace": "kubeflow"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}
QUOTA = {
    "apiVersion": "v1",
    "kind": "ResourceQuota",
    "metadata": {"name": "compute", "namespace": "few"},
    "spec": {"hard": {"pods": "0"}},
}
PARTS: dict[str, list[Thing]] = {
    "base": [namespace("kubeflow"), namespace("istio-system"), namespace("injected", **{"istio-injection": "enabled"}), namespace("few")],
    "istio": [
        deployment("istio-system", "istiod", image="e.org/gone:1", volumes=[TOKEN]),
        deployment("istio-system", "istio-ingressgateway", volumes=[TOKEN, volume(configMap={"name": "istio-ca-root-cert"})]),
        ISTIOD,
        INJECTOR,
    ],
    "pipelines": [
        CLAIM,
        deployment("kubeflow", "mysql", volumes=[volume(persistentVolumeClaim={"claimName": "mysql-pv-claim"})]),
        deployment("kubeflow", "cache-server", volumes=[volume(secret={"secretName": "webhook-server-tls"})]),
        deployment("kubeflow", "needy", volumes=[volume(secret={"secretName": "nobody-makes-it"})]),
        deployment("kubeflow", "wide", resources={"requests": {"cpu": "1000"}}),
        deployment("kubeflow", "watcher"),
        deployment("kubeflow", "large"),
        deployment("kubeflow", "odd", readinessProbe={"tcpSocket": {"port": 1}}),
        deployment("injected", "refused"),
        QUOTA,
        deployment("few", "many"),
    ],
}
# Of which it is asked for what they would make, so that the plan's own gates do not hold what is to fail.
LATER = {"cache-deployer-deployment": deployment("kubeflow", "cache-deployer-deployment", image="e.org/gone:1")}


class Broken(Cluster):
    """A cluster on which much is wrong."""

    plan: str
    folder: Path
    state: dict[str, str]

    def events(self) -> Path:
        """The events that are there, as a run that waits for ten minutes keeps them."""
        path = self.folder / "events.jsonl"
        lines = []
        for event in self.client.get("/api/v1/events")["items"]:
            for name in ("firstTimestamp", "eventTime"):
                if event.get(name):
                    early = datetime.datetime.fromisoformat(event[name].replace("Z", "+00:00")) - MINUTES
                    event[name] = early.strftime("%Y-%m-%dT%H:%M:%SZ")
            lines.append(json.dumps(event))
        path.write_text("\n".join(lines))
        return path

    def diagnose(self, **arguments: Any) -> Ran:
        how = {name: arguments.pop(name) for name in ("check",) if name in arguments}
        given = {"plan": self.plan, "made_by_controllers": MADE, "events": str(self.events()), **arguments}
        ran = self.module("diagnose", given, **how)
        assert not ran.failed, ran.stdout
        return ran


def by_rule(ran: Ran) -> dict[str, Thing]:
    return {finding["rule"]: finding for finding in ran["findings"]}


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broken]:
    folder = tmp_path_factory.mktemp("broken")
    with embedded_cluster(folder, f"broken-{secrets.token_hex(4)}", cluster_kwok_faults=FAULTS) as (kubeconfig, hosts, state):
        cluster = Broken(kubeconfig, hosts)
        cluster.folder, cluster.state = folder, state
        parts = {**PARTS, "pipelines": [*PARTS["pipelines"], *LATER.values()]}
        cluster.plan = write_plan(folder / "plan", **parts)
        collections = {
            "Namespace": "/api/v1/namespaces",
            "Deployment": "/apis/apps/v1/namespaces/{}/deployments",
            "Service": "/api/v1/namespaces/{}/services",
            "PersistentVolumeClaim": "/api/v1/namespaces/{}/persistentvolumeclaims",
            "ResourceQuota": "/api/v1/namespaces/{}/resourcequotas",
            "MutatingWebhookConfiguration": "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
        }
        for item in (item for part in parts.values() for item in part):
            cluster.create(collections[item["kind"]].format(item["metadata"].get("namespace")), item)
        yield cluster


def test_each_fault_is_told_with_its_cause_and_what_follows_hangs_below_it(broken: Broken) -> None:
    wanted = {
        "image_gone",
        "no_default_storage_class",
        "object_missing",
        "insufficient_resources",
        "inotify_limits",
        "out_of_memory",
        "quota_exceeded",
    }
    ran = until(lambda: _seen(broken, wanted), 60)
    found = by_rule(ran)
    assert set(found) == wanted, ran["text"]
    gone = found["image_gone"]
    assert "e.org/gone:1" in gone["cause"]
    assert {"Deployment istio-system/istiod", "Deployment kubeflow/cache-deployer-deployment"} == set(gone["objects"])
    below = {one["rule"]: one for one in gone["consequences"]}
    assert set(below) == {"istio_ca_root_cert", "webhook_server_tls", "webhook_unavailable"}
    assert "Service istio-system/istiod" in below["webhook_unavailable"]["objects"]
    assert gone["behind"] == 3
    assert sorted(gone["parts"]) == ["istio", "pipelines"]
    claims = found["no_default_storage_class"]
    assert (claims["objects"], claims["behind"]) == (["PersistentVolumeClaim kubeflow/mysql-pv-claim"], 1)
    assert "kubeflow_volumes" in claims["remedy"]
    assert "Insufficient cpu" in found["insufficient_resources"]["cause"]
    assert "nobody-makes-it" in found["object_missing"]["cause"]
    assert "compute" in found["quota_exceeded"]["cause"]
    assert any("too many open files" in line for line in found["inotify_limits"]["evidence"])
    assert "main of Deployment kubeflow/large" in found["out_of_memory"]["cause"]
    (odd,) = ran["unexplained"]
    assert odd["object"] == "Deployment kubeflow/odd"
    assert any("Unhealthy" in line for line in odd["evidence"]), odd
    assert ran["changed"] is False
    assert len(ran.stdout) < 256 * 1024
    assert ran["text"].startswith("7 causes found:")


def _seen(broken: Broken, wanted: set[str]) -> Ran | None:
    ran = broken.diagnose()
    return ran if wanted <= set(by_rule(ran)) and ran["unexplained"] else None


def test_what_may_not_be_read_is_said_and_the_rest_is_told(broken: Broken) -> None:
    rules = [{"apiGroups": ["", "apps"], "resources": ["pods", "deployments", "replicasets", "namespaces"], "verbs": ["get", "list"]}]
    token = token_of(broken, "reader", rules)
    server = yaml.safe_load(broken.kubeconfig.read_text())["clusters"][0]["cluster"]["server"]
    ran = run_module("diagnose", {"host": server, "api_key": token, "validate_certs": False, "plan": broken.plan})
    assert not ran.failed, ran.stdout
    assert "image_gone" in by_rule(ran)
    assert any("secrets in kubeflow could not be read" in gap for gap in ran["gaps"])
    assert "Not seen: " in ran["text"]


def test_a_cluster_that_does_not_answer_is_said_so(broken: Broken) -> None:
    with FaultyProxy(broken.client) as proxy:
        proxy.add(lambda request: request.path == "/version", Refuse(403, "you may not"), forever=True)
        ran = run_module("diagnose", {"host": proxy.url, "plan": broken.plan})
    assert ran.failed
    assert ran["msg"] == "The cluster cannot be looked at: you may not"


def test_repairs_are_foretold_in_check_mode_and_done_under_the_lease(broken: Broken) -> None:
    """A Job that has given up, and a workload whose pods were refused while a webhook could not be asked."""
    spec = {"backoffLimit": 0, "template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "m", "image": "e.org/m:1"}]}}}
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "once", "namespace": "kubeflow"}, "spec": spec}
    plan = write_plan(broken.folder / "jobs", base=[namespace("kubeflow")], jobs=[job])
    foretold = broken.diagnose(plan=plan, repair=True, check=True)
    assert (foretold["changed"], foretold["repaired"]) == (True, ["Job kubeflow/once: made anew"])
    assert broken.get("/apis/batch/v1/namespaces/kubeflow/jobs/once") is None
    assert broken.diagnose(plan=plan)["repaired"] == []
    done = broken.diagnose(plan=plan, repair=True)
    assert (done["changed"], done["repaired"]) == (True, ["Job kubeflow/once: made anew"])
    made = broken.get("/apis/batch/v1/namespaces/kubeflow/jobs/once")
    assert made and made["metadata"]["labels"]["applyset.kubernetes.io/part-of"]
    lease = broken.get("/apis/coordination.k8s.io/v1/namespaces/mlplatform-kubeflow/leases/run")
    assert lease and lease["spec"]["holderIdentity"] == ""
    again = broken.diagnose(plan=plan, repair=True)
    assert (again["changed"], again["repaired"]) == (False, [])


def test_a_repair_that_is_refused_is_said_beside_the_diagnosis(broken: Broken, tmp_path: Path) -> None:
    spec = {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "m", "image": "e.org/m:1"}]}}}
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "forbidden", "namespace": "kubeflow"}, "spec": spec}
    plan = write_plan(tmp_path / "plan", base=[namespace("kubeflow")], jobs=[job])
    archive = tmp_path / "support.tar.gz"
    with FaultyProxy(broken.client) as proxy:
        proxy.add(
            lambda request: request.method == "PATCH" and request.path.endswith("/jobs/forbidden"), Refuse(403, "you may not"), forever=True
        )
        ran = run_module("diagnose", {"host": proxy.url, "plan": plan, "repair": True, "bundle": str(archive)})
    assert not ran.failed, ran.stdout
    assert (ran["changed"], ran["repaired"]) == (False, [])
    assert ran["not_repaired"] == ["Job kubeflow/forbidden: not made anew: you may not"]
    assert ran["text"]
    assert archive.is_file()


def test_a_plan_that_is_not_applied_is_a_cause(broken: Broken, tmp_path: Path) -> None:
    """As after --tags render. A Job that goes by itself may have been there."""
    spec = {
        "ttlSecondsAfterFinished": 1,
        "template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "m", "image": "e.org/m:1"}]}},
    }
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "passing", "namespace": "nowhere"}, "spec": spec}
    plan = write_plan(tmp_path / "plan", base=[namespace("nowhere")], web=[deployment("nowhere", "web"), job])
    finding = by_rule(broken.diagnose(plan=plan))["planned_missing"]
    assert finding["objects"] == ["Deployment nowhere/web", "Namespace nowhere"]
    assert finding["cause"] == "Objects of the plan are not there, 2 in all, and site.yml brings them: 1 of part base, 1 of part web."


def test_who_may_read_nothing_is_told_so(broken: Broken) -> None:
    token = token_of(broken, "blind", [{"apiGroups": [""], "resources": ["bindings"], "verbs": ["create"]}])
    server = yaml.safe_load(broken.kubeconfig.read_text())["clusters"][0]["cluster"]["server"]
    ran = run_module("diagnose", {"host": server, "api_key": token, "validate_certs": False, "plan": broken.plan})
    assert ran.failed
    assert "The cluster cannot be looked at: " in ran["msg"]
    assert "could not be read" in ran["msg"]


def test_a_workload_that_was_refused_is_started_anew(broken: Broken) -> None:
    """Its webhook could not be asked, and has an endpoint by now. (Here it still does not answer, so that nothing goes on by itself.)"""
    broken.create("/api/v1/namespaces", namespace("late", late="yes"))
    service = {"metadata": {"name": "hook", "namespace": "late"}, "spec": {"ports": [{"port": 443}]}}
    broken.create("/api/v1/namespaces/late/services", service)
    (entry,) = INJECTOR["webhooks"]
    called = {"service": {"namespace": "late", "name": "hook", "port": 443}}
    hook = {**entry, "name": "hook.example.com", "clientConfig": called, "namespaceSelector": {"matchLabels": {"late": "yes"}}}
    configs = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
    broken.create(configs, {"metadata": {"name": "late"}, "webhooks": [hook]})
    refused = deployment("late", "refused")
    broken.create("/apis/apps/v1/namespaces/late/deployments", refused)
    events = "/api/v1/namespaces/late/events"
    until(lambda: any("no endpoints available" in event["message"] for event in (broken.get(events) or {})["items"]), 60)
    about = {"name": "hook-1", "namespace": "late", "labels": {"kubernetes.io/service-name": "hook"}}
    endpoint = {"addresses": ["10.255.255.1"], "conditions": {"ready": True}}
    slices = {"metadata": about, "addressType": "IPv4", "endpoints": [endpoint], "ports": [{"name": "", "port": 443}]}
    broken.create("/apis/discovery.k8s.io/v1/namespaces/late/endpointslices", slices)
    plan = write_plan(broken.folder / "late", base=[namespace("late"), refused])
    foretold = broken.diagnose(plan=plan, repair=True, check=True)
    finding = by_rule(foretold)["create_back_off"]
    assert finding["heals"] is True
    path = "/apis/apps/v1/namespaces/late/deployments/refused"

    def restarted() -> str:
        return str(
            ((broken.get(path) or {})["spec"]["template"]["metadata"].get("annotations") or {}).get("kubectl.kubernetes.io/restartedAt", "")
        )

    assert foretold["repaired"] == ["Deployment late/refused: started anew"]
    assert not restarted()
    assert broken.diagnose(plan=plan, repair=True)["repaired"] == foretold["repaired"]
    assert restarted()
    broken.delete(f"{configs}/late")


def test_a_run_that_fails_ends_with_the_cause_and_what_to_do(broken: Broken, tmp_path: Path) -> None:
    given = ["-e", "kubeflow_parts=spark_operator", "-e", "kubeflow_stall_timeout=20", "-e", "kubeflow_support_bundle=true"]
    # Which would say it before.
    given += ["-e", "{kubeflow_preflight_overrides: [webhooks]}"]
    played = run_playbook("-i", broken.hosts, "site.yml", *given, env=broken.state)
    assert played.returncode != 0
    assert played.recap["rescued"] == 1, played.output
    last = played.output.rsplit("TASK [", 1)[-1]
    words = " ".join(last.split())
    assert "1 cause found:" in words, played.output
    # Its pods are refused by the injector of an istiod that is not in this run's plan.
    assert "The registry says that images are not there, or not for everybody: e.org/gone:1" in words
    assert "kubeflow_image_registries" in words
    assert words.index("cause found") < words.index("Not everything is ready")
    bundle = next(broken.folder.glob("**/support-bundle.tar.gz"))
    assert stat.S_IMODE(bundle.stat().st_mode) == 0o600
    looked = run_playbook("-i", broken.hosts, "playbooks/diagnose.yml", env=broken.state)
    assert looked.returncode == 0, looked.output
    assert "1 cause found:" in looked.words


def test_without_token_request_a_run_ends_with_that_one_cause(tmp_path: Path) -> None:
    """What everybody reports of such a cluster hangs below it: istio-token, istio-ca-root-cert, webhook-server-tls."""
    lacking = {"kubeflow_cluster_kubernetes_version": "1.19.16", "cluster_kwok_token_request": False}
    given = {
        "kubeflow_release": "v1.4.0",
        "kubeflow_parts": ["istio", "pipelines"],
        "kubeflow_stall_timeout": 20,
        "kubeflow_preflight_overrides": ["token_request"],
    }
    with embedded_cluster(tmp_path, f"tokens-{secrets.token_hex(4)}", **lacking, **given) as (kubeconfig, hosts, state):
        played = run_playbook("-i", hosts, "site.yml", env=state)
        assert played.returncode != 0
        last = " ".join(played.output.rsplit("TASK [", 1)[-1].split())
        assert "1 cause found: 1. The API server issues no tokens for pods" in last, played.output
        assert "Not explained" not in last
        assert "mlplatform.kubeflow.nodes --tags apiserver_patch" in last
        cluster = Cluster(kubeconfig, hosts)
        (plan,) = tmp_path.glob("**/plan/plan.json")
        ran = cluster.module("diagnose", {"plan": str(plan.parent), "made_by_controllers": MADE})
    (finding,) = ran["findings"]
    assert finding["rule"] == "token_request", ran["text"]
    assert "token_volume" in {one["rule"] for one in finding["consequences"]}
    for name in ("istio_ca_root_cert", "webhook_server_tls", "token_volume"):
        assert f"({name}: " in last


def test_a_healthy_install_has_no_finding_with_its_plan_and_without(release_cluster: ReleaseCluster) -> None:
    given = {"made_by_controllers": release_cluster.facts["made_by_controllers"], "releases": KNOWN}
    for plan in ({"plan": str(release_cluster.plan)}, {}):
        ran = release_cluster.module("diagnose", {**given, **plan})
        assert not ran.failed, ran.stdout
        assert (ran["findings"], ran["unexplained"], ran["gaps"]) == ([], [], []), ran["text"]
        assert ran["release"]["name"] == release_cluster.release
    assert ran["release"]["recognised"] is True
    assert ran["release"]["alike"] == ran["release"]["there"] > 7, ran["release"]


def test_the_archive_of_a_whole_install_holds_no_secret(release_cluster: ReleaseCluster, tmp_path: Path) -> None:
    path = tmp_path / "bundle.tar.gz"
    ran = release_cluster.module("diagnose", {"plan": str(release_cluster.plan), "bundle": str(path)})
    assert not ran.failed, ran.stdout
    assert ran["bundle"] == str(path)
    with tarfile.open(path) as archive:
        files = {entry.name: archive.extractfile(entry).read() for entry in archive}  # type: ignore[union-attr]
    content = b"\n".join(files.values())
    assert b"Deployment" in b" ".join(name.encode() for name in files)
    found = []
    for secret in release_cluster.client.get("/api/v1/secrets")["items"]:
        for name, encoded in (secret.get("data") or {}).items():
            plain = base64.b64decode(encoded)
            # A certificate and a namespace's name are public, and a short word stands in other places, too.
            public = plain.startswith(b"-----BEGIN CERTIFICATE") or name == "namespace" or len(plain) < 8
            if not public and (plain in content or encoded.encode() in content):
                found.append(f"{secret['metadata']['namespace']}/{secret['metadata']['name']} {name}")
    assert found == []
    user = yaml.safe_load(release_cluster.kubeconfig.read_text())["users"][0]["user"]
    assert not [name for name, value in user.items() if isinstance(value, str) and value.encode() in content]
