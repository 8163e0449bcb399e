# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A Certificate that cert-manager does not issue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..._objects.objects import Key
from ..evidence import Evidence
from ..rule import Match, rule
from ..signals import short, told


def see(evidence: Evidence) -> Iterator[Match]:
    for key, item in evidence.of("cert-manager.io", "Certificate"):
        if key in evidence.unwell:
            conditions = [found for found in (item.get("status") or {}).get("conditions") or () if found["type"] == "Ready"]
            requests = [
                told(other, found)
                for other, request in evidence.of("cert-manager.io", "CertificateRequest")
                if any(above.get("name") == key.name for above in request["metadata"].get("ownerReferences") or ())
                and other.namespace == key.namespace
                for found in (request.get("status") or {}).get("conditions") or ()
                if found["status"] != "True"
            ]
            said = [told(key, found) for found in conditions] or [f"{key} has no condition Ready: nobody has looked at it"]
            yield Match(key, tuple(map(short, [*said, *requests])), age=evidence.age(item), words={"name": f"{key.namespace}/{key.name}"})


def issuer_and_cert_manager(evidence: Evidence, match: Match) -> Iterable[Key]:
    reference = ((evidence.objects.get(match.about) or {}).get("spec") or {}).get("issuerRef") or {}
    kind = reference.get("kind") or "Issuer"
    issuer = Key("cert-manager.io", kind, "" if kind == "ClusterIssuer" else match.about.namespace, reference.get("name") or "")
    return [issuer, *cert_manager(evidence)]


def cert_manager(evidence: Evidence) -> list[Key]:
    """The workloads of cert-manager, wherever it is: by the names that its own manifests and its chart give them."""
    return [key for key, _item in evidence.of("apps", "Deployment") if key.name in ("cert-manager", "cert-manager-webhook")]


rule(
    __name__,
    see,
    cause="cert-manager does not issue certificates: {name}.",
    remedy="kubectl describe certificate,certificaterequest,issuer -n <namespace> tells how far it came. Where no condition is there, "
    "cert-manager does not run: kubectl -n cert-manager get pods",
    shown="condition Ready of a Certificate is not True",
    after=120,
    points_to=issuer_and_cert_manager,
)
