# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An admission webhook that runs and that the API server does not reach in time."""

from __future__ import annotations

from collections.abc import Iterable

from ..._objects.objects import Key
from ..._objects.webhooks import selects
from ..evidence import Evidence
from ..looks import webhook_call
from ..rule import Match, rule


def policies(evidence: Evidence, match: Match) -> Iterable[str]:
    """NetworkPolicies that select the pods behind the Service."""
    service = evidence.objects.get(match.about)
    labels = ((service or {}).get("spec") or {}).get("selector") or {}
    for key, item in evidence.of("networking.k8s.io", "NetworkPolicy"):
        if labels and key.namespace == match.about.namespace and selects((item.get("spec") or {}).get("podSelector"), labels):
            yield f"{key} selects the pods behind {match.about}"


def see(evidence: Evidence) -> Iterable[Match]:
    for match in webhook_call(r"context deadline exceeded|Client\.Timeout|i/o timeout|request canceled|No agent available", answering=True)(
        evidence
    ):
        said = (*match.evidence, *policies(evidence, match))
        yield Match(match.about, said, match.objects, (), match.age, match.words, match.group)


def nodes(evidence: Evidence, _match: Match) -> Iterable[Key]:
    """A node that is overloaded answers late, too."""
    return [key for key, _node in evidence.of("", "Node")]


rule(
    __name__,
    see,
    cause="The API server does not reach webhook {webhook}, though a pod behind {service} is ready.",
    remedy="A firewall or security group between control plane and nodes has to let the webhooks' ports through (15017, 8443, 9443, "
    "10250), and so have NetworkPolicies (kubeflow_network_policies: false leaves out upstream's). On a managed control plane with a "
    "network of its own for pods: hostNetwork for the webhook.",
    shown='failed calling webhook "…": context deadline exceeded',
    after=60,
    points_to=nodes,
)
