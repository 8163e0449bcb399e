# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a gate is open, and what it says while it is not."""

from __future__ import annotations

import base64
import dataclasses
from typing import Any

import pytest

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.gates import (
    ConversionGate,
    CrdGate,
    MadeGate,
    NamespaceGate,
    ObjectGate,
    WebhookGate,
    needs_proof,
)
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.view import View
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.objects import Key
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.webhooks import webhooks_of

Thing = dict[str, Any]
SERVICE = ("n", "s")
FILLED = base64.b64encode(b"certificate").decode()


def namespace(**labels: str) -> View:
    return View(namespaces={("", "n"): {"metadata": {"name": "n", "labels": labels}}})


@pytest.mark.parametrize(
    ("view", "words"),
    [
        (View(), "Namespace n is not there"),
        (namespace(), "Namespace n lacks the labels a, b"),
        (namespace(a="1", b="other"), "Namespace n lacks the labels b"),
        (namespace(a="1", b="2", c="3"), ""),
    ],
)
def test_a_namespace_is_open_with_its_labels(view: View, words: str) -> None:
    assert NamespaceGate("n", (("a", "1"), ("b", "2"))).closed(view) == words


CRD = Key("apiextensions.k8s.io", "CustomResourceDefinition", "", "things.example.com")


def crd_view(conversion: Thing) -> View:
    live = {"metadata": {"name": CRD.name}, "spec": {"conversion": conversion}}
    return View(crds={("", CRD.name): live}, ready_services=frozenset({SERVICE}))


def test_a_crd_looks_open_when_it_is_the_plans_and_is_tried_then() -> None:
    gate = CrdGate(CRD.name, "v1", "/apis/example.com/v1/things")
    assert gate.closed(View()) == f"CustomResourceDefinition {CRD.name} is not applied yet"
    assert gate.closed(View(applied=frozenset({CRD}))) == ""
    assert needs_proof(gate)


@pytest.mark.parametrize(
    ("client_config", "words"),
    [
        (None, "is not configured"),
        ({"service": {}}, "its caBundle is not filled in"),
        ({"service": {}, "caBundle": "Cg=="}, "its caBundle is not filled in"),
        ({"service": {}, "caBundle": FILLED}, ""),
    ],
)
def test_a_conversion_webhook_is_open_when_it_can_be_called(client_config: Thing | None, words: str) -> None:
    conversion = {"strategy": "Webhook", "webhook": {"clientConfig": client_config}} if client_config else {}
    gate = ConversionGate(CRD.name, SERVICE)
    closed = gate.closed(crd_view(conversion))
    assert bool(closed) == bool(words)
    assert words in closed
    assert "not configured" in gate.closed(View())
    asleep = dataclasses.replace(crd_view(conversion), ready_services=frozenset())
    if client_config:
        assert "Service n/s has no ready endpoint" in gate.closed(asleep)


def config(ca_bundle: str) -> Thing:
    client_config = {"service": {"namespace": "n", "name": "s"}, "caBundle": ca_bundle}
    entry = {"name": "w", "clientConfig": client_config, "rules": []}
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "c"},
        "webhooks": [entry],
    }


@pytest.mark.parametrize(
    ("live", "services", "words"),
    [
        (None, [SERVICE], "is not there"),
        ({**config(FILLED), "webhooks": []}, [SERVICE], "is not there"),
        (config(FILLED), [], "Service n/s has no ready endpoint"),
        (config(""), [SERVICE], "its caBundle is not filled in"),
        (config(FILLED), [SERVICE], ""),
    ],
)
def test_a_webhook_is_open_when_it_can_be_called(live: Thing | None, services: list[tuple[str, str]], words: str) -> None:
    (webhook,) = webhooks_of(config(""))
    configs = {("ValidatingWebhookConfiguration", "c"): live} if live else {}
    closed = WebhookGate(webhook).closed(View(webhook_configs=configs, ready_services=frozenset(services)))
    assert bool(closed) == bool(words)
    assert words in closed


def test_gates_compare_by_value_so_that_objects_share_them() -> None:
    one, other = (WebhookGate(webhooks_of(config(""))[0]) for _ in range(2))
    assert len({one, other}) == 1
    for_pods = WebhookGate(webhooks_of(config(""))[0], for_pods=True)
    assert one != for_pods
    assert needs_proof(for_pods)
    assert not needs_proof(one)


def test_objects_of_the_plan_and_those_that_controllers_make() -> None:
    key, certificate = Key("", "ConfigMap", "n", "c"), Key("cert-manager.io", "Certificate", "n", "web")
    assert ObjectGate(key).closed(View()) == "ConfigMap n/c is not there"
    assert ObjectGate(key).closed(View(applied=frozenset({key}))) == ""
    secret = Key("", "Secret", "n", "tls")
    gate = MadeGate(secret, certificate)
    assert gate.closed(View()) == "Secret n/tls, which cert-manager makes for Certificate.cert-manager.io n/web, is not there"
    assert gate.closed(View(made=frozenset({secret}))) == ""
    root = MadeGate(Key("", "ConfigMap", "n", "root"), Key("apps", "Deployment", "mesh", "pilot"))
    assert root.closed(View()) == "ConfigMap n/root, which Deployment mesh/pilot makes, is not there"
