# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A way to an API server on which things go wrong as they do in real life, and that remembers what was asked."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.http import ApiError, Client


@dataclass(eq=False)
class Request:
    """One request; C(status) is what the API server or the fault answered, 0 for none."""

    at: float
    method: str
    path: str
    query: dict[str, str]
    status: int = 0

    @property
    def watch(self) -> bool:
        return self.query.get("watch") == "1"


@dataclass(frozen=True)
class Refuse:
    """Answer without asking the API server."""

    status: int
    message: str = "out of order"
    retry_after: int | None = None


@dataclass(frozen=True)
class End:
    """Answer a watch with these events, and end it."""

    events: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Cut:
    """Close the connection; C(after) the API server has done what was asked."""

    after: bool = False


@dataclass(frozen=True)
class Do:
    """Do something, then let the request pass, or not."""

    what: Callable[[], Any]
    then: Refuse | End | Cut | None = None


Fault = Refuse | End | Cut | Do
GONE = {"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old resource version"}}


class Rule:
    """Faults for requests that match: the first gets the first of them, and so on; the last one again and again when C(forever).

    C(each): counted for each path and method alone.
    """

    def __init__(self, matches: Callable[[Request], bool], *faults: Fault | None, each: bool = False, forever: bool = False) -> None:
        self._matches, self._faults, self._each, self._forever = matches, faults, each, forever
        self._taken: dict[tuple[str, str, bool], int] = {}
        self._lock = threading.Lock()

    def take(self, request: Request) -> Fault | None:
        if not self._matches(request):
            return None
        subject = (request.method, request.path, request.watch) if self._each else ("", "", False)
        with self._lock:
            number = self._taken[subject] = self._taken.get(subject, 0) + 1
        if number <= len(self._faults):
            return self._faults[number - 1]
        return self._faults[-1] if self._forever else None

    @property
    def over(self) -> bool:
        """Whether all faults have been met."""
        return any(taken >= len(self._faults) for taken in self._taken.values())


class FaultyProxy:
    """Plain HTTP on loopback in front of C(client)'s API server, with its credentials."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.rules: list[Rule] = []
        self.seen: list[Request] = []
        proxy = self

        class Handler(_Handler):
            def handle_one(self) -> None:
                proxy.handle(self)

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> FaultyProxy:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def add(self, matches: Callable[[Request], bool], *faults: Fault | None, each: bool = False, forever: bool = False) -> Rule:
        rule = Rule(matches, *faults, each=each, forever=forever)
        self.rules.append(rule)
        return rule

    def asked(self, matches: Callable[[Request], bool]) -> list[Request]:
        return [request for request in list(self.seen) if matches(request)]

    def handle(self, handler: _Handler) -> None:
        content = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        url = urlsplit(handler.path)
        request = Request(time.monotonic(), handler.command, url.path, dict(parse_qsl(url.query, keep_blank_values=True)))
        self.seen.append(request)
        fault = next((fault for rule in self.rules if (fault := rule.take(request))), None)
        if isinstance(fault, Do):
            fault.what()
            fault = fault.then
        if isinstance(fault, Refuse):
            request.status = fault.status
            headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
            handler.answer(fault.status, json.dumps({"kind": "Status", "message": fault.message}).encode(), headers)
        elif isinstance(fault, End):
            request.status = 200
            handler.stream(json.dumps(event).encode() + b"\n" for event in fault.events)
        elif isinstance(fault, Cut) and not fault.after:
            handler.close_connection = True
        else:
            self._forward(handler, request, json.loads(content) if content else None, lose=isinstance(fault, Cut))

    def _forward(self, handler: _Handler, request: Request, body: Any, *, lose: bool) -> None:
        sent_as, wanted = handler.headers.get("Content-Type", ""), handler.headers.get("Accept", "")
        try:
            response = self.client._send(request.method, request.path, request.query, body, sent_as, wanted, 300.0)
        except ApiError:
            handler.close_connection = True
            return
        with contextlib.closing(response):
            if request.watch and response.status == 200:
                request.status = 200
                handler.stream(response.stream(2**16))
                return
            content = response.read()
            request.status = response.status
            if lose:
                handler.close_connection = True
            else:
                handler.answer(
                    response.status, content, {name: response.headers[name] for name in ("Retry-After",) if name in response.headers}
                )


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_about: Any) -> None:
        """Clients that are killed are what this is for."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and content in one segment.
    wbufsize = -1

    def handle_one(self) -> None:
        raise NotImplementedError

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._quietly
        raise AttributeError(name)

    def _quietly(self) -> None:
        # The client may have gone, and so may the API server.
        try:
            self.handle_one()
        except Exception:
            self.close_connection = True

    def answer(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    def stream(self, chunks: Iterator[bytes]) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
        for chunk in chunks:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()

    def log_message(self, *_arguments: Any) -> None:
        """Says nothing."""
