# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which Services have an endpoint that is ready."""

from __future__ import annotations

from .._common.deadline import Deadline
from .http import Client
from .watch import Objects


def endpoint_slices_path(client: Client, deadline: Deadline) -> str:
    """Path of the EndpointSlices: discovery.k8s.io/v1 is there from Kubernetes 1.21 on, v1beta1 before."""
    group = client.get("/apis/discovery.k8s.io", deadline=deadline)
    version = "v1" if any(entry["version"] == "v1" for entry in group["versions"]) else "v1beta1"
    return f"/apis/discovery.k8s.io/{version}/endpointslices"


def ready_services(slices: Objects) -> frozenset[tuple[str, str]]:
    """Services with a ready endpoint. An unset C(ready) counts as ready (discovery.k8s.io EndpointConditions)."""
    return frozenset(
        (namespace, item["metadata"]["labels"]["kubernetes.io/service-name"])
        for (namespace, _name), item in slices.items()
        if "kubernetes.io/service-name" in (item["metadata"].get("labels") or {})
        and any(
            endpoint.get("addresses") and (endpoint.get("conditions") or {}).get("ready") is not False
            for endpoint in item.get("endpoints") or ()
        )
    )
