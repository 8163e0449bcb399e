# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Requests to registries, and to those that give tokens for them: through the environment's proxy, and never without end."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

try:
    import urllib3
except ImportError:  # the modules that use this ask for it, see _common/requirements
    urllib3 = None  # type: ignore[assignment]

from .._client.cluster_source import ConnectionOptionsError
from .._client.pools import pool_through
from .._client.proxies import Proxy, proxy_for
from .._client.tls import tls_context
from .._common.deadline import Deadline
from .said import Kind, one_line

_CONNECT_SECONDS = 5.0
_ANSWER_SECONDS = 10.0
# Manifests, tokens and errors have some thousand bytes; what is longer is not read to its end.
_MOST = 256 * 1024
AT_A_TIME = 8


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; names of C(headers) have no case."""

    status: int
    headers: Mapping[str, str]
    content: bytes = b""


class NoAnswer(Exception):
    """There was none. C(broken): one had begun, so that another try may be worth it."""

    def __init__(self, kind: Kind, message: str, *, broken: bool = False) -> None:
        super().__init__(message)
        self.kind, self.broken = kind, broken


class Transport:
    """Safe to use from many threads; 8 requests are under way at the same time, whoever sends them.

    :arg environment: names proxies, as C(HTTPS_PROXY) and C(NO_PROXY).
    """

    def __init__(self, environment: Mapping[str, str], deadline: Deadline) -> None:
        self.deadline = deadline
        self._environment = environment
        self._slots = threading.BoundedSemaphore(AT_A_TIME)
        self._lock = threading.Lock()
        self._pools: dict[tuple[str, object], Any] = {}
        self._context = tls_context(verify=True, authorities=None, authorities_origin="", certificate=None)

    def send(self, method: str, url: str, headers: Mapping[str, str]) -> Answer:
        """Send a request. Redirects are not followed.

        :raises NoAnswer: when nobody answers, or not in time.
        """
        try:
            proxy = proxy_for(url, self._environment)
            pool = self._pool(proxy)
        except (ConnectionOptionsError, ValueError) as error:
            raise NoAnswer("unreached", one_line(str(error))) from error
        if not self._slots.acquire(timeout=self.deadline.remaining):
            raise NoAnswer("late", self.deadline.reason)
        try:
            if self.deadline.expired:
                raise NoAnswer("late", self.deadline.reason)
            return self._send(pool, method, url, headers)
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise _no_answer(error, proxy) from error
        finally:
            self._slots.release()

    def _send(self, pool: Any, method: str, url: str, headers: Mapping[str, str]) -> Answer:
        # urllib3 takes no zero.
        seconds = max(0.01, min(_ANSWER_SECONDS, self.deadline.remaining))
        response = pool.request(
            method,
            url,
            headers={"User-Agent": "mlplatform.kubeflow", **headers},
            preload_content=False,
            retries=False,
            redirect=False,
            timeout=urllib3.Timeout(connect=min(_CONNECT_SECONDS, seconds), read=seconds),
        )
        with closing(response):
            return Answer(response.status, response.headers, response.read(_MOST))

    def _pool(self, proxy: Proxy | None) -> Any:
        key = (proxy.url, proxy.login) if proxy else ("", None)
        with self._lock:
            if key not in self._pools:
                self._pools[key] = pool_through(proxy, maxsize=AT_A_TIME, ssl_context=self._context)
            return self._pools[key]


def _no_answer(error: Exception, proxy: Proxy | None) -> NoAnswer:
    through = f" through the proxy {proxy.url}" if proxy else ""
    seen = [*_causes(error)]
    for cause in seen:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return NoAnswer("certificate", f"{one_line(cause.verify_message or str(cause)).rstrip('.')}{through}")
    words = one_line(str(seen[-1]) or type(seen[-1]).__name__)
    return NoAnswer("unreached", f"{words}{through}", broken=isinstance(error, urllib3.exceptions.ProtocolError))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error, and what it wraps: urllib3 has that in different places."""
    found: BaseException | None = error
    seen: list[BaseException] = []
    while found is not None and found not in seen:
        seen.append(found)
        yield found
        inner = [getattr(found, name, None) for name in ("reason", "original_error")] + [found.__cause__, *found.args]
        found = next((one for one in inner if isinstance(one, BaseException)), None)
