# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the credentials may do, as the API server says it."""

from __future__ import annotations

from .._common.deadline import Deadline
from .http import Client

_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


def may(client: Client, group: str, resource: str, verb: str, deadline: Deadline) -> bool:
    """Whether they may do something with a resource (its plural) in all namespaces; C(*) means all groups, resources or verbs.

    :raises ApiError: when the API server does not say.
    """
    attributes = {"group": group, "resource": resource, "verb": verb}
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": {"resourceAttributes": attributes}}
    answer = client.request("POST", _REVIEWS, body=body, deadline=deadline)
    return bool(answer["status"]["allowed"])
