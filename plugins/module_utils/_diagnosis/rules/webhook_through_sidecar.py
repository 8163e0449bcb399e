# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An admission webhook whose connection breaks off: at a sidecar on its pod, or at a proxy of the API server."""

from __future__ import annotations

from ..looks import webhook_call
from ..rule import rule

rule(
    __name__,
    webhook_call(r"\bEOF\b|127\.0\.0\.6|Service Unavailable|connection reset by peer|proxyconnect", answering=True),
    cause="The call of webhook {webhook} breaks off on the way: at an Istio sidecar on its pod, or at a proxy that kube-apiserver has "
    "in its environment.",
    remedy="A pod that serves a webhook has to have no sidecar, or its port in traffic.sidecar.istio.io/excludeInboundPorts. Where "
    "kube-apiserver has HTTPS_PROXY, its NO_PROXY needs .svc, .cluster.local and the networks of pods and Services.",
    shown='failed calling webhook "…": EOF',
)
