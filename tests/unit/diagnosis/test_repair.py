# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Repairs on an API server that does not do all of them."""

from __future__ import annotations

from typing import Any, cast

import pytest
from diagnosis.world import World

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.http import ApiError
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.http import Client as RealClient
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.lease import Lease, LeaseHeldError
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.deadline import Deadline
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._diagnosis.repair import Repair, Repaired, repair


class Client:
    """Refuses to change what is named; all else is there and free."""

    def __init__(self, refused: str = "") -> None:
        self.refused = refused
        self.changed: list[str] = []
        self.given_back = False

    def get(self, path: str, **_more: Any) -> dict[str, Any]:
        if path.endswith("/leases/run"):
            raise ApiError(404, "not found")
        return {"metadata": {}}

    def request(self, method: str, path: str, *, body: dict[str, Any], **_more: Any) -> dict[str, Any]:
        if "/leases" in path:
            self.given_back = method == "PUT" and body["spec"]["holderIdentity"] == ""
            return body
        if self.refused and path.endswith(self.refused):
            raise ApiError(403, f'deployments.apps "{self.refused}" is forbidden: you may not patch it')
        self.changed.append(path)
        return {}


def repaired(client: Client) -> Repaired:
    world = World()
    wanted = [Repair("restart", world.workload(name), "create_back_off") for name in ("first", "second", "third")]
    return repair(cast(RealClient, client), wanted, world.evidence(), None, "manager", Deadline(5))


def test_what_is_refused_is_said_and_the_others_are_done() -> None:
    client = Client("second")
    found = repaired(client)
    assert found.done == ["Deployment kubeflow/first: started anew", "Deployment kubeflow/third: started anew"]
    assert found.left == ['Deployment kubeflow/second: not started anew: deployments.apps "second" is forbidden: you may not patch it']
    assert len(client.changed) == 2
    assert client.given_back


@pytest.mark.parametrize("error", [LeaseHeldError("me@host is at work"), ApiError(403, "me@host is at work")])
def test_while_another_run_is_at_work_nothing_is_repaired_and_each_is_said(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def held(_lease: Lease, *_given: Any) -> bool:
        raise error

    monkeypatch.setattr(Lease, "acquire", held)
    client = Client()
    found = repaired(client)
    assert found.done == client.changed == []
    assert found.left == [f"Deployment kubeflow/{name}: not started anew: me@host is at work" for name in ("first", "second", "third")]
