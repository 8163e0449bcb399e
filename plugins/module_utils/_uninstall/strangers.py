# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What others have in namespaces of ours, and nobody makes again when it is gone with its namespace."""

from __future__ import annotations

from collections.abc import Iterable, Set

from .._client.discovery import Served
from .._inventory.applysets import group_kind
from .._inventory.left import Left
from .._inventory.owners import Hand, hand_of
from .._objects.objects import split_version
from .look import WORKLOADS, Live, World

_BY_HAND = (Hand.INSTALLER, Hand.CHANGER)


def strangers(world: World, ours: Set[str], served: Served, left: Iterable[Left], manager: str) -> dict[str, str]:
    """By namespace, why it stays: there is a workload in it, or a Secret that somebody made by hand or with a tool.

    Settings name such Secrets: of logins, of certificates, of registries. Those that controllers make come again.

    :arg ours: uids of what is ours, or goes in any case.
    :arg served: what the API server has.
    :arg left: what controllers of ours leave.
    :arg manager: our field manager.
    """
    left = tuple(left)
    found = [live for live in world.of("Secret") if live.uid not in ours and _is_made_by_hand(live, left, manager)]
    theirs = {group_kind(resource.group, resource.kind) for resource in served.resources} - world.objects.keys()
    found += [live for live in world.of(*WORKLOADS) if live.uid not in ours and _is_of_a_stranger(live, theirs)]
    return {live.key.namespace: f"{live.key} is in it, which this collection has not made" for live in found}


def _is_made_by_hand(live: Live, left: Iterable[Left], manager: str) -> bool:
    if any(entry.is_of(live.key, {"metadata": live.metadata}) for entry in left):
        return False
    return any(hand_of(entry, manager) in _BY_HAND for entry in live.metadata.get("managedFields") or ())


def _is_of_a_stranger(live: Live, theirs: Set[str]) -> bool:
    """A workload that belongs to nothing, or to something of a kind that is none of ours.

    An owner of a kind that is not served any more is on its way out, with the kind.

    :arg theirs: kinds that are served and not in the world, where all are that go.
    """
    kinds = {group_kind(split_version(str(owner["apiVersion"]))[0], str(owner["kind"])) for owner in live.owners}
    return not kinds or bool(kinds & theirs)
