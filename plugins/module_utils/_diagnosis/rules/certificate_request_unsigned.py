# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A request for a certificate that was approved and that nobody signs."""

from __future__ import annotations

from collections.abc import Iterator

from ..evidence import Evidence
from ..looks import deployment
from ..rule import Match, rule
from ..signals import short, told


def see(evidence: Evidence) -> Iterator[Match]:
    for key, item in evidence.of("certificates.k8s.io", "CertificateSigningRequest"):
        status = item.get("status") or {}
        conditions = {found["type"]: found for found in status.get("conditions") or ()}
        # Those of kubelets are none of our business.
        if "Approved" not in conditions or status.get("certificate") or not key.name.startswith("cache-server."):
            continue
        said = [told(key, {"status": "True", **conditions[name]}) for name in ("Approved", "Failed") if name in conditions]
        maker = deployment(key.name.partition(".")[2], "cache-deployer-deployment")
        words = {"name": key.name, "signer": (item.get("spec") or {}).get("signerName") or ""}
        yield Match(key, tuple(map(short, said)), (maker,) if maker in evidence.unwell else (), age=evidence.age(item), words=words)


rule(
    __name__,
    see,
    cause="Nobody signs a certificate that was asked for and approved: {name}, signer {signer}.",
    remedy="kube-controller-manager has to have the cluster's CA: --cluster-signing-cert-file and --cluster-signing-key-file. Then: "
    "kubectl -n kubeflow rollout restart deployment cache-deployer-deployment",
    shown="a CertificateSigningRequest is Approved, and not Issued",
    after=15,
)
