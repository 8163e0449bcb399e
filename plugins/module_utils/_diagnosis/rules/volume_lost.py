# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A claim whose volume is gone."""

from __future__ import annotations

from collections.abc import Iterator

from ..evidence import Evidence
from ..rule import Match, rule


def see(evidence: Evidence) -> Iterator[Match]:
    for key, claim in evidence.of("", "PersistentVolumeClaim"):
        if (claim.get("status") or {}).get("phase") == "Lost":
            yield Match(
                key, (f"{key} is Lost: its volume {(claim.get('spec') or {}).get('volumeName', '')} is gone",), words={"name": key.name}
            )


rule(
    __name__,
    see,
    cause="Volumes with data are gone: the claims {name} have lost theirs.",
    remedy="Bring the PersistentVolume back from a backup. Without one, delete the claim, run site.yml again, and the part begins with "
    "empty data.",
    shown="a claim's phase is Lost",
)
