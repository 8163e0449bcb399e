# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Requests and what comes back, with a pool that answers from a list."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import urllib3

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.http import ApiError, Client
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.deadline import Deadline


class Response:
    def __init__(self, status: int, content: Any = b"", headers: dict[str, str] | None = None) -> None:
        self.status, self.headers = status, headers or {}
        self.content = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.closed = False

    def read(self) -> bytes:
        return self.content

    def stream(self, _size: int, *, decode_content: bool) -> Iterator[bytes]:
        # In pieces that end anywhere.
        for start in range(0, len(self.content), 7):
            yield self.content[start : start + 7]

    def close(self) -> None:
        self.closed = True


class Pool:
    def __init__(self, *answers: Response | Exception) -> None:
        self.answers, self.requests = list(answers), list[dict[str, Any]]()

    def request(self, method: str, url: str, **options: Any) -> Any:
        self.requests.append({"method": method, "url": url, **options})
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def client(*answers: Response | Exception) -> tuple[Client, Pool]:
    pool = Pool(*answers)
    tokens = iter(["first", "second", "third"])
    return Client(pool, "https://host:6443/", lambda: [("authorization", f"Bearer {next(tokens)}")]), pool


def status(code: int, message: str, **more: Any) -> dict[str, Any]:
    return {"kind": "Status", "code": code, "message": message, **more}


def test_a_request_and_its_answer() -> None:
    one, pool = client(Response(200, {"a": 1}))
    assert one.request("PATCH", "/api/v1/x", query={"force": "true"}, body={"b": 2}, content_type="text/x") == {"a": 1}
    (sent,) = pool.requests
    assert (sent["method"], sent["url"]) == ("PATCH", "https://host:6443/api/v1/x?force=true")
    assert json.loads(sent["body"]) == {"b": 2}
    assert sent["headers"]["Content-Type"] == "text/x"
    assert sent["headers"]["authorization"] == "Bearer first"


def test_every_request_asks_for_its_token() -> None:
    """They expire."""
    one, pool = client(Response(200), Response(200))
    assert one.get("/a") is None
    one.get("/b")
    assert [sent["headers"]["authorization"] for sent in pool.requests] == ["Bearer first", "Bearer second"]


def test_a_refusal_carries_the_servers_words() -> None:
    causes = [{"reason": "FieldManagerConflict", "message": "m"}]
    one, _ = client(Response(409, status(409, "no", reason="Conflict", details={"causes": causes})))
    with pytest.raises(ApiError) as raised:
        one.get("/a")
    assert (raised.value.status, raised.value.message, raised.value.reason) == (409, "no", "Conflict")
    assert raised.value.causes == tuple(causes)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Response(502, b"<html>bad gateway</html>"), "<html>bad gateway</html>"),
        (Response(500), "HTTP 500"),
        (Response(400, [1]), "[1]"),
        (Response(302, b""), "HTTP 302"),
        (Response(200, b"<html>Log in</html>"), "https://host:6443 does not answer like a Kubernetes API server: <html>Log in"),
        (urllib3.exceptions.ReadTimeoutError(None, "", "timed out"), "no answer from https://host:6443"),  # type: ignore[arg-type]
        (FileNotFoundError("cert.pem"), "no answer from https://host:6443: cert.pem"),
    ],
)
def test_what_is_no_answer_of_an_api_server(answer: Response | Exception, words: str) -> None:
    one, _ = client(answer)
    with pytest.raises(ApiError) as raised:
        one.get("/a")
    assert words in raised.value.message


def test_what_is_transient_is_tried_again_until_the_deadline_and_nothing_else_is() -> None:
    one, pool = client(Response(503, status(503, "later", details={"retryAfterSeconds": 0.01})), Response(429), Response(200, {"a": 1}))
    assert one.get("/a", deadline=Deadline(5)) == {"a": 1}
    assert len(pool.requests) == 3
    for code, tries in ((404, 1), (503, 1)):
        one, pool = client(*(Response(code) for _ in range(3)))
        with pytest.raises(ApiError):
            one.get("/a", deadline=Deadline(5) if code == 404 else None)
        assert len(pool.requests) == tries


def test_what_is_no_json_can_be_read_as_it_is_with_its_headers() -> None:
    one, pool = client(
        Response(200, b"a log\n", headers={"Date": "Wed, 21 Oct 2026 07:28:00 GMT"}), Response(403, status(403, "you may not"))
    )
    headers, content = one.read("/a/log", query={"tailLines": 3})
    assert (headers["Date"], content) == ("Wed, 21 Oct 2026 07:28:00 GMT", b"a log\n")
    assert pool.requests[0]["url"] == "https://host:6443/a/log?tailLines=3"
    with pytest.raises(ApiError) as raised:
        one.read("/a/log", deadline=Deadline(5))
    assert (raised.value.status, raised.value.message) == (403, "you may not")
    over = Deadline(0)
    with pytest.raises(ApiError):
        one.read("/a/log", deadline=over)
    assert len(pool.requests) == 2


def test_retry_after_does_not_outlast_the_deadline() -> None:
    one, _ = client(Response(429, headers={"Retry-After": "60"}))
    started = time.monotonic()
    with pytest.raises(ApiError):
        one.get("/a", deadline=Deadline(0.1))
    assert time.monotonic() - started < 30


@pytest.mark.parametrize("value", ["Wed, 21 Oct 2026 07:28:00 GMT", ""])
def test_a_retry_after_that_is_a_date_is_left(value: str) -> None:
    one, _ = client(Response(429, headers={"Retry-After": value}))
    with pytest.raises(ApiError) as raised:
        one.get("/a")
    assert raised.value.retry_after is None


def event(kind: str, version: str) -> bytes:
    return json.dumps({"type": kind, "object": {"metadata": {"name": "ä", "resourceVersion": version}}}).encode() + b"\n"


def test_a_watch_gives_events_until_it_ends() -> None:
    response = Response(200, event("ADDED", "2") + event("MODIFIED", "3"))
    one, pool = client(response)
    assert [found["object"]["metadata"]["resourceVersion"] for found in one.watch("/a", "1", query={"fieldSelector": "x=y"})] == ["2", "3"]
    assert "resourceVersion=1" in pool.requests[0]["url"] and "fieldSelector=x%3Dy" in pool.requests[0]["url"]
    assert response.closed


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Response(200, json.dumps({"type": "ERROR", "object": status(410, "too old")}).encode() + b"\n"), 410),
        (Response(410, status(410, "too old")), 410),
        (Response(200, event("ADDED", "2") + b"<html>\n"), 0),
        (Response(200, b'{"other": 1}\n'), 0),
    ],
)
def test_a_watch_that_breaks_is_an_api_error(answer: Response, code: int) -> None:
    one, _ = client(answer)
    with pytest.raises(ApiError) as raised:
        list(one.watch("/a", "1"))
    assert raised.value.status == code


@pytest.mark.parametrize(("left", "read"), [(1000, 60), (5, 5), (None, 60)])
def test_an_answer_is_not_waited_for_longer_than_the_deadline(left: float | None, read: float) -> None:
    one, pool = client(Response(200, {}))
    one.get("/api", deadline=None if left is None else Deadline(left))
    timeout = pool.requests[0]["timeout"]
    assert read - 1 < timeout.read_timeout <= read
    assert timeout.connect_timeout <= min(10, read)


def test_refused_credentials_are_shown_once_more_when_there_are_others() -> None:
    refused: list[Any] = []
    tokens = iter(["old", "new", "new"])
    pool = Pool(Response(401, status(401, "Unauthorized")), Response(200, {"a": 1}))

    def renew(headers: Any) -> bool:
        refused.append(headers)
        return True

    one = Client(pool, "https://host", lambda: [("authorization", next(tokens))], renew=renew)
    assert one.get("/a") == {"a": 1}
    assert refused == [[("authorization", "old")]]
    assert [request["headers"]["authorization"] for request in pool.requests] == ["old", "new"]
    pool.answers = [Response(401, status(401, "Unauthorized"))]
    without = Client(pool, "https://host", lambda: [("authorization", "old")])
    with pytest.raises(ApiError, match="Unauthorized"):
        without.get("/a")


def test_a_header_that_comes_several_times_is_sent_so() -> None:
    pool = Pool(Response(200, {}))
    Client(pool, "https://host", lambda: [("Impersonate-Group", "a"), ("Impersonate-Group", "b")]).get("/a")
    assert pool.requests[0]["headers"].getlist("impersonate-group") == ["a", "b"]


@pytest.mark.parametrize(("code", "transient"), [(407, False), (403, False), (502, True), (503, True)])
def test_the_word_of_a_proxy(code: int, transient: bool) -> None:
    """It is named; and what it will say the next time too is not tried again."""
    refusal = urllib3.exceptions.ProxyError("Unable to connect to proxy", OSError(f"Tunnel connection failed: {code} Words"))
    one = Client(Pool(refusal), "https://host", lambda: [], via="http://proxy:3128")
    with pytest.raises(ApiError) as raised:
        one.get("/a")
    assert raised.value.message.startswith("no answer from https://host through the proxy http://proxy:3128: ")
    assert ("It wants a user and a password" in raised.value.message) == (code == 407)
    assert raised.value.transient is transient
