# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the credentials may do what an uninstall does; asked before anything is deleted."""

from __future__ import annotations

from collections.abc import Iterable

from .._client.discovery import Resource
from .._client.http import Client
from .._client.rights import denied, may
from .._common.deadline import Deadline
from .._common.words import few
from .look import Live
from .scope import ScopeError


def check_rights(
    client: Client, resources: Iterable[Resource], awaited: Iterable[Live], deadline: Deadline, *, patch: bool, otherwise: str
) -> None:
    """Refuse to begin with what could not be ended.

    :arg resources: of the kinds that go.
    :arg awaited: what goes by itself with them.
    :arg patch: whether finalizers may have to be taken away.
    :arg otherwise: what came of the run then, for people.
    :raises ScopeError: when they may not do all of it.
    :raises ApiError: when the API server does not say.
    """
    if may(client, "*", "*", "*", deadline):
        return
    verbs = ("delete", "watch", *(("patch",) if patch else ()))
    asked = {(resource.group, resource.plural, verb) for resource in resources for verb in verbs}
    wanted = sorted(asked | {(live.resource.group, live.resource.plural, "watch") for live in awaited})
    wanted += [("coordination.k8s.io", "leases", verb) for verb in ("create", "update")] + [("", "configmaps", "patch")]
    if missing := denied(client, wanted, deadline):
        raise ScopeError(f"{otherwise}. The credentials may not: {few(missing, 8)}. Use those of cluster-admin.")
