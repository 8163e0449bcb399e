# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the stand-ins for istiod, Knative, pipelines' cache-deployer and the profile controller write, without a cluster."""

from __future__ import annotations

import base64
import copy
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

sys.path.insert(0, str(Path(__file__).parents[4] / "roles/cluster_kwok/files"))

from standins import cabundles, cache_deployer, istio_validation, knative, namespaces, profiles, programs
from standins.api import Api, ApiError
from standins.authority import Authority

Thing = dict[str, Any]
NAMESPACE = {"metadata": {"name": "knative-serving", "uid": "7"}}


def configuration(*webhooks: Thing, name: str = "c") -> Thing:
    return {"metadata": {"name": name}, "webhooks": list(webhooks)}


def webhook(name: str, service: str = "istio-system/istiod", bundle: str = "Zg==", **more: Any) -> Thing:
    namespace, _, service = service.partition("/")
    return {"name": name, "clientConfig": {"service": {"namespace": namespace, "name": service}, "caBundle": bundle}, **more}


def patched(thing: Thing, patch: list[Thing]) -> Thing:
    """The object after a JSON patch of tests and adds."""
    thing = copy.deepcopy(thing)
    for step in patch:
        *path, last = step["path"].strip("/").split("/")
        at: Any = thing
        for part in path:
            at = at[int(part)] if isinstance(at, list) else at[part]
        if step["op"] == "test":
            assert at[last] == step["value"]
        else:
            at[last] = step["value"]
    return thing


def test_istiod_fails_closed() -> None:
    mine, other = webhook("a", failurePolicy="Ignore"), webhook("b", "x/y", failurePolicy="Ignore")
    empty = webhook("d", bundle="", failurePolicy="Ignore")
    before = configuration(mine, other, empty)
    after = patched(before, istio_validation.patch_for(before))
    assert [found["failurePolicy"] for found in after["webhooks"]] == ["Fail", "Ignore", "Ignore"]
    # The list may have changed meanwhile.
    with pytest.raises(AssertionError):
        patched(configuration(other, mine), istio_validation.patch_for(before))
    assert istio_validation.patch_for(configuration(webhook("a", failurePolicy="Fail"))) == []


OLD, NEW = {"serving.knative.dev/release": "v0.22.1"}, {"app.kubernetes.io/version": "1.21.1"}
BUNDLE = b"certificate"


@pytest.mark.parametrize("labels", [OLD, NEW])
@pytest.mark.parametrize("name", sorted(knative.HOOKS))
def test_knative_says_what_it_is_called_for(name: str, labels: Thing) -> None:
    hook, old = knative.HOOKS[name], labels is OLD
    mine_and_other = [{"key": "x.knative.dev/y", "operator": "Exists"}, {"key": "other", "operator": "Exists"}]
    selector = {"matchLabels": {"a": "b"}, "matchExpressions": mine_and_other}
    before = configuration(
        webhook(name, "knative-serving/webhook", rules=[{"apiVersions": ["*"]}], namespaceSelector=selector),
        webhook("another", "knative-serving/webhook", rules=[]),
        name=name,
    )
    before["metadata"] |= {"labels": labels, "ownerReferences": [{"kind": "Namespace", "name": "before"}]}
    after = patched(before, knative.patch_for(before, NAMESPACE, BUNDLE))
    mine = after["webhooks"][0]
    assert mine["clientConfig"]["service"]["path"] == hook.path
    # Whatever was there: it is the authority in its Secret.
    assert mine["clientConfig"]["caBundle"] == base64.b64encode(BUNDLE).decode()
    assert mine.get("reinvocationPolicy") == ("IfNeeded" if hook.kind == "mutating" and not old else None)
    assert after["webhooks"][1] == before["webhooks"][1]
    assert knative.patch_for(after, NAMESPACE, BUNDLE) == []
    if name.startswith("sinkbindings"):
        assert mine["objectSelector"] == mine["namespaceSelector"]
        assert [rule["key"] for rule in mine["namespaceSelector"]["matchExpressions"]] == ["bindings.knative.dev/exclude", "other"]
        assert after["metadata"]["ownerReferences"] == before["metadata"]["ownerReferences"]
        return
    reference = {"apiVersion": "v1", "kind": "Namespace", "name": "knative-serving", "uid": "7"}
    owned = {**reference, "controller": False, "blockOwnerDeletion": True}
    assert after["metadata"]["ownerReferences"] == ([] if old else [owned])
    if name.startswith("config."):
        assert [rule["resources"] for rule in mine["rules"]] == [["configmaps/*"]]
        assert mine["namespaceSelector"] == selector
    else:
        # Knative's own expressions are replaced, those of others stay; labels do since they are no longer forgotten.
        assert mine["namespaceSelector"].get("matchLabels") == (None if old else {"a": "b"})
        assert [rule["key"] for rule in mine["namespaceSelector"]["matchExpressions"]] == ["webhooks.knative.dev/exclude", "other"]


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("webhook.serving.knative.dev", 9, 10),
        ("validation.webhook.serving.knative.dev", 9, 10),
        ("webhook.istio.networking.internal.knative.dev", 1, 1),
        ("webhook.eventing.knative.dev", 29, 19),
        ("validation.webhook.eventing.knative.dev", 29, 19),
        ("inmemorychannel.eventing.knative.dev", 1, 1),
    ],
)
def test_knative_rules_are_those_of_its_version(name: str, old: int, new: int) -> None:
    hook = knative.HOOKS[name]
    assert [len(knative.rules_of(hook, version)) for version in ((0, 22), (1, 21))] == [old, new]
    rules = knative.rules_of(hook, (1, 21))
    assert rules == sorted(rules, key=lambda rule: (rule["apiGroups"], rule["apiVersions"], rule["resources"]))
    assert all(rule["operations"] == ["CREATE", "UPDATE", "DELETE"][: 3 if hook.kind == "validating" else 2] for rule in rules)
    assert all(rule["resources"] == [rule["resources"][0], f"{rule['resources'][0]}/status"] for rule in rules)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (OLD, (0, 22)),
        ({"eventing.knative.dev/release": "v0.22.1"}, (0, 22)),
        (NEW, (1, 21)),
        # The newest, when nothing tells.
        ({}, (1 << 16, 0)),
        ({"app.kubernetes.io/version": "devel"}, (1 << 16, 0)),
    ],
)
def test_the_version_is_what_the_labels_say(labels: Thing, expected: tuple[int, int]) -> None:
    assert programs.version_by_labels({"metadata": {"labels": labels}}) == expected


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("docker.io/istio/pilot:1.9.6", (1, 9)),
        ("registry.example.org:5000/istio/pilot:1.28.0-distroless@sha256:00", (1, 28)),
        ("registry.example.org:5000/istio/pilot", (1 << 16, 0)),
        ("", (1 << 16, 0)),
    ],
)
def test_the_version_is_what_the_image_says(image: str, expected: tuple[int, int]) -> None:
    assert programs.version_of_image(image) == expected


def test_istiod_writes_into_namespaces() -> None:
    root = {"root-cert.pem": "PEM"}
    assert namespaces.maps_for("team", "PEM", (1, 9)) == {"istio-ca-root-cert": root}
    both = {"istio-ca-root-cert": root, "istio-ca-crl": {"ca-crl.pem": ""}}
    assert namespaces.maps_for("team", "PEM", (1, 28)) == namespaces.maps_for("kube-system", "PEM", (1, 28)) == both
    assert namespaces.maps_for("kube-system", "PEM", (1, 9)) == {}
    assert namespaces.maps_for("kube-public", "PEM", (1, 28)) == {}


@pytest.mark.parametrize(
    ("conversion", "expected"),
    [
        ({"f:strategy": {}, "f:webhook": {}}, True),
        # kfserving's CRD of Kubeflow 1.4 is written in v1beta1.
        ({"f:strategy": {}, "f:webhookClientConfig": {"f:service": {}}}, True),
        ({"f:strategy": {}}, False),
    ],
)
def test_crds_that_convert_are_known_by_their_fields(conversion: Thing, expected: bool) -> None:
    entries = [{"fieldsV1": {"f:spec": {"f:conversion": conversion}}}, {"fieldsV1": {"f:status": {}}}]
    assert cabundles.converts({"metadata": {"managedFields": entries}}) is expected
    assert cabundles.converts(None) is False


class FakeApi(Api):
    """Objects by path; what is written is kept in order."""

    def __init__(self, *there: str) -> None:
        self.there = set(there)
        self.written: list[tuple[str, str, Any]] = []

    def find(self, path: str) -> Thing | None:
        return {"metadata": {}} if path in self.there else None

    def request(self, method: str, path: str, body: Any = None, **_more: Any) -> Thing:
        self.written.append((method, path, body))
        if method == "DELETE":
            self.there.discard(path)
        elif f"{path}/{body['metadata']['name']}" in self.there:
            raise ApiError(409, "exists")
        else:
            self.there.add(f"{path}/{body['metadata']['name']}")
        return {}


BETA = "/apis/certificates.k8s.io/v1beta1"
TLS = "/api/v1/namespaces/space/secrets/webhook-server-tls"
CACHE = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/cache-webhook-space"


@pytest.mark.parametrize(
    ("there", "written"),
    [
        ({BETA}, ["POST secrets", "POST mutatingwebhookconfigurations"]),
        ({BETA, TLS, CACHE}, []),
        # Half of it: both anew.
        ({BETA, CACHE}, ["DELETE cache-webhook-space", "POST secrets", "POST mutatingwebhookconfigurations"]),
        ({BETA, TLS}, ["DELETE webhook-server-tls", "POST secrets", "POST mutatingwebhookconfigurations"]),
        # From Kubernetes 1.22 on the script fails.
        (set(), []),
    ],
)
def test_cache_deployer_makes_both(there: set[str], written: list[str]) -> None:
    api = FakeApi(*there)
    deployer = cache_deployer.CacheDeployer(api, lambda: Authority.new("cluster"))
    deployer._workload.ready_namespaces = lambda: {"space"}  # type: ignore[method-assign]
    deployer._run("space")
    assert [f"{method} {path.rpartition('/')[2]}" for method, path, _ in api.written] == written
    bodies = {body["kind"]: body for _, _, body in api.written if body}
    if bodies:
        data = {name: base64.b64decode(value) for name, value in bodies["Secret"]["data"].items()}
        assert set(data) == {"cert.pem", "key.pem"}
        leaf = x509.load_pem_x509_certificate(data["cert.pem"])
        assert leaf.subject.rfc4514_string() == "CN=cache-server.space.svc"
        (hook,) = bodies["MutatingWebhookConfiguration"]["webhooks"]
        assert hook["failurePolicy"] == "Ignore"
        authority = x509.load_pem_x509_certificate(base64.b64decode(hook["clientConfig"]["caBundle"]))
        leaf.verify_directly_issued_by(authority)
        applied = bodies["Secret"]["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"]
        assert json.loads(applied)["data"] == bodies["Secret"]["data"]


def test_cache_deployer_waits_for_its_pod() -> None:
    api = FakeApi(BETA)
    cache_deployer.CacheDeployer(api, lambda: Authority.new("cluster"))._run("space")
    assert api.written == []


def test_a_profile_becomes_a_namespace() -> None:
    owner = {"kind": "User", "name": "user@example.com"}
    profile = {"metadata": {"name": "team", "uid": "9"}, "spec": {"owner": owner, "resourceQuotaSpec": {"hard": {"cpu": "2"}}}}
    found = profiles.namespace_for(profile, {"a": "b", "gone": ""})
    assert found["metadata"]["labels"] == {"a": "b", "istio-injection": "enabled"}
    assert found["metadata"]["annotations"] == {"owner": "user@example.com"}
    assert found["metadata"]["ownerReferences"][0]["uid"] == "9"
    content = profiles.content_for(profile)
    assert set(content) == {
        "serviceaccounts/default-editor",
        "serviceaccounts/default-viewer",
        "rolebindings/default-editor",
        "rolebindings/default-viewer",
        "rolebindings/namespaceAdmin",
        "resourcequotas/kf-resource-quota",
    }
    admin = content["rolebindings/namespaceAdmin"]
    assert admin["metadata"]["annotations"] == {"user": "user@example.com", "role": "admin"}
    assert admin["subjects"] == [owner] and admin["roleRef"]["name"] == "kubeflow-admin"
    del profile["spec"]["resourceQuotaSpec"]
    assert "resourcequotas/kf-resource-quota" not in profiles.content_for(profile)


OWNER = "request.headers[kubeflow-userid]"


def test_who_may_call_what_runs_in_a_profiles_namespace() -> None:
    owner = {"kind": "User", "name": "user@example.com"}
    profile = {"metadata": {"name": "team", "uid": "9"}, "spec": {"owner": owner}}
    settings = {"USERID_HEADER": "kubeflow-userid", "USERID_PREFIX": ""}
    old = profiles.policy_for(profile, settings)
    assert old["metadata"]["name"] == "ns-owner-access-istio" and old["metadata"]["namespace"] == "team"
    assert old["metadata"]["annotations"] == {"user": "user@example.com", "role": "admin"}
    assert old["metadata"]["ownerReferences"][0]["uid"] == "9"
    assert old["spec"]["rules"] == [
        {"when": [{"key": OWNER, "values": ["user@example.com"]}]},
        {"when": [{"key": "source.namespace", "values": ["team"]}]},
        {"to": [{"operation": {"paths": ["/healthz", "/metrics", "/wait-for-drain"]}}]},
    ]
    principals = {"ISTIO_INGRESS_GATEWAY_PRINCIPAL": "gateway", "KFP_UI_PRINCIPAL": "ui", "NOTEBOOK_CONTROLLER_PRINCIPAL": "notebooks"}
    new = profiles.policy_for(profile, {**settings, **principals})["spec"]["rules"]
    assert new[0]["from"] == [{"source": {"principals": ["gateway", "ui"]}}] and new[0]["when"] == old["spec"]["rules"][0]["when"]
    assert new[1:3] == old["spec"]["rules"][1:]
    assert new[3]["from"] == [{"source": {"principals": ["notebooks"]}}]


def test_labels_of_a_namespace_that_is_there() -> None:
    assert profiles.labels_with({"a": "mine", "gone": "x", "c": "d"}, {"a": "b", "gone": "", "new": "e"}) == {
        "a": "mine",
        "c": "d",
        "new": "e",
        "istio-injection": "enabled",
    }
