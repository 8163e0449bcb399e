# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module ready where something cannot heal by itself: it ends within seconds and names each failure; what may pass is waited for."""

from __future__ import annotations

import json
import re
import secrets
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Cluster, embedded_cluster, write_plan
from test_ready import claim, deployment, not_ready, space, verdict
from waiting import sooner_than, until

Thing = dict[str, Any]
FAULTS: list[Thing] = [
    {"fault": "image_not_found", "images": "*/gone:*"},
    {"fault": "image_denied", "images": "*/denied:*"},
    {"fault": "rate_limited", "images": "*/limited:*"},
    {"fault": "no_default_storage_class"},
]


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """An embedded cluster of its own: it has no default StorageClass."""
    folder: Path = tmp_path_factory.mktemp("faulty")
    variables = {"cluster_kwok_faults": FAULTS, "cluster_kwok_pull_seconds_by_image": {"*/slow:*": 600}}
    with embedded_cluster(folder, f"failing-{secrets.token_hex(4)}", **variables) as (kubeconfig, hosts, _state):
        cluster = Cluster(kubeconfig, hosts)
        until(lambda: not any(map(is_default, (cluster.get("/apis/storage.k8s.io/v1/storageclasses") or {})["items"])))
        yield cluster


def is_default(storage_class: Thing) -> bool:
    annotations = storage_class["metadata"].get("annotations") or {}
    return bool(annotations.get("storageclass.kubernetes.io/is-default-class") == "true")


def with_container(namespace: str, name: str, **container: Any) -> Thing:
    found = deployment(namespace, name)
    found["spec"]["template"]["spec"]["containers"] = [{"name": "main", "image": "example.com/main:1", **container}]
    return found


def stateful(namespace: str, name: str) -> Thing:
    found = deployment(namespace, name)
    found["kind"] = "StatefulSet"
    template = claim(namespace, "data")
    found["spec"] |= {"serviceName": name, "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": template["spec"]}]}
    return found


def injector() -> Thing:
    """Like Istio's, where nobody answers and nobody minds: the pods run without a sidecar."""
    webhook = {
        "name": "i.example.com",
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "failurePolicy": "Ignore",
        "timeoutSeconds": 1,
        "clientConfig": {"url": "https://127.0.0.1:1/inject"},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}],
        "namespaceSelector": {"matchLabels": {"istio-injection": "enabled"}},
    }
    # Only one with a Service is asked what it injects.
    service = {**webhook, "name": "s.example.com", "clientConfig": {"service": {"namespace": "nowhere", "name": "istiod"}}}
    metadata = {"name": "injector", "labels": {"app": "sidecar-injector"}}
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": metadata,
        "webhooks": [webhook, service],
    }


def labelled(name: str, **labels: str) -> Thing:
    found = space(name)
    found["metadata"]["labels"] = labels
    return found


def test_each_failure_is_named_and_what_may_pass_is_waited_for(faulty: Cluster, tmp_path: Path) -> None:
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "none", "namespace": "few"}, "spec": {"hard": {"pods": "0"}}}
    strict = labelled("strict", **{"pod-security.kubernetes.io/enforce": "restricted"})
    mesh = labelled("mesh", **{"istio-injection": "enabled"})
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login", "namespace": "app"}, "stringData": {"user": "u"}}
    password = {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "login", "key": "password"}}}
    mounted = deployment("app", "mounts", volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}])
    named = claim("app", "named")
    named["spec"]["storageClassName"] = "fast"
    faulty.create("/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations", injector())
    # The quota has to be counted before anything is made under it.
    faulty.create("/api/v1/namespaces", space("few"))
    faulty.create("/api/v1/namespaces/few/resourcequotas", quota)
    until(lambda: (faulty.get("/api/v1/namespaces/few/resourcequotas/none") or {}).get("status", {}).get("hard"))
    plan = write_plan(
        tmp_path / "plan",
        images=[
            space("app"),
            with_container("app", "gone", image="example.com/gone:1"),
            with_container("app", "denied", image="example.com/denied:1"),
            with_container("app", "limited", image="example.com/limited:1"),
            with_container("app", "slow", image="example.com/slow:1"),
        ],
        keys=[secret, with_container("app", "keyless", env=[password])],
        storage=[claim("app", "data"), mounted, named, stateful("app", "database")],
        refused=[strict, deployment("strict", "root"), deployment("few", "many")],
        mesh=[mesh, deployment("mesh", "bare")],
        well=[deployment("app", "web")],
    )
    began = time.time()
    assert not faulty.apply(plan).failed
    events = tmp_path / "work" / "events.jsonl"
    ran = faulty.ready(plan, timeout=120, stall_timeout=100, events=str(events))
    # 30 seconds from the evidence on, all of which came after the first write.
    assert time.time() - began < 50
    assert 20 <= ran["ended"] - ran["began"] <= 35
    found = {entry["object"]: (entry["state"], entry["reason"]) for part in ran["parts"] for entry in part["not_ready"]}
    assert found == {
        "Deployment app/gone": ("Failed", "ImageGone"),
        "Deployment app/denied": ("Failed", "ImageDenied"),
        "Deployment app/limited": ("InProgress", ""),
        "Deployment app/slow": ("InProgress", ""),
        "Deployment app/keyless": ("Failed", "KeyMissing"),
        "PersistentVolumeClaim app/data": ("Failed", "NoStorageClass"),
        # It waits for the claim, which is told by itself.
        "Deployment app/mounts": ("InProgress", ""),
        "PersistentVolumeClaim app/named": ("Failed", "NoStorageClass"),
        "StatefulSet app/database": ("Failed", "NoStorageClass"),
        "Deployment strict/root": ("Failed", "AdmissionRefused"),
        "Deployment few/many": ("Failed", "QuotaExceeded"),
        "Deployment mesh/bare": ("Failed", "SidecarMissing"),
    }
    assert verdict(ran, "well")["ready"]
    words = {name: message for part in ran["parts"] for name, (_state, message) in not_ready(ran, part["name"]).items()}
    assert "cannot pull example.com/gone:1: " in words["Deployment app/gone"]
    assert "429" in words["Deployment app/limited"] or "toomanyrequests" in words["Deployment app/limited"]
    assert re.fullmatch(r"0 of 1 replicas available: pulling example\.com/slow:1 for \d+ s", words["Deployment app/slow"])
    assert "exceeded quota: none" in words["Deployment few/many"]
    assert 'violates PodSecurity "restricted' in words["Deployment strict/root"]
    assert "couldn't find key password in Secret app/login" in words["Deployment app/keyless"]
    assert "it waits for claim data: " in words["Deployment app/mounts"]
    assert "failed for good: " in ran["msg"]
    # What the cluster will have forgotten in an hour.
    assert stat.S_IMODE(events.stat().st_mode) == 0o600
    kept = [json.loads(line) for line in events.read_text().splitlines()]
    assert {"Failed", "FailedBinding", "FailedCreate"} <= {event["reason"] for event in kept}
    assert len({event["metadata"]["uid"] for event in kept}) == len(kept)
    lines = {line["object"]: line for line in ran["timeline"]}
    assert set(lines) == {name for name in {*found, "Deployment app/web"} if not name.startswith("PersistentVolumeClaim")}
    web, gone = lines["Deployment app/web"], lines["Deployment app/gone"]
    # Whole seconds of the cluster's clock.
    assert int(began) <= web["made"] <= web["scheduled"] <= web["ready"] <= time.time()
    assert gone["ready"] is None
    assert [pulling["image"] for pulling in gone["pulling"]] == ["example.com/gone:1"]
    assert lines["Deployment few/many"]["scheduled"] is None


def test_pods_of_a_former_template_and_of_others_are_not_judged(faulty: Cluster, tmp_path: Path) -> None:
    """A Deployment whose image was gone and is mended, and somebody's own pod beside it, with the same labels."""
    broken = write_plan(tmp_path / "broken", app=[space("mended"), with_container("mended", "web", image="example.com/gone:1")])
    assert not faulty.apply(broken).failed
    pods = "/api/v1/namespaces/mended/pods"
    until(lambda: (faulty.get(pods) or {})["items"])
    stranger = {
        "metadata": {"name": "mine", "labels": {"app": "web"}},
        "spec": {"containers": [{"name": "m", "image": "example.com/gone:2"}]},
    }
    faulty.create(pods, stranger)
    mended = write_plan(tmp_path / "mended", app=[space("mended"), with_container("mended", "web", image="example.com/main:1")])
    assert not faulty.apply(mended).failed
    ran = faulty.ready(mended, timeout=60)
    assert ran["ready"] is True, ran.stdout


def test_an_apply_does_not_wait_for_a_webhook_whose_pods_never_run(faulty: Cluster, tmp_path: Path) -> None:
    """What is behind it is named with the cause, and the rest is applied."""
    provider = with_container("guarded", "guard", image="example.com/gone:1")
    ports = [{"port": 443}]
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "guard", "namespace": "guarded"}}
    service["spec"] = {"selector": {"app": "guard"}, "ports": ports}
    webhook = {
        "name": "guard.example.com",
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "clientConfig": {"service": {"namespace": "guarded", "name": "guard"}},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}],
        # Not about kube-root-ca.crt, which Kubernetes makes in each namespace, and without which no pod begins.
        "objectSelector": {"matchLabels": {"guarded": "yes"}},
    }
    configuration = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration"}
    configuration |= {"metadata": {"name": "guard"}, "webhooks": [webhook]}
    inside = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "inside", "namespace": "guarded", "labels": {"guarded": "yes"}}}
    outside = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "outside", "namespace": "default"}}
    plan = write_plan(tmp_path, app=[space("guarded"), provider, service, configuration, inside, outside])
    with sooner_than(150):
        ran = faulty.apply(plan, timeout=310, stall_timeout=300)
    (failure,) = ran["failures"]
    assert failure["object"] == "ConfigMap guarded/inside"
    assert "and Deployment guarded/guard failed: 0 of 1 replicas available: cannot pull example.com/gone:1: " in failure["message"]
    assert faulty.get("/api/v1/namespaces/default/configmaps/outside")
