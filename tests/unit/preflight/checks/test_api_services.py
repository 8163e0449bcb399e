# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Aggregated APIs."""

from __future__ import annotations

from typing import Any

import pytest
from checked import found, thing

SERVICES = "apiservices.apiregistration.k8s.io"


def service(available: str, group: str = "metrics.k8s.io") -> dict[str, Any]:
    status = {"conditions": [{"type": "Available", "status": available, "message": "no endpoints"}]}
    return thing("APIService", f"v1.{group}", spec={"group": group}, status=status)


@pytest.mark.parametrize(
    ("there", "result"),
    [
        ([], "pass"),
        ([service("True")], "pass"),
        ([service("Unknown")], "pass"),
        ([service("False")], "warn"),
        ([service("False", "a.b")], "fail"),
    ],
)
def test_one_that_does_not_answer(there: list[dict[str, Any]], result: str) -> None:
    answer = found("api_services", thing("A", "a", api="a.b/v1"), found={SERVICES: there})
    assert answer.result == result
    assert ("kubectl delete apiservice" in answer.remedy) == (result != "pass")
