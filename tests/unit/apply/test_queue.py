# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Requests on their way."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.queue import Requests
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.http import ApiError


class Server:
    """Holds every request until it may go."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.open = threading.Event()

    def send(self, subject: str) -> str:
        self.open.wait(10)
        self.sent.append(subject)
        if subject == "defect":
            raise KeyError(subject)
        if subject == "refused":
            raise ApiError(403, "no")
        return subject.upper()


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def requests(server: Server) -> Iterator[Requests[str]]:
    made: Requests[str] = Requests(server.send, 1)
    yield made
    server.open.set()
    made.stop()


def answer(requests: Requests[str]) -> tuple[str, Any]:
    found = requests.next(10)
    while found is None:
        found = requests.next(10)
    return found


def test_lower_priorities_go_first_and_equals_in_order(server: Server, requests: Requests[str]) -> None:
    for subject, priority in (("c", 2), ("a", 0), ("d", 2), ("b", 1)):
        requests.put(subject, priority)
    server.open.set()
    requests.start()
    assert [answer(requests) for _number in range(4)] == [("a", "A"), ("b", "B"), ("c", "C"), ("d", "D")]
    assert requests.in_flight == set()


@pytest.mark.parametrize(("subject", "words"), [("refused", "no"), ("defect", "KeyError: 'defect'")])
def test_a_refusal_and_a_defect_are_answers(server: Server, requests: Requests[str], subject: str, words: str) -> None:
    server.open.set()
    requests.start()
    requests.put(subject, 0)
    found = answer(requests)[1]
    assert isinstance(found, ApiError)
    assert found.message == words


def test_what_is_paused_goes_when_it_is_due_unless_it_is_dropped(server: Server, requests: Requests[str]) -> None:
    server.open.set()
    requests.start()
    requests.put("later", 0, pause=0.05)
    requests.put("never", 0, pause=3600)
    assert requests.in_flight == {"later", "never"}
    assert answer(requests) == ("later", "LATER")
    requests.drop_paused()
    assert requests.in_flight == set()
    assert requests.next(0.01) is None


def test_waking_ends_the_wait_and_is_seen_once_all_answers_are_taken(server: Server, requests: Requests[str]) -> None:
    requests.wake()
    requests.wake()
    assert not requests.woken
    assert requests.next(10) is None
    assert requests.woken
    requests.sleep_again()
    assert not requests.woken
