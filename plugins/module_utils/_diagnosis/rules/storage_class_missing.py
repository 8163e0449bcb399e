# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Claims of a StorageClass that is not there."""

from __future__ import annotations

from collections.abc import Iterator

from ..._objects.objects import Key
from ..evidence import Evidence
from ..rule import Match, rule


def see(evidence: Evidence) -> Iterator[Match]:
    for key, claim in evidence.of("", "PersistentVolumeClaim"):
        name = (claim.get("spec") or {}).get("storageClassName")
        wanted = Key("storage.k8s.io", "StorageClass", "", name or "")
        if name and key in evidence.unwell and evidence.is_missing(wanted):
            said = [str(event) for event in evidence.current_events if event.about == key]
            lines = said[-1:] or [f"{key} asks for {wanted}, which is not there"]
            yield Match(wanted, tuple(lines), (key,), words={"name": name})


rule(
    __name__,
    see,
    cause="Volumes are claimed of a StorageClass that is not there: {name}.",
    remedy="Make it, or name one of those that kubectl get storageclass shows: kubeflow_volumes: [{{storage_class: <name>}}]. A claim's "
    "class cannot be changed: claims that are bound to nothing yet have to be deleted first.",
    shown='storageclass.storage.k8s.io "…" not found',
)
