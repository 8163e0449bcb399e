# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A list kept up to date, with a client that answers from scripts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.http import METADATA_LIST, METADATA_WATCH, ApiError, Client
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.watch import Reflector
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.deadline import Deadline

Thing = dict[str, Any]


def item(name: str, version: str, namespace: str = "n") -> Thing:
    return {"metadata": {"name": name, "namespace": namespace, "resourceVersion": version}}


def listed(*items: Thing, version: str = "1") -> Thing:
    return {"metadata": {"resourceVersion": version}, "items": list(items)}


class Scripted(Client):
    """Lists and watches in the order in which they are asked for. The last watch lasts until the end."""

    def __init__(self, lists: list[Thing | ApiError], watches: list[list[Thing] | ApiError]) -> None:
        self.lists, self.watches = lists, watches
        self.asked: list[tuple[str, str]] = []
        self.accepted: set[str] = set()
        self.over = threading.Event()

    def get(self, path: str, *, accept: str = "", **_: Any) -> Any:
        self.accepted.add(accept)
        self.asked.append(("list", ""))
        answer = self.lists.pop(0) if len(self.lists) > 1 else self.lists[0]
        if isinstance(answer, ApiError):
            raise answer
        return answer

    def watch(self, path: str, resource_version: str, *, accept: str = "", **_: Any) -> Iterator[Thing]:
        self.accepted.add(accept)
        self.asked.append(("watch", resource_version))
        if not self.watches:
            self.over.wait(10)
            return
        answer = self.watches.pop(0)
        if isinstance(answer, ApiError):
            raise answer
        yield from answer


@pytest.fixture
def follow() -> Iterator[Callable[..., Reflector]]:
    started: list[tuple[Scripted, Reflector]] = []

    def start(client: Scripted, **options: Any) -> Reflector:
        reflector = Reflector(client, "/path", lambda: None, **options)
        started.append((client, reflector))
        return reflector.start(Deadline(1))

    yield start
    for client, reflector in started:
        reflector.stop()
        client.over.set()


def until(condition: Callable[[], Any]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def names(reflector: Reflector) -> set[str]:
    return {name for _namespace, name in reflector.objects()}


def test_events_change_the_list(follow: Callable[..., Reflector]) -> None:
    events = [
        {"type": "ADDED", "object": item("b", "2")},
        {"type": "MODIFIED", "object": item("a", "3")},
        {"type": "DELETED", "object": item("b", "4")},
        {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "9"}}},
    ]
    client = Scripted([listed(item("a", "1"))], [events])
    reflector = follow(client)
    # Connected again where the bookmark says, since the first watch ended.
    until(lambda: ("watch", "9") in client.asked)
    assert client.asked == [("list", ""), ("watch", "1"), ("watch", "9")]
    assert reflector.objects() == {("n", "a"): item("a", "3")}


def test_a_version_that_is_too_old_is_listed_again(follow: Callable[..., Reflector]) -> None:
    client = Scripted([listed(item("a", "1")), listed(item("b", "5"), version="5")], [ApiError(410, "too old")])
    reflector = follow(client)
    until(lambda: names(reflector) == {"b"})
    until(lambda: client.asked[-1] == ("watch", "5"))


def test_a_collection_that_is_not_served_yet_is_looked_for(follow: Callable[..., Reflector]) -> None:
    client = Scripted([ApiError(404, "not found"), listed(item("a", "1"))], [])
    reflector = follow(client)
    until(lambda: names(reflector) == {"a"})
    until(lambda: client.asked == [("list", ""), ("list", ""), ("watch", "1")])


def test_a_collection_that_goes_away_takes_its_objects_with_it(follow: Callable[..., Reflector]) -> None:
    """Its CRD was deleted: what was seen of it is not there any more."""
    client = Scripted([listed(item("a", "1")), ApiError(404, "not found")], [ApiError(404, "not found")])
    reflector = follow(client)
    until(lambda: reflector.objects() == {})


def test_a_lost_connection_is_made_again_from_where_it_was(follow: Callable[..., Reflector]) -> None:
    client = Scripted([listed(item("a", "1"))], [ApiError(0, "lost"), [{"type": "ADDED", "object": item("b", "7")}]])
    reflector = follow(client)
    until(lambda: client.asked[-1] == ("watch", "7"))
    assert names(reflector) == {"a", "b"}


def test_watches_that_end_at_once_do_not_spin(follow: Callable[..., Reflector]) -> None:
    """Some proxies cut every watch."""
    client = Scripted([listed()], [[] for _ in range(1000)])
    follow(client)
    threading.Event().wait(0.5)
    assert 1 < len(client.asked) < 8


def test_the_first_list_has_to_come(follow: Callable[..., Reflector]) -> None:
    with pytest.raises(ApiError, match="forbidden"):
        follow(Scripted([ApiError(403, "forbidden")], []))


def test_names_only(follow: Callable[..., Reflector]) -> None:
    client = Scripted([listed()], [])
    follow(client, metadata_only=True)
    until(lambda: len(client.asked) == 2)
    assert client.accepted == {METADATA_LIST, METADATA_WATCH}
