# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A Knative Service that gets no way through the gateway."""

from __future__ import annotations

from ..looks import deployment, to
from ..rule import rule
from ..signals import condition

rule(
    __name__,
    condition("serving.knative.dev", "Service", "Ready", "False|Unknown", reason="IngressNotConfigured|Uninitialized"),
    condition(
        "serving.knative.dev",
        "Service",
        "RoutesReady",
        "False|Unknown",
        reason="IngressNotConfigured|Uninitialized",
        pattern="Ingress|ingress",
    ),
    cause="Knative Services get no way through Istio's gateway: {name}.",
    remedy="Look at net-istio-controller in knative-serving, and that the gateways it names are there: kubectl get "
    "gateways.networking.istio.io -A; knative_serving brings its own local one.",
    shown="IngressNotConfigured; Ingress has not yet been reconciled",
    after=120,
    points_to=to(
        deployment("knative-serving", "net-istio-controller"),
        deployment("knative-serving", "networking-istio"),
        deployment("istio-system", "cluster-local-gateway"),
    ),
)
