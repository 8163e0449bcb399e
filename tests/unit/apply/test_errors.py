# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a refusal means."""

from __future__ import annotations

import pytest

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.errors import explain, field_managers, may_pass_later
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.http import ApiError

CONFLICT = ({"reason": "FieldManagerConflict", "message": 'conflict with "kubectl" using v1', "field": ".data.a"},)


@pytest.mark.parametrize(
    ("error", "later"),
    [
        (ApiError(0, "no answer from https://x: refused"), True),
        (ApiError(429, "too many requests"), True),
        (ApiError(503, "etcd has no leader"), True),
        (ApiError(500, "etcdserver: request timed out"), True),
        (ApiError(500, 'Internal error occurred: failed calling webhook "w": no endpoints available for service "s"'), True),
        (ApiError(500, "conversion webhook for example.com/v1, Kind=X failed: refused"), True),
        (ApiError(500, "conversion webhook for example.com/v1, Kind=X returned invalid metadata: Required value <nil>"), True),
        (ApiError(500, "failed to create typed patch object (n/x; apps/v1, Kind=Deployment): .spec.replcas: field not declared"), False),
        (ApiError(403, 'admission webhook "w" denied the request: no'), False),
        (ApiError(400, 'admission webhook "w" denied the request: no'), False),
        (ApiError(422, "spec.accessModes: Unsupported value"), False),
        (ApiError(404, "the server could not find the requested resource"), True),
        (ApiError(404, 'namespaces "x" not found'), False),
        (ApiError(409, "the object has been modified"), True),
        (ApiError(409, "Apply failed with 1 conflict", "Conflict", CONFLICT), False),
        (ApiError(403, "forbidden: unable to create new content in namespace x because it is being terminated"), True),
        (ApiError(403, 'pods "x" is forbidden: error looking up service account n/default: not found'), True),
        (ApiError(403, "forbidden: exceeded quota"), False),
        (ApiError(401, "Unauthorized"), False),
    ],
)
def test_what_may_pass_later(error: ApiError, later: bool) -> None:
    assert may_pass_later(error) is later


def test_a_webhook_that_cannot_be_called_is_not_for_the_client_to_wait_for() -> None:
    assert not ApiError(500, "failed calling webhook").transient


def test_words() -> None:
    conflict = ApiError(409, "Apply failed with 1 conflict", "Conflict", (*CONFLICT, *CONFLICT))
    assert field_managers(conflict) == ["kubectl"]
    assert "Fields are held by kubectl; to take them over set force_conflicts: true" in explain(conflict)
    assert "not accepted" in explain(ApiError(401, ""))
    assert explain(ApiError(404, 'namespaces "x" not found')).endswith("it is neither on the cluster nor in the plan")
    fixed = "spec: Forbidden: spec is immutable after creation except resources.requests for bound claims"
    assert explain(ApiError(422, fixed)).startswith(f"{fixed}. This cannot be changed on a live object: take the setting back")
    assert explain(ApiError(422, "as it is")) == "as it is"
