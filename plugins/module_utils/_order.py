# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What goes first among what may go. Gates alone decide what may.

PRIVATE: for the modules of this collection only.
"""

from __future__ import annotations

from collections.abc import Iterable

from ._gates import Gate, WebhookGate
from ._graph import Graph
from ._objects import Key

FIRST = -1
"""Before all objects: questions, which are cheap, and by whose answers many objects may go."""


def priority_of(key: Key, providers: set[Key]) -> int:
    """Lower goes first; C(providers) from C(openers_of_webhooks)."""
    if key.kind == "Namespace":
        return 0
    # Cheap, and read by controllers without being mounted: istiod that starts before its ConfigMap goes without its injector.
    if key.kind in ("ConfigMap", "Secret", "ServiceAccount") or key.group == "rbac.authorization.k8s.io":
        return 1
    # The first links of the longest chains.
    if key in providers:
        return 2
    # The API server's heaviest work (it rebuilds its OpenAPI), and custom resources wait for it.
    return 3 if key.kind == "CustomResourceDefinition" else 4


def openers_of_webhooks(graph: Graph, gates: Iterable[Gate]) -> set[Key]:
    """What has to run before webhooks answer, with what its pods need."""
    todo = [opener for gate in gates if isinstance(gate, WebhookGate) for opener in graph.openers(gate)]
    found: set[Key] = set()
    while todo:
        key = todo.pop()
        if key not in found and key in graph.gates:
            found.add(key)
            todo.extend(opener for gate in graph.gates[key] for opener in graph.openers(gate))
    return found
