# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What goes, step by step: pure, of what was read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .._client.discovery import CRDS
from .._inventory.applysets import applied_fields, group_kind
from .._inventory.installed import Installed, Member
from .._inventory.left import Left
from .._objects.objects import Key
from .doomed import Doomed, Kept, Step
from .keeping import PROFILE, PROFILES, kept_members
from .look import WORKLOADS, Live, World

CERTIFICATE = ("cert-manager.io", "Certificate")
# https://cert-manager.io/docs/reference/annotations/
_ISSUED_FOR = "cert-manager.io/certificate-name"
_STEPS = {
    "MutatingWebhookConfiguration.admissionregistration.k8s.io": Step.WEBHOOKS,
    "ValidatingWebhookConfiguration.admissionregistration.k8s.io": Step.WEBHOOKS,
    # Without its server the API server could not delete a namespace: it asks for all kinds in there.
    "APIService.apiregistration.k8s.io": Step.WEBHOOKS,
    "CustomResourceDefinition.apiextensions.k8s.io": Step.CRDS,
    "Namespace": Step.NAMESPACES,
    **dict.fromkeys(WORKLOADS, Step.WORKLOADS),
}


@dataclass
class Removal:
    """All of it."""

    parts: list[str]
    doomed: list[Doomed] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    awaited: dict[Step, list[Live]] = field(default_factory=dict)
    """What goes by itself with what is deleted in a step, and is waited for: pods, and namespaces of Profiles."""
    unfastened: dict[Live, list[str]] = field(default_factory=dict)
    """Volume claims that stay, with the uids of owners that go: with those they would be gone."""

    def of(self, *steps: Step) -> list[Doomed]:
        """What is deleted in these steps."""
        return [doomed for doomed in self.doomed if doomed.step in steps]


def crds_of(installed: Installed, parts: Iterable[str]) -> list[str]:
    """Names of the CustomResourceDefinitions of parts."""
    parts = set(parts)
    is_crd = (CRDS.group, CRDS.kind)
    return [member.key.name for member in installed.members() if member.part in parts and (member.key.group, member.key.kind) == is_crd]


def left_by(installed: Installed, parts: Iterable[str], otherwise: Iterable[Left]) -> dict[Left, str]:
    """What controllers of parts have left, with their part.

    :arg otherwise: what there may be, for parts of which nothing is recorded.
    """
    otherwise, found = tuple(otherwise), {}
    for name in parts:
        part = installed.parts[name]
        makers = {member.key for member in part.members}
        for entry in part.record.left if part.record else [entry for entry in otherwise if entry.maker in makers]:
            found[entry] = name
    return found


def removal(installed: Installed, parts: list[str], world: World, left: Mapping[Left, str], manager: str, *, delete_data: bool) -> Removal:
    """What goes and what stays.

    :arg parts: names of the parts that go.
    :arg left: what their controllers may have left, with their part.
    :arg manager: our field manager.
    """
    found = Removal(parts)
    kept = kept_members(installed, parts, world, left, manager, delete_data=delete_data)
    members = {member.uid for member in installed.members()}
    _members(found, installed, world, kept, manager)
    crds = {doomed.key.name: doomed.part for doomed in found.of(Step.CRDS)}
    _instances(found, world, crds, members)
    if not delete_data and PROFILES in crds_of(installed, parts):
        found.kept += [
            Kept("profiles", live.key, f"namespace {live.key.name} belongs to it, with all that is in there", is_data=True)
            for live in world.of(group_kind(*PROFILE))
            if live.uid not in members
        ]
    _left(found, world, left)
    _certificates(found, installed, world, crds)
    _pods(found, world)
    if not delete_data:
        _unfasten(found, world)
    return found


def _members(found: Removal, installed: Installed, world: World, kept: Mapping[Key, Kept], manager: str) -> None:
    members = [member for name in found.parts for member in installed.parts[name].members]
    going = {member.key.name for member in members if (member.key.group, member.key.kind) == ("", "Namespace") and member.key not in kept}
    for member in members:
        if member.key in kept:
            found.kept.append(kept[member.key])
            continue
        step = step_of(member, world.custom, manager)
        # A claim is not gone at once (kubernetes.io/pvc-protection), and a namespace is looked at again only 8 seconds later.
        along = step is Step.REST and member.key.namespace in going and member.key.kind != "PersistentVolumeClaim"
        found.doomed.append(Doomed(step, member.part, member.key, member.resource, member.metadata, along))


def step_of(member: Member, custom: frozenset[str], manager: str) -> Step:
    if member.resource.name in custom:
        return Step.CUSTOM
    if member.key.kind == "ClusterRole" and "f:aggregationRule" in applied_fields(member.metadata, manager):
        return Step.AGGREGATED
    return _STEPS.get(group_kind(member.key.group, member.key.kind), Step.REST)


def _instances(found: Removal, world: World, crds: Mapping[str, str], members: set[str]) -> None:
    """Objects of others of the kinds that go: the owners are deleted, what belongs to them goes by itself."""
    instances = {
        live.uid: (live, crds[name])
        for some in world.objects.values()
        for live in some
        if (name := live.resource.name) in crds and live.uid not in members
    }
    profiles = [uid for uid, (live, _part) in instances.items() if (live.key.group, live.key.kind) == PROFILE]
    later = [*profiles, *(doomed.uid for doomed in found.of(Step.CUSTOM))]
    with_later = {live.uid for live in world.dependents(later)}
    there = {live.uid for some in world.objects.values() for live in some}
    for uid, (live, part) in instances.items():
        owners = {owner["uid"] for owner in live.owners}
        if uid in profiles:
            found.doomed.append(Doomed(Step.CUSTOM, part, live.key, live.resource, live.metadata))
        elif uid in with_later:
            # One without finalizers needs nobody who runs: it goes with its namespace, or at last with its kind.
            if live.metadata.get("finalizers"):
                found.awaited.setdefault(Step.CUSTOM, []).append(live)
        elif owners & instances.keys():
            found.awaited.setdefault(Step.USERS, []).append(live)
        elif owners & there:
            # A controller makes it again for an owner that stays, until there is none any more.
            found.doomed.append(Doomed(Step.REST, part, live.key, live.resource, live.metadata))
        else:
            found.doomed.append(Doomed(Step.USERS, part, live.key, live.resource, live.metadata))
    for step in (Step.USERS, Step.CUSTOM):
        for live in world.dependents(doomed.uid for doomed in found.of(step)):
            # Those of our programs go in their own step.
            if live.key.kind == "Pod" and live.uid not in members:
                found.awaited.setdefault(step, []).append(live)
            # Our controllers have done their share when the owner is gone: all kinds of theirs in there go before.
            if live.key.kind == "Namespace" and live.uid not in members:
                found.awaited.setdefault(Step.NAMESPACES, []).append(live)


def _pods(found: Removal, world: World) -> None:
    """Those of workloads, and in namespaces that go whoever made them: they are what takes its time."""
    found.awaited[Step.WORKLOADS] = world.pods_of(doomed.uid for doomed in found.of(Step.WORKLOADS))
    spaces = {namespace.key.name for namespace in (*found.of(Step.NAMESPACES), *found.awaited.get(Step.NAMESPACES, ()))}
    known = {live.uid for some in found.awaited.values() for live in some}
    inside = [live for live in world.of("Pod") if live.key.namespace in spaces and live.uid not in known]
    found.awaited.setdefault(Step.NAMESPACES, []).extend(inside)


def _left(found: Removal, world: World, left: Mapping[Left, str]) -> None:
    going = {doomed.key.name for doomed in found.of(Step.NAMESPACES)}
    for entry, part in left.items():
        for live in world.of(group_kind(entry.group, entry.kind)):
            if entry.is_of(live.key, {"metadata": live.metadata}):
                along = live.key.namespace in going
                found.doomed.append(Doomed(Step.REST, part, live.key, live.resource, live.metadata, along))


def _certificates(found: Removal, installed: Installed, world: World, crds: Mapping[str, str]) -> None:
    """What cert-manager has made in our namespaces that stay: it does not take it along with its Certificate."""
    going = {doomed.key.name for doomed in found.of(Step.NAMESPACES)}
    members = {member.uid: member.key for member in installed.members()}
    ours = {key.name for key in members.values() if (key.group, key.kind) == ("", "Namespace")} - going
    certificates = {
        (doomed.key.namespace, doomed.key.name): doomed.part
        for doomed in found.doomed
        if (doomed.key.group, doomed.key.kind) == CERTIFICATE
    }
    issuer = crds.get("certificates.cert-manager.io")
    for secret in world.of("Secret"):
        name = str((secret.metadata.get("annotations") or {}).get(_ISSUED_FOR, ""))
        part = certificates.get((secret.key.namespace, name)) or issuer
        if name and part and secret.key.namespace in ours and secret.uid not in members:
            found.doomed.append(Doomed(Step.REST, part, secret.key, secret.resource, secret.metadata))


def _unfasten(found: Removal, world: World) -> None:
    going = {doomed.uid for doomed in found.doomed}
    owned = {live.uid for live in world.dependents(going)}
    for claim in world.claims():
        # A pod's own volume (ephemeral) goes with the pod in any case.
        owners = [str(owner["uid"]) for owner in claim.owners if owner["uid"] in going | owned and owner["kind"] != "Pod"]
        if owners:
            found.unfastened[claim] = owners
