# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An Issuer of cert-manager that is not ready."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..._objects.objects import Key
from ..evidence import Evidence
from ..rule import Match, rule
from ..signals import short, told
from .certificate_not_ready import cert_manager


def see(evidence: Evidence) -> Iterator[Match]:
    for kind in ("Issuer", "ClusterIssuer"):
        for key, item in evidence.of("cert-manager.io", kind):
            if key in evidence.unwell:
                said = [told(key, found) for found in (item.get("status") or {}).get("conditions") or ()]
                said = said or [f"{key} has no condition Ready: nobody has looked at it"]
                yield Match(key, tuple(map(short, said)), age=evidence.age(item), words={"name": key.name})


def those_of_cert_manager(evidence: Evidence, match: Match) -> Iterable[Key]:
    return cert_manager(evidence)


rule(
    __name__,
    see,
    cause="An issuer of certificates is not ready: {name}.",
    remedy="Its condition says why; kubectl -n cert-manager logs deployment/cert-manager says more.",
    shown="condition Ready of an Issuer is not True",
    after=120,
    points_to=those_of_cert_manager,
)
