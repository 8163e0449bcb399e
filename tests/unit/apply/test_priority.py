# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What goes first."""

from __future__ import annotations

from typing import Any

from test_graph import Server, config, deployment, service, thing

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.compare import Item
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.graph import Graph
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.priority import priorities
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.view import View
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.discovery import Resources
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.deadline import Deadline
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.objects import Key, key_of

Thing = dict[str, Any]


def crd(kind: str, group: str = "example.com") -> Thing:
    plural = f"{kind.lower()}s"
    versions = [{"name": "v1", "served": True, "storage": True}]
    spec = {"group": group, "names": {"plural": plural, "kind": kind}, "scope": "Namespaced", "versions": versions}
    return thing("apiextensions.k8s.io/v1", "CustomResourceDefinition", f"{plural}.{group}", spec=spec)


def order(**parts: list[Thing]) -> dict[Key, int]:
    """Priorities of the objects of parts."""
    objects = [item for part in parts.values() for item in part]
    resources = Resources.discover(Server(), objects, Deadline(1))
    items: dict[Key, Item] = {}
    for part, some in parts.items():
        for item in some:
            resource = resources.of(item)
            assert resource
            items[key_of(item)] = Item(key_of(item), part, item, resource)
    return priorities(items, Graph({key: item.body for key, item in items.items()}, resources, View()))


def test_kinds_go_first_and_what_opens_webhooks_before_what_opens_nothing() -> None:
    namespace, account = thing("v1", "Namespace", "n"), thing("v1", "ServiceAccount", "hook", "n")
    provider, answers, asked = deployment("hook", serviceAccountName="hook"), service("hook"), config("hook")
    held, other = thing("example.com/v1", "Gadget", "g", "n"), deployment("other")
    webhook = config("hook", resource="gadgets")
    found = order(a=[other, held, provider, answers, webhook, account, namespace], b=[crd("Gadget"), crd("Widget")])
    first = [found[key_of(item)] for item in (namespace, crd("Widget"), account)]
    chain = {found[key_of(item)] for item in (provider, answers, asked)}
    assert first == sorted(first)
    assert len(chain) == 1
    # The API server makes kinds ready in the order in which they come, so none is held back.
    assert found[key_of(crd("Gadget"))] == found[key_of(crd("Widget"))]
    assert max(first) < chain.pop() < found[key_of(other)]


def test_all_of_cert_manager_goes_first() -> None:
    """Its webhook answers, its cainjector fills in caBundles, its controller makes Secrets: no manifest says which is which."""
    workloads = [deployment(name, "cert-manager") for name in ("cert-manager", "cert-manager-cainjector")]
    certificate = thing("cert-manager.io/v1", "Certificate", "web", "n", spec={"secretName": "tls", "issuerRef": {"name": "own"}})
    other = deployment("other")
    found = order(cert_manager=[*workloads, crd("Certificate", "cert-manager.io")], a=[other, certificate])
    (first,) = {found[key_of(item)] for item in workloads}
    assert found[key_of(other)] > first
    # Where it is somebody else's, nothing tells them from others.
    assert {priority for key, priority in order(a=[*workloads]).items()} == {found[key_of(other)]}
