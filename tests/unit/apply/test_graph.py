# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What waits for what, and what opens it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.compare import compare
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.gates import (
    ConversionGate,
    CrdGate,
    Gate,
    KindsGate,
    MadeGate,
    NamespaceGate,
    ObjectGate,
    WebhookGate,
)
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.graph import Graph
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.made import Made
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.view import View
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.discovery import Resources
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.http import Client
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.deadline import Deadline
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.objects import Key, key_of
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render.plan import Part, Plan

Thing = dict[str, Any]


def thing(api_version: str, kind: str, name: str, namespace: str = "", **fields: Any) -> Thing:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {}), **fields.pop("metadata", {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}


def deployment(name: str, namespace: str = "n", labels: dict[str, str] | None = None, **pod: Any) -> Thing:
    template = {"metadata": {"labels": {"app": name, **(labels or {})}}, "spec": {"containers": [{"name": "c", "image": "i"}], **pod}}
    return thing("apps/v1", "Deployment", name, namespace, spec={"template": template})


def service(name: str, namespace: str = "n") -> Thing:
    return thing("v1", "Service", name, namespace, spec={"selector": {"app": name}})


def config(name: str, resource: str = "configmaps", kind: str = "Validating", **entry: Any) -> Thing:
    rule = {"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["CREATE"], "resources": [resource]}
    client_config = {"service": {"namespace": "n", "name": name}}
    webhook = {"name": f"{name}.example.com", "clientConfig": client_config, "rules": [rule], **entry}
    return thing("admissionregistration.k8s.io/v1", f"{kind}WebhookConfiguration", name, webhooks=[webhook])


def crd(*versions: str, service_name: str = "") -> Thing:
    conversion = {"strategy": "Webhook", "webhook": {"clientConfig": {"service": {"namespace": "n", "name": service_name}}}}
    spec = {
        "group": "example.com",
        "names": {"plural": "gadgets", "kind": "Gadget"},
        "scope": "Namespaced",
        "versions": [{"name": version, "served": True, "storage": version == versions[0]} for version in versions],
        **({"conversion": conversion} if service_name else {}),
    }
    return thing("apiextensions.k8s.io/v1", "CustomResourceDefinition", "gadgets.example.com", spec=spec)


CORE = {
    "/api/v1": [
        ("namespaces", "Namespace", False),
        ("configmaps", "ConfigMap", True),
        ("secrets", "Secret", True),
        ("services", "Service", True),
        ("serviceaccounts", "ServiceAccount", True),
    ],
    "/apis/apps/v1": [("deployments", "Deployment", True)],
    "/apis/cert-manager.io/v1": [("certificates", "Certificate", True), ("issuers", "Issuer", True)],
    "/apis/admissionregistration.k8s.io/v1": [
        ("validatingwebhookconfigurations", "ValidatingWebhookConfiguration", False),
        ("mutatingwebhookconfigurations", "MutatingWebhookConfiguration", False),
    ],
    "/apis/apiextensions.k8s.io/v1": [("customresourcedefinitions", "CustomResourceDefinition", False)],
}


class Server(Client):
    """Discovery of a few kinds, and empty lists of everything."""

    def __init__(self) -> None:
        """Without a connection."""

    def get(self, path: str, **_: Any) -> Any:
        names = CORE.get(path, [])
        return {"resources": [{"name": plural, "kind": kind, "namespaced": namespaced} for plural, kind, namespaced in names], "items": []}


def graph(*objects: Thing, view: View | None = None) -> Graph:
    resources = Resources.discover(Server(), objects, Deadline(1))
    return Graph({key_of(item): item for item in objects}, resources, view or View())


def gates(found: Graph, item: Thing) -> set[type[Gate]]:
    return {type(gate) for gate in found.gates[key_of(item)]}


def test_a_namespace_and_its_labels() -> None:
    space, inside, outside = (
        thing("v1", "Namespace", "n", metadata={"labels": {"a": "b"}}),
        thing("v1", "ConfigMap", "c", "n"),
        thing("v1", "ConfigMap", "c", "other"),
    )
    found = graph(space, inside, outside)
    assert found.gates[key_of(inside)] == {NamespaceGate("n", (("a", "b"),))}
    assert found.gates[key_of(outside)] == found.gates[key_of(space)] == set()
    assert list(found.openers(NamespaceGate("n", ()))) == [key_of(space)]


def test_a_crd_and_its_conversion_webhook_where_one_is_needed() -> None:
    stored, other = thing("example.com/v1", "Gadget", "a", "n"), thing("example.com/v1beta1", "Gadget", "b", "n")
    found = graph(stored, other, crd("v1", "v1beta1", service_name="hook"), service("hook"), deployment("hook"))
    assert gates(found, stored) == {CrdGate}
    assert gates(found, other) == {CrdGate, ConversionGate}
    assert set(found.openers(ConversionGate("gadgets.example.com", ("n", "hook")))) == {key_of(service("hook")), key_of(deployment("hook"))}
    # Somebody else's server is not waited for.
    assert gates(graph(other, crd("v1", "v1beta1", service_name="elsewhere")), other) == {CrdGate}
    assert gates(graph(other, crd("v1", "v1beta1")), other) == {CrdGate}


def test_a_fail_closed_webhook_of_the_plan() -> None:
    held = thing("v1", "ConfigMap", "c", "n")
    found = graph(held, config("hook"), service("hook"), deployment("hook"), deployment("other"))
    (gate,) = found.gates[key_of(held)]
    assert isinstance(gate, WebhookGate)
    assert set(found.openers(gate)) == {key_of(config("hook")), key_of(service("hook")), key_of(deployment("hook"))}


@pytest.mark.parametrize(
    "objects",
    [
        [config("hook"), deployment("hook")],
        [config("hook", failurePolicy="Ignore"), service("hook")],
        [config("hook", resource="secrets"), service("hook")],
        [config("hook", namespaceSelector={"matchLabels": {"no": "such"}}), service("hook")],
    ],
)
def test_what_is_not_waited_for(objects: list[Thing]) -> None:
    """A stranger's webhook, one that fails open, one for something else."""
    held = thing("v1", "ConfigMap", "c", "n")
    assert graph(held, *objects).gates[key_of(held)] == set()


def test_rules_count_as_they_are_live() -> None:
    """Some controllers fill them in, or close a webhook that the manifest leaves open."""
    held, planned = thing("v1", "ConfigMap", "c", "n"), config("hook", failurePolicy="Ignore")
    planned["webhooks"][0]["rules"] = []
    live = View(webhook_configs={("ValidatingWebhookConfiguration", "hook"): config("hook")})
    assert gates(graph(held, planned, service("hook")), held) == set()
    assert gates(graph(held, planned, service("hook"), view=live), held) == {WebhookGate}


def test_labels_of_a_namespace_are_those_of_the_plan_over_those_that_are_live() -> None:
    held, hook = (
        thing("v1", "ConfigMap", "c", "n"),
        config("hook", namespaceSelector={"matchLabels": {"a": "b", "kubernetes.io/metadata.name": "n"}}),
    )
    live = View(namespaces={("", "n"): {"metadata": {"labels": {"a": "b"}}}})
    assert gates(graph(held, hook, service("hook"), view=live), held) == {WebhookGate}
    space = thing("v1", "Namespace", "n", metadata={"labels": {"a": "other"}})
    assert gates(graph(held, hook, service("hook"), space, view=live), held) == {NamespaceGate}


def test_a_workload_waits_for_what_is_asked_about_its_pods_and_what_they_mount() -> None:
    volumes = [{"name": name, "secret": {"secretName": name}} for name in ("planned", "made", "foreign")]
    workload = deployment("app", serviceAccountName="account", volumes=volumes)
    certificate = thing("cert-manager.io/v1", "Certificate", "web", "n", spec={"secretName": "made", "issuerRef": {"name": "own"}})
    issuer = thing("cert-manager.io/v1", "Issuer", "own", "n")
    account, secret = thing("v1", "ServiceAccount", "account", "n"), thing("v1", "Secret", "planned", "n")
    hook = config("injector", "pods", "Mutating")
    found = graph(workload, certificate, issuer, account, secret, hook, service("injector"))
    some = found.gates[key_of(workload)]
    assert {gate for gate in some if not isinstance(gate, WebhookGate)} == {
        ObjectGate(key_of(account)),
        ObjectGate(key_of(secret)),
        MadeGate(Key("", "Secret", "n", "made"), key_of(certificate)),
    }
    assert [gate.for_pods for gate in some if isinstance(gate, WebhookGate)] == [True]
    assert list(found.openers(MadeGate(Key("", "Secret", "n", "made"), key_of(certificate)))) == [key_of(certificate), key_of(issuer)]


def test_a_workload_waits_for_what_a_controller_of_the_plan_makes() -> None:
    root = [Made("ConfigMap", "root", "mesh/pilot"), Made("Secret", "tls", "n/deployer", namespace="n")]
    pilot, gateway = deployment("pilot", "mesh"), deployment("gateway", volumes=[{"name": "v", "configMap": {"name": "root"}}])
    server = deployment("server", "n", volumes=[{"name": "v", "secret": {"secretName": "tls"}}])
    elsewhere = deployment("server", "other", volumes=[{"name": "v", "secret": {"secretName": "tls"}}])
    objects = {key_of(item): item for item in (pilot, gateway, server, elsewhere)}
    found = Graph(objects, Resources({}), View(), root)
    expected = MadeGate(Key("", "ConfigMap", "n", "root"), key_of(pilot))
    assert found.gates[key_of(gateway)] == {expected}
    assert list(found.openers(expected)) == [key_of(pilot)]
    # Neither for a maker that is not in the plan, nor in another namespace.
    assert found.gates[key_of(server)] == found.gates[key_of(elsewhere)] == frozenset()
    # What mounts, of all things, what it makes itself, is not held by it.
    itself = deployment("pilot", "mesh", volumes=[{"name": "v", "configMap": {"name": "root"}}])
    assert Graph({key_of(itself): itself}, Resources({}), View(), root).gates[key_of(itself)] == frozenset()


def test_a_workload_waits_for_the_kinds_of_its_own_part_that_it_may_read() -> None:
    """Controllers look up their kinds when they start: the real ones end with "no matches for kind" and back off."""
    kind, own, other = crd("v2", "v1"), deployment("own", serviceAccountName="own"), deployment("other")
    role = thing("rbac.authorization.k8s.io/v1", "Role", "own", "n", rules=[{"apiGroups": ["", "example.com"], "resources": ["gadgets"]}])
    binding = thing("rbac.authorization.k8s.io/v1", "RoleBinding", "own", "n", subjects=[{"kind": "ServiceAccount", "name": "own"}])
    binding["roleRef"] = {"kind": "Role", "name": "own"}
    elsewhere = deployment("elsewhere", serviceAccountName="own")
    objects = {key_of(item): item for item in (kind, own, other, elsewhere, role, binding, service("own"))}
    resources = Resources.discover(Server(), objects.values(), Deadline(1))
    parts = {**dict.fromkeys(objects, "a"), key_of(elsewhere): "b"}
    found = Graph(objects, resources, View(), parts=parts)
    gate = KindsGate("example.com", "v2", ("gadgets.example.com",))
    assert found.gates[key_of(own)] == {gate}
    assert list(found.openers(gate)) == [key_of(kind)]
    assert found.gates[key_of(other)] == found.gates[key_of(elsewhere)] == found.gates[key_of(service("own"))] == frozenset()


@pytest.mark.parametrize(
    ("spec", "version"),
    [
        ({"versions": [{"name": "v1", "served": True, "storage": True}, {"name": "v2", "served": True}]}, "v1"),
        ({"versions": [{"name": "v1", "served": False, "storage": True}, {"name": "v2", "served": True}]}, "v2"),
        ({"versions": [{"name": "v1", "served": False, "storage": True}]}, None),
        ({"version": "v1beta1"}, "v1beta1"),
    ],
)
def test_kinds_are_awaited_in_a_version_that_is_served(spec: Thing, version: str | None) -> None:
    kind = crd("v1")
    kind["spec"] = {"group": "example.com", "names": {"plural": "gadgets", "kind": "Gadget"}, **spec}
    own = deployment("own", serviceAccountName="own")
    binding = thing("rbac.authorization.k8s.io/v1", "RoleBinding", "own", "n", subjects=[{"kind": "ServiceAccount", "name": "own"}])
    binding["roleRef"] = {"kind": "ClusterRole", "name": "cluster-admin"}
    objects = {key_of(item): item for item in (kind, own, binding)}
    found = Graph(objects, Resources({}), View(), parts=dict.fromkeys(objects, "a"))
    assert [gate.version for gate in found.gates[key_of(own)] if isinstance(gate, KindsGate)] == ([version] if version else [])


def test_who_fills_in_a_ca_bundle_opens_it_too() -> None:
    hook = config("hook")
    hook["metadata"]["annotations"] = {"cert-manager.io/inject-ca-from": "n/serving"}
    certificate = thing("cert-manager.io/v1", "Certificate", "serving", "n", spec={"secretName": "tls"})
    held = thing("v1", "ConfigMap", "c", "n")
    found = graph(held, hook, service("hook"), certificate)
    (gate,) = found.gates[key_of(held)]
    assert key_of(certificate) in set(found.openers(gate))


def test_a_gate_never_holds_what_opens_it() -> None:
    """The webhook for pods matches its own server's pods, which mount a ConfigMap that it is asked about as well."""
    server = deployment("hook", volumes=[{"name": "v", "configMap": {"name": "settings"}}])
    settings, other = thing("v1", "ConfigMap", "settings", "n"), thing("v1", "ConfigMap", "other", "n")
    found = graph(server, settings, other, config("hook", "*"), service("hook"))
    assert gates(found, server) == {ObjectGate}
    assert gates(found, settings) == set()
    assert gates(found, other) == {WebhookGate}


def test_two_that_open_each_other_do_not_wait_for_ever() -> None:
    objects = [item for name in ("a", "b") for item in (config(name, "pods"), service(name), deployment(name))]
    found = graph(*objects)
    assert found.gates[key_of(deployment("a"))] == found.gates[key_of(deployment("b"))] == set()


PLAN = [
    thing("v1", "Namespace", "n", metadata={"labels": {"a": "b"}, "annotations": {}}),
    thing("v1", "ConfigMap", "c", "n", data={"a": "b"}),
    thing("v1", "Secret", "s", "n", stringData={"a": "b"}),
    thing("v1", "Service", "hook", "n", spec={"selector": {"app": "hook"}, "ports": [{"port": 80}]}),
    deployment(
        "hook",
        serviceAccountName="a",
        initContainers=[{"name": "i", "image": "i", "ports": [{"containerPort": 1}]}],
        volumes=[{"name": "v", "projected": {"sources": [{"secret": {"name": "s"}}]}}, {"name": "w", "secret": {"secretName": "tls"}}],
    ),
    crd("v1", "v1beta1", service_name="hook"),
    thing("example.com/v1beta1", "Gadget", "g", "n", spec={}),
    config("hook", "*", namespaceSelector={"matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}]}),
    thing("cert-manager.io/v1", "Certificate", "web", "n", spec={"secretName": "tls", "issuerRef": {"name": "own", "kind": "Issuer"}}),
]


def places(item: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    if isinstance(item, dict | list):
        for name, value in item.items() if isinstance(item, dict) else enumerate(item):
            yield from places(value, (*path, name))


def damaged() -> Iterator[Any]:
    """Each object of the plan with each of its fields gone, or something else than it should be."""
    for index, item in enumerate(PLAN):
        for path in places(item):
            # What a plan on disk is checked for already.
            if (
                path[0] in ("apiVersion", "kind")
                or path in (("metadata",), ("metadata", "name"), ("metadata", "namespace"))
                or path[:2] == ("metadata", "labels")
            ):
                continue
            for value in (None, 5, "text", ["list"], {"a": ["b"]}):
                yield pytest.param(index, path, value, id=f"{item['kind']}-{'.'.join(map(str, path))}-{value}")


@pytest.mark.parametrize(("index", "path", "value"), list(damaged()))
def test_a_malformed_object_is_a_failure_by_name_or_the_servers_to_judge(index: int, path: tuple[Any, ...], value: Any) -> None:
    """Never a traceback, and never a word about another object."""
    objects = copy.deepcopy(PLAN)
    place: Any = objects[index]
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    target = compare(Server(), Plan("r", (Part("a", tuple(objects)),)), "manager", (), (), Deadline(1))
    broken = str(key_of(objects[index]))
    assert {failure.object for failure in target.unknown} <= {broken, "Gadget.example.com n/g"}
    found = Graph({key: item.body for key, item in target.items.items()}, target.resources, View())
    for some in found.gates.values():
        for gate in some:
            assert gate.closed(View())
            list(found.openers(gate))
