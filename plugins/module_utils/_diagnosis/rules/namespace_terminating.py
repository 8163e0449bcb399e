# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A namespace that is being deleted and does not go."""

from __future__ import annotations

from collections.abc import Iterator

from ..._common.times import seconds_or
from ..evidence import Evidence
from ..rule import Match, rule
from ..signals import refused, short, told


def see(evidence: Evidence) -> Iterator[Match]:
    for key, space in evidence.objects.items():
        since = space["metadata"].get("deletionTimestamp")
        if (
            (key.group, key.kind) != ("", "Namespace")
            or not since
            or (key.name not in evidence.homes and key not in (evidence.planned or {}))
        ):
            continue
        conditions = (space.get("status") or {}).get("conditions") or ()
        said = [told(key, found) for found in conditions if found["status"] == "True"] or [f"{key} is being deleted since {since}"]
        yield Match(key, tuple(map(short, said)), age=evidence.now - seconds_or(since, evidence.now), words={"name": key.name})


rule(
    __name__,
    see,
    refused(r"namespace (?P<name>\S+) because it is being terminated"),
    cause="Namespaces are being deleted and do not go: {name}.",
    remedy="Their conditions name what is left. Controllers have to be there until their objects are gone: delete Profiles, Knative "
    "Services, Experiments and workflows first, then their webhook configurations and dead APIServices. Removing a finalizer of an "
    "object by hand is the last means.",
    shown="NamespaceDeletionDiscoveryFailure, NamespaceContentRemaining, NamespaceFinalizersRemaining",
    after=120,
)
