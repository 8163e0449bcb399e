# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An aggregated API whose server does not answer, which keeps namespaces from going and discovery from being whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..._common.times import seconds_or
from ..._objects.objects import Key
from ..evidence import Evidence, Item
from ..rule import Match, rule
from ..signals import short, told


def see(evidence: Evidence) -> Iterator[Match]:
    """Only where it keeps something of ours: a namespace that does not go, or an object of the plan."""
    kept = [
        key
        for key, space in evidence.objects.items()
        if (key.group, key.kind) == ("", "Namespace") and space["metadata"].get("deletionTimestamp") and key.name in evidence.homes
    ]
    for key, item in evidence.of("apiregistration.k8s.io", "APIService"):
        for found in (item.get("status") or {}).get("conditions") or ():
            if found["type"] == "Available" and found["status"] != "True" and (kept or key in (evidence.planned or {})):
                yield Match(key, (short(told(key, found)),), tuple(kept), age=since(evidence, found), words={"name": key.name})


def since(evidence: Evidence, found: Item) -> float:
    return evidence.now - seconds_or(found.get("lastTransitionTime"), evidence.now)


def its_service(evidence: Evidence, match: Match) -> Iterable[Key]:
    service = ((evidence.objects.get(match.about) or {}).get("spec") or {}).get("service") or {}
    return evidence.behind((service.get("namespace") or "", service.get("name") or ""))


rule(
    __name__,
    see,
    cause="The server of an aggregated API does not answer: {name}.",
    remedy="Where it is not installed any more: kubectl delete apiservice {name}. Otherwise look at the pods behind its Service.",
    shown="condition Available of an APIService is False: MissingEndpoints, FailedDiscoveryCheck",
    after=60,
    points_to=its_service,
)
