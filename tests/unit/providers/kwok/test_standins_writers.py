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

from standins import cabundles, cache_deployer, istio_validation, knative, profiles
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


def served(group: str) -> dict[str, set[str]]:
    known = {
        "serving.knative.dev": {"v1": {"services", "services/status", "routes"}, "v1beta1": {"domainmappings"}},
        "apps": {"v1": {"deployments"}},
        "sources.knative.dev": {"v1beta1": {"pingsources"}, "v1": {"sinkbindings"}},
    }
    return known.get(group, {})


@pytest.mark.parametrize("name", sorted(knative.HOOKS))
def test_knative_says_what_it_is_called_for(name: str) -> None:
    selector = {"matchLabels": {"a": "b"}, "matchExpressions": [{"key": "x.knative.dev/y", "operator": "Exists"}]}
    before = configuration(
        webhook(name, "knative-serving/webhook", rules=[{"apiVersions": ["*"]}], namespaceSelector=selector),
        webhook("another", "knative-serving/webhook", rules=[]),
        name=name,
    )
    after = patched(before, knative.patch_for(before, NAMESPACE, served))
    mine = after["webhooks"][0]
    assert mine["clientConfig"]["service"]["path"] == knative.HOOKS[name].path
    assert after["webhooks"][1] == before["webhooks"][1]
    assert knative.patch_for(after, NAMESPACE, served) == []
    if name.startswith("sinkbindings"):
        assert mine["objectSelector"] == mine["namespaceSelector"] != selector
        assert "ownerReferences" not in after["metadata"]
        return
    (owner,) = after["metadata"]["ownerReferences"]
    assert owner["uid"] == "7" and owner["kind"] == "Namespace" and owner["controller"] and owner["blockOwnerDeletion"]
    assert mine["rules"] != before["webhooks"][0]["rules"]
    if name.startswith("config."):
        assert mine["rules"][0]["resources"] == ["configmaps/*"]
        assert mine["namespaceSelector"] == selector
    else:
        # Knative's own expressions are replaced, those of others and labels stay.
        assert mine["namespaceSelector"]["matchLabels"] == {"a": "b"}
        assert [rule["key"] for rule in mine["namespaceSelector"]["matchExpressions"]] == ["webhooks.knative.dev/exclude"]


def test_knative_rules_are_of_each_version_that_is_served() -> None:
    rules = knative.rules_of(knative.HOOKS["validation.webhook.serving.knative.dev"], served)
    assert [(rule["apiVersions"], rule["resources"]) for rule in rules] == [
        (["v1"], ["routes", "routes/status"]),
        (["v1"], ["services", "services/status"]),
        (["v1beta1"], ["domainmappings", "domainmappings/status"]),
    ]
    assert rules[0]["operations"] == ["CREATE", "UPDATE", "DELETE"]
    defaulting = knative.rules_of(knative.HOOKS["webhook.eventing.knative.dev"], served)
    assert [rule["operations"] for rule in defaulting] == [["CREATE", "UPDATE"]] * 2
    assert knative.rules_of(knative.HOOKS["webhook.istio.networking.internal.knative.dev"], served)[0]["apiGroups"] == ["apps"]


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
def test_cache_deployer_makes_both(tmp_path: Path, there: set[str], written: list[str]) -> None:
    api = FakeApi(*there)
    deployer = cache_deployer.CacheDeployer(api, Authority(tmp_path))
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


def test_cache_deployer_waits_for_its_pod(tmp_path: Path) -> None:
    api = FakeApi(BETA)
    cache_deployer.CacheDeployer(api, Authority(tmp_path))._run("space")
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


def test_labels_of_a_namespace_that_is_there() -> None:
    assert profiles.labels_with({"a": "mine", "gone": "x", "c": "d"}, {"a": "b", "gone": "", "new": "e"}) == {
        "a": "mine",
        "c": "d",
        "new": "e",
        "istio-injection": "enabled",
    }
