# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Holding the Lease through an API server that is away, with a client that plays one."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client import lease as lease_module
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.http import ApiError, Client
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.lease import Lease
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.deadline import Deadline

Thing = dict[str, Any]


class Server(Client):
    """Keeps one Lease, and can be away."""

    def __init__(self) -> None:
        self.live: Thing = {}
        self.away = False

    def get(self, path: str, *, deadline: Deadline | None = None, **_: Any) -> Any:
        if not self.live:
            raise ApiError(404, "not found")
        return copy.deepcopy(self.live)

    def request(self, method: str, path: str, *, body: Any = None, deadline: Deadline | None = None, **_: Any) -> Any:
        while self.away:
            if deadline is None or not deadline.wait(0.01):
                raise ApiError(0, "no answer")
        if self.live and body["metadata"].get("resourceVersion") != self.live["metadata"]["resourceVersion"]:
            raise ApiError(409, "the object has been modified")
        self.write(body)
        return copy.deepcopy(self.live)

    def write(self, body: Thing) -> None:
        version = str(int((self.live.get("metadata") or {}).get("resourceVersion", "0")) + 1)
        self.live = copy.deepcopy(body)
        self.live["metadata"]["resourceVersion"] = version


def until(condition: Callable[[], Any]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    monkeypatch.setattr(lease_module, "DURATION_SECONDS", 1)
    monkeypatch.setattr(lease_module, "_RENEW_SECONDS", 0.05)
    return Server()


def test_an_api_server_that_is_away_suspends_and_does_not_lose_it(server: Server) -> None:
    lost: list[str] = []
    lease = Lease(server, "n", "run", "me", lost.append)
    lease.acquire(Deadline(5))
    assert lease.held
    server.away = True
    until(lambda: not lease.held)
    assert not lost
    server.away = False
    until(lambda: lease.held)
    assert not lost
    lease.release()
    assert server.live["spec"]["holderIdentity"] == ""


def test_it_is_given_up_while_the_api_server_is_away(server: Server) -> None:
    """Who is interrupted does not wait until it is back."""
    lost: list[str] = []
    lease = Lease(server, "n", "run", "me", lost.append)
    lease.acquire(Deadline(5))
    server.away = True
    until(lambda: not lease.held)
    lease.release()
    assert not lost


def test_it_is_lost_to_who_took_it_meanwhile(server: Server) -> None:
    lost: list[str] = []
    lease = Lease(server, "n", "run", "me", lost.append)
    lease.acquire(Deadline(5))
    server.away = True
    until(lambda: not lease.held)
    server.write({**server.live, "spec": {**server.live["spec"], "holderIdentity": "thief"}})
    server.away = False
    until(lambda: lost)
    assert lost == ["another run took the Lease"]
    lease.release()
    assert server.live["spec"]["holderIdentity"] == "thief"
