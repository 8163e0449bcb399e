# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What goes first among what may go. Gates alone decide what may."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .._objects.objects import Key, crd_key, pod_template
from .compare import Item
from .gates import WebhookGate
from .graph import Graph

FIRST = -1
"""Before all objects: questions, which are cheap, and by whose answers many objects may go."""

_CERTIFICATES = crd_key("certificates.cert-manager.io")


def priorities(items: Mapping[Key, Item], graph: Graph) -> dict[Key, int]:
    """The priority of each object; lower goes first."""
    gates = {gate for some in graph.gates.values() for gate in some}
    webhooks = [opener for gate in gates if isinstance(gate, WebhookGate) for opener in graph.openers(gate)]
    chains = _with_what_they_need([*webhooks, *_cert_manager(items)], graph)
    return {key: _priority(key, key in chains) for key in items}


def _priority(key: Key, in_chain: bool) -> int:
    """:arg in_chain: whether it is a link of the longest chains."""
    if key.kind == "Namespace":
        return 0
    # The API server's heaviest work, and it makes one after the other ready to be used, in the order in which they come
    # (apiextensions-apiserver: NamingConditionController has one worker). Their workloads wait for the last of them.
    if key.kind == "CustomResourceDefinition":
        return 1
    # Cheap, and read by controllers without being mounted: istiod that starts before its ConfigMap goes without its injector.
    if key.kind in ("ConfigMap", "Secret", "ServiceAccount") or key.group == "rbac.authorization.k8s.io":
        return 2
    return 3 if in_chain else 4


def _cert_manager(items: Mapping[Key, Item]) -> Iterator[Key]:
    """The workloads of cert-manager: no manifest tells which of them answers, fills in caBundles or makes Secrets."""
    if _CERTIFICATES in items:
        part = items[_CERTIFICATES].part
        yield from (key for key, item in items.items() if item.part == part and pod_template(item.body) is not None)


def _with_what_they_need(keys: list[Key], graph: Graph) -> set[Key]:
    found: set[Key] = set()
    while keys:
        key = keys.pop()
        if key not in found and key in graph.gates:
            found.add(key)
            keys.extend(opener for gate in graph.gates[key] for opener in graph.openers(gate))
    return found
