# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The window of Kubernetes versions."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.http import Client
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.deadline import Deadline
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.run import preflight
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render.plan import Plan


class Server(Client):
    def __init__(self, version: str) -> None:
        self.version, self.host = version, "https://host"

    def get(self, path: str, **_: Any) -> Any:
        return {"gitVersion": self.version, "metadata": {"uid": "one"}}

    def read(self, path: str, **_: Any) -> Any:
        return {}, b""

    def request(self, method: str, path: str, **_: Any) -> Any:
        return {"status": {"allowed": True}}


@pytest.mark.parametrize(
    ("version", "oldest", "newest", "result"),
    [
        ("v1.34.4", "1.33", "", "pass"),
        ("v1.33.0-gke.1", "1.33", "1.33", "pass"),
        ("v1.9.0", "1.33", "", "fail"),
        ("v1.21.14+k3s1", "1.18", "1.21", "pass"),
        ("v1.22.0", "1.18", "1.21", "fail"),
        ("v1.100.0", "1.33", "1.99", "fail"),
        ("v1.5.0", "", "", "pass"),
    ],
)
def test_versions_are_numbers(version: str, oldest: str, newest: str, result: str) -> None:
    cluster, findings = preflight(
        Server(version), Plan("r", ()), kubernetes_min=oldest, kubernetes_max=newest, overridden=[], deadline=Deadline(1)
    )
    assert (cluster.host, cluster.uid) == ("https://host", "one")
    assert {finding.check: finding.result for finding in findings}["kubernetes_version"] == result
    assert all(bool(finding.remedy) == (finding.result != "pass") for finding in findings)
