# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the credentials may do, as the API server says it."""

from __future__ import annotations

import functools
from collections.abc import Iterable

from .._common.deadline import Deadline
from .._objects.objects import group_resource
from .http import Client
from .parallel import in_parallel

_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


def may(client: Client, group: str, resource: str, verb: str, deadline: Deadline) -> bool:
    """Whether they may do something with a resource (its plural) in all namespaces; C(*) means all groups, resources or verbs.

    :raises ApiError: when the API server does not say.
    """
    attributes = {"group": group, "resource": resource, "verb": verb}
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": {"resourceAttributes": attributes}}
    answer = client.request("POST", _REVIEWS, body=body, deadline=deadline)
    return bool(answer["status"]["allowed"])


def denied(client: Client, wanted: Iterable[tuple[str, str, str]], deadline: Deadline) -> list[str]:
    """What they may not of these (group, plural and verb), like C(delete/watch deployments.apps).

    :raises ApiError: when the API server does not say.
    """
    wanted = list(wanted)
    answers = in_parallel([functools.partial(may, client, group, plural, verb, deadline) for group, plural, verb in wanted], deadline)
    missing: dict[str, list[str]] = {}
    for (group, plural, verb), allowed in zip(wanted, answers, strict=True):
        if not allowed:
            missing.setdefault(group_resource(group, plural), []).append(verb)
    return [f"{'/'.join(verbs)} {name}" for name, verbs in missing.items()]
