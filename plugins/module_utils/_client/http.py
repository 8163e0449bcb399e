# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""HTTP to a Kubernetes API server.

Requests go as plain JSON, since building the C(kubernetes) package's model objects for hundreds of manifests costs more than
the API server's own work.
"""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any, Protocol
from urllib.parse import urlencode

try:
    import urllib3
except ImportError:  # the modules that talk to a cluster ask for it, see _common/requirements
    urllib3 = None  # type: ignore[assignment]

from .._common.deadline import Deadline

_APPLY_PATCH = "application/apply-patch+yaml"
_METADATA = "application/json;as={};g=meta.k8s.io;v=v1"
METADATA_LIST, METADATA_WATCH = _METADATA.format("PartialObjectMetadataList"), _METADATA.format("PartialObjectMetadata")
"""What to accept to get names without contents."""
# A LIST of all CRDs of a large cluster takes the API server some seconds.
_READ_SECONDS = 60.0
_CONNECT_SECONDS = 10.0
_WATCH_SECONDS = 240
# Internal errors by their code only: webhooks, and an object that does not fit its kind's schema (structured-merge-diff).
_LASTING = re.compile(r"webhook|failed to create (typed patch|typed live|manager for existing)")
# apiserver/pkg/admission: what an API server says (403) between its start and the moment when it has read what it judges by.
_STARTING = "not yet ready to handle request"
# It knows neither accounts nor roles until it has read them, and refuses those whom it will grant everything.
_STARTING_SECONDS = 10.0
NO_CREDENTIALS = "NoCredentials"
"""Reason of an C(ApiError) whose request was never sent, since there are no credentials any more."""
# http.client's words for the refusal of a proxy.
_TUNNEL = re.compile(r"Tunnel connection failed: (\d+)")
_PROXY_LOGIN = (
    "It wants a user and a password, or other ones: http://<user>:<password>@<proxy> in HTTPS_PROXY, or in the kubeconfig's proxy-url"
)


class ApiError(Exception):
    """The API server refused a request.

    Attributes follow C(metav1.Status): C(status) is the HTTP code (0 when there was no answer), C(reason) and
    C(message) the server's words, C(causes) its list of details, C(retry_after) in seconds when the server gave one.
    C(starting): it gave no answer at all a moment ago.
    """

    def __init__(
        self,
        status: int,
        message: str,
        reason: str = "",
        causes: tuple[Mapping[str, Any], ...] = (),
        retry_after: float | None = None,
        starting: bool = False,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.reason = reason
        self.causes = causes
        self.retry_after = retry_after
        self.starting = starting

    @property
    def transient(self) -> bool:
        """Whether the same request may succeed a moment later, whoever sends it.

        A webhook that cannot be called is not counted: that ends when its server comes up, which can take minutes.
        """
        if self.status in (0, 429, 502, 503, 504):
            return True
        if self.status in (401, 403):
            return self.starting or _STARTING in self.message
        return self.status == 500 and not _LASTING.search(self.message)


class Pool(Protocol):
    """The part of C(urllib3.PoolManager) that is used."""

    def request(self, method: str, url: str, **options: Any) -> Any: ...


class Client:
    """Requests to one API server; safe to use from many threads.

    :arg authenticate: gives the authentication headers for the next request; asked every time since tokens expire.
    :arg renew: told headers that were answered with 401; whether there are others now.
    :arg via: the proxy on the way, for messages.
    """

    def __init__(
        self,
        pool: Pool,
        host: str,
        authenticate: Callable[[], Sequence[tuple[str, str]]],
        *,
        renew: Callable[[Sequence[tuple[str, str]]], bool] = lambda refused: False,
        via: str = "",
    ) -> None:
        self.host = host.rstrip("/")
        self._pool = pool
        self._authenticate, self._renew, self._via = authenticate, renew, via
        self._lost = float("-inf")
        """When there was no answer last."""

    def get(
        self, path: str, *, query: Mapping[str, Any] | None = None, accept: str = "application/json", deadline: Deadline | None = None
    ) -> Any:
        """GET, decoded. With a deadline, what is transient is tried again until then."""
        return self.request("GET", path, query=query, accept=accept, deadline=deadline)

    def read(
        self, path: str, *, query: Mapping[str, Any] | None = None, deadline: Deadline | None = None
    ) -> tuple[Mapping[str, str], bytes]:
        """GET of what need not be JSON, like a log: the answer's headers, and its content as it is. It is asked for once.

        :raises ApiError: as C(request).
        """
        if deadline is not None and deadline.expired:
            raise ApiError(0, deadline.reason)
        return self._answer("GET", path, query, None, "", "*/*", _answer_seconds(deadline))

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        content_type: str = "application/json",
        accept: str = "application/json",
        deadline: Deadline | None = None,
    ) -> Any:
        """Send one request and decode the answer.

        :raises ApiError: when it was refused, or stayed without an answer until the deadline. When that is over before, nothing is sent.
        """
        if deadline is not None and deadline.expired:
            raise ApiError(0, deadline.reason)
        pause = 0.2
        while True:
            try:
                return self._once(method, path, query, body, content_type, accept, _answer_seconds(deadline))
            except ApiError as error:
                if deadline is None or not error.transient:
                    raise
                # Full jitter, so that many threads do not come back together.
                if not deadline.wait(error.retry_after or random.uniform(pause / 2, pause)):
                    raise
                pause = min(pause * 2, 5.0)

    def _once(
        self, method: str, path: str, query: Mapping[str, Any] | None, body: Any, content_type: str, accept: str, read_seconds: float
    ) -> Any:
        _headers, content = self._answer(method, path, query, body, content_type, accept, read_seconds)
        try:
            return json.loads(content) if content else None
        except ValueError as error:
            raise ApiError(200, f"{self.host} does not answer like a Kubernetes API server: {_excerpt(content)}") from error

    def _answer(
        self, method: str, path: str, query: Mapping[str, Any] | None, body: Any, content_type: str, accept: str, read_seconds: float
    ) -> tuple[Mapping[str, str], bytes]:
        with closing(self._send(method, path, query, body, content_type, accept, read_seconds)) as response:
            try:
                content: bytes = response.read()
            except urllib3.exceptions.HTTPError as error:
                raise self._unanswered(error) from error
        # Redirects are not followed: an API server sends none, a login page does.
        if response.status >= 300:
            raise self._refused(response.status, response.headers, content)
        return response.headers, content

    def apply(
        self,
        path: str,
        body: Mapping[str, Any],
        *,
        manager: str,
        force: bool = False,
        dry_run: bool = False,
        deadline: Deadline | None = None,
    ) -> Any:
        """Server-side apply of one object; the answer is the object as it is, or with C(dry_run) as it would be.

        :arg manager: field manager, under which the API server records what is declared.
        :arg force: take fields over that another manager holds with another value.
        :raises ApiError: as C(request).
        """
        query = {"fieldManager": manager, "force": "true" if force else "false", **({"dryRun": "All"} if dry_run else {})}
        return self.request("PATCH", path, query=query, body=body, content_type=_APPLY_PATCH, deadline=deadline)

    def watch(
        self, path: str, resource_version: str, *, query: Mapping[str, Any] | None = None, accept: str = "application/json"
    ) -> Iterator[dict[str, Any]]:
        """Events from C(resource_version) on, until the server ends the watch.

        :raises ApiError: with status 410 when that version is too old and the list has to be read again.
        """
        options = {
            **(query or {}),
            "watch": "1",
            "resourceVersion": resource_version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": _WATCH_SECONDS,
        }
        with closing(self._send("GET", path, options, None, "", accept, _WATCH_SECONDS + 30.0)) as response:
            if response.status >= 300:
                raise self._refused(response.status, response.headers, response.read())
            try:
                rest = b""
                for chunk in response.stream(2**16, decode_content=True):
                    *lines, rest = (rest + chunk).split(b"\n")
                    for line in lines:
                        event = json.loads(line)
                        if event["type"] == "ERROR":
                            status = event["object"]
                            raise ApiError(int(status.get("code") or 500), status.get("message", ""), status.get("reason", ""))
                        yield event
            except (urllib3.exceptions.HTTPError, ValueError, KeyError) as error:
                # Broken off, perhaps in the middle of an event.
                raise self._unanswered(error) from error

    def _send(
        self, method: str, path: str, query: Mapping[str, Any] | None, body: Any, content_type: str, accept: str, read_seconds: float
    ) -> Any:
        shown = self._authenticate()
        response = self._send_as(shown, method, path, query, body, content_type, accept, read_seconds)
        if response.status == 401 and self._renew(shown):
            response.close()
            response = self._send_as(self._authenticate(), method, path, query, body, content_type, accept, read_seconds)
        return response

    def _send_as(
        self,
        shown: Sequence[tuple[str, str]],
        method: str,
        path: str,
        query: Mapping[str, Any] | None,
        body: Any,
        content_type: str,
        accept: str,
        read_seconds: float,
    ) -> Any:
        headers = urllib3.HTTPHeaderDict({"Accept": accept, "User-Agent": "mlplatform.kubeflow"})
        for name, value in shown:
            headers.add(name, value)
        if body is not None:
            headers["Content-Type"] = content_type
        url = f"{self.host}{path}" + (f"?{urlencode(query)}" if query else "")
        try:
            return self._pool.request(
                method,
                url,
                body=None if body is None else json.dumps(body).encode(),
                headers=headers,
                preload_content=False,
                retries=False,
                timeout=urllib3.Timeout(connect=min(_CONNECT_SECONDS, read_seconds), read=read_seconds),
            )
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise self._unanswered(error) from error

    def _unanswered(self, error: Exception) -> ApiError:
        self._lost = time.monotonic()
        cause = getattr(error, "reason", None) or error
        message = f"no answer from {self.host}: {cause}"
        if self._via:
            message = f"no answer from {self.host} through the proxy {self._via}: {cause}"
            refusal = _TUNNEL.search(str(error))
            if refusal and refusal[1].startswith("4"):
                # The proxy's last word, not a moment's.
                return ApiError(int(refusal[1]), f"{message}. {_PROXY_LOGIN}" if refusal[1] == "407" else message, "Unreachable")
        return ApiError(0, message, "Unreachable")

    def _refused(self, status: int, headers: Mapping[str, str], content: bytes) -> ApiError:
        error = _refused(status, headers, content)
        error.starting = time.monotonic() - self._lost < _STARTING_SECONDS
        return error


def _answer_seconds(deadline: Deadline | None) -> float:
    """How long one answer is waited for. urllib3 takes no zero."""
    return _READ_SECONDS if deadline is None else max(0.01, min(_READ_SECONDS, deadline.remaining))


def _excerpt(content: bytes) -> str:
    return content.decode(errors="replace").strip()[:500]


def _refused(status: int, headers: Mapping[str, str], content: bytes) -> ApiError:
    try:
        told = json.loads(content)
    except ValueError:
        told = {}
    if not isinstance(told, dict):
        told = {}
    message = told.get("message") or _excerpt(content) or f"HTTP {status}"
    details = told.get("details") or {}
    seconds = headers.get("Retry-After") or details.get("retryAfterSeconds")
    try:
        retry_after = float(seconds) if seconds else None
    except ValueError:
        retry_after = None
    return ApiError(status, message, told.get("reason") or "", tuple(details.get("causes") or ()), retry_after)
