# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A Service that waits for a load balancer which nobody gives."""

from __future__ import annotations

from collections.abc import Iterator

from ..evidence import Evidence
from ..rule import Match, rule


def see(evidence: Evidence) -> Iterator[Match]:
    for key, service in evidence.of("", "Service"):
        given = ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress")
        if key.namespace in evidence.homes and (service.get("spec") or {}).get("type") == "LoadBalancer" and not given:
            said = [str(event) for event in evidence.events if event.about == key][-1:] or [
                f"{key} is of type LoadBalancer and has no address"
            ]
            yield Match(key, tuple(said), age=evidence.age(service), words={"name": f"{key.namespace}/{key.name}"})


rule(
    __name__,
    see,
    cause="No load balancer gives a Service its address: {name}.",
    remedy="The cluster has none (MetalLB, a cloud's), or none left. Without: istio_gateway_service_type: NodePort or ClusterIP, and "
    "kubectl port-forward. k3s: ports 80 and 443 are taken by Traefik.",
    shown="EXTERNAL-IP <pending>",
    after=120,
)
