# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What gates look at."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.view import endpoint_slices_path, ready_services
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.http import Client
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.deadline import Deadline


def endpoint_slice(*endpoints: dict[str, Any], **labels: str) -> dict[tuple[str, str], dict[str, Any]]:
    return {("n", "s-abc"): {"metadata": {"labels": labels or {"kubernetes.io/service-name": "s"}}, "endpoints": list(endpoints)}}


@pytest.mark.parametrize(
    ("slices", "expected"),
    [
        (endpoint_slice({"addresses": ["10.0.0.1"], "conditions": {"ready": True}}), {("n", "s")}),
        # Unset counts as ready.
        (endpoint_slice({"addresses": ["10.0.0.1"]}), {("n", "s")}),
        (endpoint_slice({"addresses": ["10.0.0.1"], "conditions": {"ready": False}}), set()),
        (endpoint_slice({"addresses": ["10.0.0.1"], "conditions": {"ready": False}}, {"addresses": ["10.0.0.2"]}), {("n", "s")}),
        (endpoint_slice({"addresses": []}), set()),
        (endpoint_slice(), set()),
        (endpoint_slice({"addresses": ["10.0.0.1"]}, made="by-hand"), set()),
        ({("n", "x"): {"metadata": {}, "endpoints": None}}, set()),
    ],
)
def test_services_with_a_ready_endpoint(slices: Any, expected: set[tuple[str, str]]) -> None:
    assert ready_services(slices) == expected


@pytest.mark.parametrize(("versions", "expected"), [(["v1"], "v1"), (["v1beta1"], "v1beta1"), (["v1beta1", "v1"], "v1")])
def test_old_servers_have_another_version_of_slices(versions: list[str], expected: str) -> None:
    class Server(Client):
        def __init__(self) -> None:
            """Without a connection."""

        def get(self, path: str, **_: Any) -> Any:
            return {"versions": [{"version": version} for version in versions]}

    assert endpoint_slices_path(Server(), Deadline(1)) == f"/apis/discovery.k8s.io/{expected}/endpointslices"
