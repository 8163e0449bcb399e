# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Webhook servers that make their certificates themselves: in which Secret, and how they come to present them.

Others present the certificate of the Secret that they mount, which cert-manager makes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from .api import Object
from .authority import Authority, vouches
from .secret_data import Data

DIRECT_INJECTION = "cert-manager.io/allow-direct-injection"

_VERSION = re.compile(r"v?(\d+)\.(\d+)")
# What tells nothing is taken for the newest.
_NEWEST = (1 << 16, 0)


@dataclass(frozen=True)
class Files:
    """Names in a Secret: of a certificate, its key, and the authority's certificate and key. Not all keep the last."""

    certificate: str
    key: str
    authority: str
    authority_key: str = ""


@dataclass(frozen=True)
class Program:
    """One that makes its certificate.

    C(creates): it makes the Secret, where others fill in the one that is there and do nothing without it.
    C(mounted): it presents what its pod sees of the Secret, and is not ready before; others ask the API server for it.
    C(signs): the Secret holds an authority, and what is presented stays in memory.
    C(holds): it looks at the Secret only when it starts.
    C(configurations): it writes its authority into the webhook configurations that call it.
    C(conversions): it does so in the CRDs that are converted by it.
    """

    secret: str
    manager: str
    files: Files
    creates: bool = False
    mounted: bool = False
    signs: bool = False
    holds: bool = False
    configurations: bool = True
    conversions: bool = False
    type: str = "Opaque"
    annotations: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def make(self, namespace: str, service: str, authority: Authority | None = None) -> Data:
        """New content of the Secret, from an authority of its own unless one is given."""
        host = f"{service}.{namespace}.svc"
        authority = authority or Authority.new(f"{service}.{namespace}")
        if self.signs:
            return {self.files.authority: authority.pem, self.files.certificate: authority.pem, self.files.key: authority.key}
        names = [service, f"{service}.{namespace}", host, f"{host}.cluster.local"]
        issued = authority.issue(host, names)
        made = {self.files.certificate: issued.certificate, self.files.key: issued.key, self.files.authority: authority.pem}
        return made | ({self.files.authority_key: authority.key} if self.files.authority_key else {})

    def fits(self, data: Data) -> bool:
        """Whether the Secret holds what it shall."""
        names = {self.files.certificate, self.files.key, self.files.authority, self.files.authority_key} - {""}
        return all(map(data.get, names)) and (self.signs or vouches(data[self.files.authority], data[self.files.certificate]))


# knative.dev/pkg@v0.0.0-20260120122510-4a022ed9999a webhook/certificates/certificates.go: nothing is done without the Secret;
# webhook/webhook.go GetCertificate asks the API server for it.
_KNATIVE = Files("server-cert.pem", "server-key.pem", "ca-cert.pem")
# github.com/open-policy-agent/cert-controller@v0.14.0 pkg/rotator/rotator.go
_ROTATOR = Files("tls.crt", "tls.key", "ca.crt", "ca.key")


def _knative(secret: str, *, conversions: bool = False) -> Program:
    # Its configurations are a matter of knative.py.
    return Program(secret, "webhook", _KNATIVE, configurations=False, conversions=conversions)


def _rotator(secret: str) -> Program:
    return Program(secret, "manager", _ROTATOR, mounted=True)


# By the name of the service.
PROGRAMS = {
    # github.com/cert-manager/cert-manager@v1.19.4 pkg/server/tls/authority/authority.go
    "cert-manager-webhook": Program(
        "cert-manager-webhook-ca",
        "cert-manager-webhook",
        Files("tls.crt", "tls.key", "ca.crt"),
        creates=True,
        signs=True,
        configurations=False,
        annotations=MappingProxyType({DIRECT_INJECTION: "true"}),
    ),
    # istio.io/istio security/pkg/pki/ca/ca.go, NewSelfSignedIstioCAOptions
    "istiod": Program(
        "istio-ca-secret",
        "pilot-discovery",
        Files("ca-cert.pem", "ca-key.pem", "ca-cert.pem"),
        creates=True,
        signs=True,
        holds=True,
        type="istio.io/ca-root",
    ),
    "webhook": _knative("webhook-certs"),
    "istio-webhook": _knative("istio-webhook-certs"),
    "net-istio-webhook": _knative("net-istio-webhook-certs"),
    "eventing-webhook": _knative("eventing-webhook-certs", conversions=True),
    "inmemorychannel-webhook": _knative("inmemorychannel-webhook-certs"),
    # sigs.k8s.io/jobset@v0.10.1 pkg/util/cert, github.com/kubeflow/trainer/v2@v2.1.0 pkg/util/cert; the other two do the same.
    "jobset-webhook-service": _rotator("jobset-webhook-server-cert"),
    "kubeflow-trainer-controller-manager": _rotator("kubeflow-trainer-webhook-cert"),
    "lws-webhook-service": _rotator("lws-webhook-server-cert"),
    "training-operator": _rotator("training-operator-webhook-cert"),
    # github.com/kubeflow/spark-operator/v2@v2.5.0 pkg/certificate/certificate.go: written into files of its own.
    "spark-operator-webhook-svc": Program(
        "spark-operator-webhook-certs",
        "spark-operator",
        Files("server-cert.pem", "server-key.pem", "ca-cert.pem", "ca-key.pem"),
        creates=True,
    ),
}
SERVICES = {program.secret: service for service, program in PROGRAMS.items()}


def version_in(text: str) -> tuple[int, int]:
    """Major and minor version in a tag or label.

    >>> version_in("v0.22.1")
    (0, 22)
    """
    found = _VERSION.match(text)
    return (int(found.group(1)), int(found.group(2))) if found else _NEWEST


def version_of_image(image: str) -> tuple[int, int]:
    """By its tag.

    >>> version_of_image("registry.example.org:5000/istio/pilot:1.9.6@sha256:00")
    (1, 9)
    """
    return version_in(image.partition("@")[0].rpartition("/")[2].partition(":")[2])


def version_by_labels(thing: Object) -> tuple[int, int]:
    """Of what Knative's manifests belong to: up to 0.2x they have a label that ends with /release."""
    labels = thing["metadata"].get("labels") or {}
    release = next((value for name, value in labels.items() if name.endswith("knative.dev/release")), "")
    return version_in(labels.get("app.kubernetes.io/version", "") or release)
