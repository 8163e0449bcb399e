# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Aggregated ClusterRoles, which go before what they are filled from, and when the controller that fills them is done.

It applies rules by a role's name (kubernetes pkg/controller/clusterroleaggregation, C(applyClusterRoles)): one that is deleted while it has
something to write is there again, without labels, so that nobody knows whose it is, and the next install takes it for a stranger's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .._client.http import Client
from .._common.deadline import Deadline
from .._objects.webhooks import selects
from .deleting import Patience
from .doomed import Doomed

_ROLES = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
Role = Mapping[str, Any]


def in_turns(client: Client, doomed: Sequence[Doomed], patience: Patience) -> Iterator[list[Doomed]]:
    """Roles that can go together: those first that no other is filled from, so that nothing has to be written to one that is left.

    :arg patience: how long the controller is waited for; when it does nothing, it makes nothing anew either.
    :raises ApiError: when the roles cannot be read.
    """
    if not doomed:
        return
    roles = _settled(client, {entry.key.name for entry in doomed}, patience)
    todo = list(doomed)
    while todo:
        fed = {name for entry in todo if (role := roles.get(entry.key.name)) for name in sources_of(role, roles)}
        # Those that fill each other go at once.
        turn = [entry for entry in todo if entry.key.name not in fed] or todo
        yield turn
        todo = [entry for entry in todo if entry not in turn]


def _settled(client: Client, names: set[str], patience: Patience) -> dict[str, Role]:
    """All ClusterRoles by name, when those of these names are filled as they are to be."""
    until, pause = Deadline(min(patience.stall, patience.deadline.remaining)), 0.05
    while True:
        items = client.get(_ROLES, deadline=patience.deadline)["items"]
        roles: dict[str, Role] = {item["metadata"]["name"]: item for item in items}
        if all(is_filled(roles[name], roles) for name in names & roles.keys()) or not until.wait(pause):
            return roles
        pause = min(pause * 2, 1.0)


def sources_of(role: Role, roles: Mapping[str, Role]) -> list[str]:
    """Names of the roles that one is filled from, in the controller's order."""
    selectors = (role.get("aggregationRule") or {}).get("clusterRoleSelectors") or ()
    own = role["metadata"]["name"]
    return [
        name
        for selector in selectors
        for name in sorted(roles)
        if name != own and selects(selector, roles[name]["metadata"].get("labels") or {})
    ]


def is_filled(role: Role, roles: Mapping[str, Role]) -> bool:
    """Whether the controller has nothing to write to it: it compares the rules with all of its sources', each rule once."""
    if not role.get("aggregationRule"):
        return True
    rules: list[Any] = []
    for name in sources_of(role, roles):
        rules += [rule for rule in roles[name].get("rules") or () if rule not in rules]
    return rules == (role.get("rules") or [])
