"""What the credentials may do; with real credentials in tests/integration/test_preflight.py."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.http import ApiError, Client
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.deadline import Deadline
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.run import preflight
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render.plan import Plan


class Server(Client):
    def __init__(self, refusal: ApiError) -> None:
        self.refusal, self.host = refusal, "https://host"

    def get(self, path: str, **_: Any) -> Any:
        return {"gitVersion": "v1.34.4", "metadata": {"uid": "one"}}

    def read(self, path: str, **_: Any) -> Any:
        return {}, b""

    def request(self, method: str, path: str, **_: Any) -> Any:
        raise self.refusal


@pytest.mark.parametrize(
    ("refusal", "remedy"),
    [
        (ApiError(401, "Unauthorized"), "Check that the credentials are of this cluster and not expired."),
        (
            ApiError(500, 'Internal error occurred: failed calling webhook "all.example.com": no endpoints available'),
            'failed calling webhook "all.example.com" refuses the question, whoever asks it: mend or remove it.',
        ),
        (
            ApiError(403, "forbidden: ValidatingAdmissionPolicy 'locked' with binding 'locked' denied request"),
            "ValidatingAdmissionPolicy 'locked' refuses the question, whoever asks it: mend or remove it.",
        ),
    ],
)
def test_the_credentials_are_not_blamed_for_a_strangers_refusal(refusal: ApiError, remedy: str) -> None:
    _cluster, findings = preflight(
        Server(refusal), Plan("r", ()), kubernetes_min="", kubernetes_max="", overridden=[], deadline=Deadline(1)
    )
    (failed,) = [finding for finding in findings if finding.result == "fail"]
    assert (failed.check, failed.remedy) == ("rights", f"{remedy} To go on all the same: overrides: [rights]")
    assert refusal.message in failed.message
