"""Parts that the cluster has from elsewhere; with real ones in tests/integration/test_provided.py."""

from __future__ import annotations

from typing import Any

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.http import Client
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.deadline import Deadline
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.check import CHECKS, Question
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.run import preflight
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render.plan import Part, Plan


class Empty(Client):
    """A cluster with nothing on it."""

    def __init__(self) -> None:
        self.host = "https://host"

    def get(self, path: str, **_: Any) -> Any:
        if path == "/apis/discovery.k8s.io":
            return {"versions": [{"version": "v1"}]}
        return {"items": [], "gitVersion": "v1.34.4", "metadata": {"uid": "one"}}

    def read(self, path: str, **_: Any) -> Any:
        return {}, b""

    def request(self, method: str, path: str, **_: Any) -> Any:
        return {"status": {"allowed": True}}


def test_nothing_is_asked_when_no_part_is_provided() -> None:
    assert CHECKS["provided_parts"].run(Question(Empty(), Plan("r", ()), Deadline(1), "v1.34.4")) is None


def test_what_is_missing_is_named_by_part() -> None:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "istio-system"}}
    plan = Plan("r", (), (Part("istio", (namespace,)),))
    for overridden, result in (([], "fail"), (["provided_parts"], "warn")):
        _cluster, findings = preflight(Empty(), plan, kubernetes_min="", kubernetes_max="", overridden=overridden, deadline=Deadline(1))
        (found,) = [finding for finding in findings if finding.check == "provided_parts"]
        assert found.result == result
        assert "istio: no Namespace istio-system" in found.message
