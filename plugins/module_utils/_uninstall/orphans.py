# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is installed and no plan holds any more, and what of it may go: pure, of what was read."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass, field

from .._client.discovery import CRDS, Served
from .._common.naming import option_name
from .._inventory.applysets import applied_fields
from .._inventory.installed import Installed, Member
from .._objects.objects import Key, is_going, key_of
from .._render.plan import Part, Plan
from .doomed import Doomed, Kept, Step
from .keeping import PROFILE
from .look import Live, World
from .order import step_of
from .strangers import strangers

ASKED_KINDS = ("Namespace", "CustomResourceDefinition", "PersistentVolumeClaim", "Profile")
"""Kinds with which more goes than the object itself: they go only where each is named."""
_NAMESPACE, _CLAIM, _SECRET = ("", "Namespace"), ("", "PersistentVolumeClaim"), ("", "Secret")
_CRD = (CRDS.group, CRDS.kind)


@dataclass(frozen=True)
class Scope:
    """What a prune is about.

    C(whole): the plan is all that is wanted, so that parts that it does not have are left out on purpose. C(kinds): of C(ASKED_KINDS), those that
    may go.
    """

    plan: Plan
    whole: bool
    kinds: frozenset[str] = frozenset()


@dataclass
class Orphans:
    """By what was read: objects that may go, and others with why they stay."""

    doomed: list[Doomed] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    awaited: list[Live] = field(default_factory=list)
    """Pods of workloads that may go: they go by themselves, and are waited for."""
    missing: list[str] = field(default_factory=list)
    """Objects of the plan that are not applied: as long as there are some, nothing may go."""


def orphans(installed: Installed, world: World, scope: Scope, manager: str) -> Orphans:
    """What no part of the plan holds.

    :arg world: where claims, workloads and instances of our kinds are.
    :arg manager: our field manager.
    """
    planned = {part.name for part in scope.plan.parts}
    provided = {part.name for part in scope.plan.provided}
    held = _keys(scope.plan.parts, installed.served) | _keys(scope.plan.provided, installed.served)
    there = {member.key for member in installed.members() if member.part in planned}
    found = Orphans(missing=[str(key) for key in sorted(_keys(scope.plan.parts, installed.served) - there)])
    candidates = [
        member
        for member in installed.members()
        if member.key not in held
        and member.part not in provided
        and (member.part in planned or scope.whole)
        and not is_going({"metadata": member.metadata})
    ]
    staying = {member.key for member in installed.members()} - {member.key for member in candidates}
    kept = _kept(candidates, staying, world, installed.served, scope, manager)
    for member in candidates:
        if member.key in kept:
            found.kept.append(kept[member.key])
        else:
            step = step_of(member, world.custom, manager)
            found.doomed.append(Doomed(step, member.part, member.key, member.resource, member.metadata))
    found.awaited = world.pods_of(doomed.uid for doomed in found.doomed if doomed.step is Step.WORKLOADS)
    found.doomed.sort(key=lambda doomed: (doomed.step, doomed.part, doomed.key))
    return found


def _keys(parts: Iterable[Part], served: Served) -> set[Key]:
    """Keys as the API server has them."""
    resources = {(resource.group, resource.kind): resource for resource in served.resources}
    keys = [key_of(item) for part in parts for item in part.objects]
    return {resource.live(key) if (resource := resources.get((key.group, key.kind))) else key for key in keys}


def _kept(candidates: list[Member], staying: Set[Key], world: World, served: Served, scope: Scope, manager: str) -> dict[Key, Kept]:
    kept: dict[Key, Kept] = {}

    def keep(member: Member, why: str, *, is_data: bool = False) -> None:
        kept[member.key] = Kept(member.part, member.key, why, is_data)

    claims: dict[str, list[Live]] = {}
    for claim in world.claims():
        claims.setdefault(claim.key.namespace, []).append(claim)
    # What stays decides about what it is in or of, so containers come last.
    for member in candidates:
        kind = (member.key.group, member.key.kind)
        if kind == _CLAIM and "PersistentVolumeClaim" not in scope.kinds:
            keep(member, f"it is a volume's claim{_asked('PersistentVolumeClaim')}", is_data=True)
        elif kind == PROFILE and "Profile" not in scope.kinds:
            keep(member, f"namespace {member.key.name} belongs to it, with all that is in there{_asked('Profile')}", is_data=True)
        elif (
            kind == _SECRET
            and "PersistentVolumeClaim" not in scope.kinds
            and claims.get(member.key.namespace)
            and applied_fields(member.metadata, manager) & {"f:data", "f:stringData"}
        ):
            keep(member, "it has values that belong to the data: who may read the database or the object store", is_data=True)
    gone = {member.uid for member in candidates if member.key not in kept}
    for member in candidates:
        if (member.key.group, member.key.kind) == _CRD and (why := _instances(member, staying, gone, world, scope)):
            keep(member, why)
    # What stays is looked at before: it is no stranger's.
    theirs = strangers(world, gone, served, (), manager)
    for member in candidates:
        if (member.key.group, member.key.kind) == _NAMESPACE and (why := _contents(member, {*staying, *kept}, claims, theirs, scope)):
            keep(member, why, is_data=member.key.name in claims)
    return kept


def _instances(crd: Member, staying: Set[Key], gone: Set[str], world: World, scope: Scope) -> str:
    """Why a kind stays; empty when it may go."""
    some = [live for live in world.instances(crd.key.name) if live.uid not in gone]
    if ours := next((live for live in some if live.key in staying), None):
        return f"{ours.key} is of this kind, and stays"
    if not some or ({"CustomResourceDefinition"} <= scope.kinds and (some[0].key.kind != "Profile" or "Profile" in scope.kinds)):
        return ""
    count = f"{len(some)} objects are" if len(some) > 1 else "1 object is"
    return f"{count} of this kind ({some[0].key}){_asked('CustomResourceDefinition')}"


def _contents(space: Member, staying: Set[Key], claims: dict[str, list[Live]], theirs: dict[str, str], scope: Scope) -> str:
    """Why a namespace stays; empty when it may go."""
    name = space.key.name
    if ours := next((key for key in sorted(staying) if key.namespace == name), None):
        return f"{ours} is in it, and stays"
    if "Namespace" not in scope.kinds:
        return f"all that is in it would go with it{_asked('Namespace')}"
    if claims.get(name) and "PersistentVolumeClaim" not in scope.kinds:
        return f"{claims[name][0].key} is in it{_asked('PersistentVolumeClaim')}"
    return theirs.get(name, "")


def _asked(kind: str) -> str:
    return f" ({option_name('prune_kinds')}: [{kind}] lets it go)"
