# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the credentials may do what an uninstall does; asked before anything is deleted."""

from __future__ import annotations

import functools
from collections.abc import Iterable

from .._client.discovery import Resource
from .._client.http import Client
from .._client.parallel import in_parallel
from .._client.rights import may
from .._common.deadline import Deadline


def missing_rights(client: Client, resources: Iterable[Resource], deadline: Deadline, *, patch: bool) -> list[str]:
    """What they may not, like C(delete deployments.apps).

    :arg resources: of the kinds that go.
    :arg patch: whether finalizers may have to be taken away.
    :raises ApiError: when the API server does not say.
    """
    if may(client, "*", "*", "*", deadline):
        return []
    verbs = ("delete", "watch", *(("patch",) if patch else ()))
    wanted = sorted({(resource.group, resource.plural, verb) for resource in resources for verb in verbs})
    wanted += [("coordination.k8s.io", "leases", verb) for verb in ("create", "update")] + [("", "configmaps", "patch")]
    answers = in_parallel([functools.partial(may, client, group, plural, verb, deadline) for group, plural, verb in wanted], deadline)
    missing: dict[str, list[str]] = {}
    for (group, plural, verb), allowed in zip(wanted, answers, strict=True):
        if not allowed:
            missing.setdefault(f"{plural}.{group}" if group else plural, []).append(verb)
    return [f"{'/'.join(verbs)} {name}" for name, verbs in missing.items()]
