# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A Profile whose namespace is not there, or is somebody else's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..._objects.objects import Key
from ..evidence import Evidence
from ..looks import deployment
from ..rule import Match, rule


def see(evidence: Evidence) -> Iterator[Match]:
    for key, profile in evidence.of("kubeflow.org", "Profile"):
        namespace = Key("", "Namespace", "", key.name)
        owner = ((profile.get("spec") or {}).get("owner") or {}).get("name")
        live = evidence.objects.get(namespace)
        annotated = (live["metadata"].get("annotations") or {}).get("owner") if live else None
        if evidence.is_missing(namespace):
            said = f"{key} is there, Namespace {key.name} is not"
        elif live and annotated != owner:
            said = f"Namespace {key.name} has owner {annotated or 'none'} in its annotation, {key} has {owner}"
        else:
            continue
        yield Match(key, (said,), age=evidence.age(profile), words={"name": key.name, "owner": owner or ""})


def its_controller(evidence: Evidence, match: Match) -> Iterable[Key]:
    return [deployment("kubeflow", "profiles-deployment")]


rule(
    __name__,
    see,
    cause="Profiles have no namespace of their own: {name}.",
    remedy="Namespace of that name is somebody else's: take it over with kubectl annotate --overwrite namespace {name} owner={owner}, "
    "or choose another name. Where there is none: kubectl -n kubeflow rollout restart deployment profiles-deployment",
    shown="namespace already exist, but not owned by profile creator",
    after=60,
    points_to=its_controller,
)
