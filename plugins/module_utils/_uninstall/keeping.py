# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which of our objects stay: data with all that holds it, and what other parts need."""

from __future__ import annotations

from collections.abc import Iterable

from .._client.discovery import CRDS
from .._common.words import few
from .._inventory.applysets import applied_fields
from .._inventory.installed import Installed, Member
from .._inventory.left import Left
from .._objects.objects import Key, crd_key
from .doomed import Kept
from .look import World
from .strangers import strangers

# Its namespace belongs to it (github.com/kubeflow/dashboard components/profile-controller), so it holds what a user has in there.
PROFILE = ("kubeflow.org", "Profile")
PROFILES = "profiles.kubeflow.org"
_CLAIM = ("", "PersistentVolumeClaim")
_NAMESPACE = ("", "Namespace")
_SECRET = ("", "Secret")


def kept_members(
    installed: Installed, going: Iterable[str], world: World, left: Iterable[Left], manager: str, *, delete_data: bool
) -> dict[Key, Kept]:
    """Members of the parts that go which stay, by key.

    :arg going: names of the parts.
    :arg world: where claims, workloads, Secrets and instances of our kinds are.
    :arg left: what controllers of the parts may have left.
    :arg manager: our field manager.
    """
    going = set(going)
    members = [member for member in installed.members() if member.part in going]
    others = [member for member in installed.members() if member.part not in going]
    kept = _shared(members, others)
    if delete_data:
        return kept
    claims: dict[str, list[str]] = {}
    for claim in world.claims():
        claims.setdefault(claim.key.namespace, []).append(claim.key.name)
    ours = {member.uid for member in installed.members()}
    theirs = strangers(world, ours, installed.served, left, manager)
    for member in members:
        kind = (member.key.group, member.key.kind)
        why = ""
        if kind == _CLAIM:
            why = "it is a volume's claim"
        elif kind == PROFILE:
            why = f"namespace {member.key.name} belongs to it, with all that is in there"
        elif member.key == crd_key(PROFILES):
            why = "Profiles are of this kind"
        elif kind == _NAMESPACE and member.key.name in claims:
            names = sorted(claims[member.key.name])
            why = f"volume claims are in it: {few(names)}"
        elif kind == _NAMESPACE and member.key.name in theirs:
            why = theirs[member.key.name]
        elif kind == _SECRET and member.key.namespace in claims and _gives_values(member, manager):
            why = "it has values that belong to the data: who may read the database or the object store"
        if why:
            kept[member.key] = Kept(member.part, member.key, why, is_data=True)
    return kept


def _shared(members: Iterable[Member], others: Iterable[Member]) -> dict[Key, Kept]:
    """What parts that stay need of those that go."""
    kept: dict[Key, Kept] = {}
    namespaces = {member.key.namespace: member.part for member in others if member.key.namespace}
    kinds = {member.resource.name: member.part for member in others}
    for member in members:
        if (member.key.group, member.key.kind) == _NAMESPACE and member.key.name in namespaces:
            kept[member.key] = Kept(member.part, member.key, f"part {namespaces[member.key.name]} has objects in it")
        elif (member.key.group, member.key.kind) == (CRDS.group, CRDS.kind) and member.key.name in kinds:
            kept[member.key] = Kept(member.part, member.key, f"part {kinds[member.key.name]} has objects of this kind")
    return kept


def _gives_values(secret: Member, manager: str) -> bool:
    """Whether we have put values into a Secret: those that wait for a certificate have none of ours."""
    fields = applied_fields(secret.metadata, manager)
    return "f:data" in fields or "f:stringData" in fields
