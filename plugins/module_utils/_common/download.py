# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One file, from a path or a URL, to a place on this machine: checked, and there only when it is whole.

Built on urllib, as Ansible's own C(open_url) is: it reads C(http_proxy), C(https_proxy) and C(no_proxy) and trusts the
certificates that the machine trusts (a company's own authority included; C(requests) brings its own list instead).
C(open_url) itself knows one timeout for everything; here connecting may take seconds only, so that a machine without
a network notices at once, while a slow server may think for longer.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import os
import ssl
import tempfile
import threading
import time
import urllib.error
import urllib.request
from email.message import Message
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote, urlsplit, urlunsplit

from .mirror import is_url

CONNECT_TIMEOUT = 5.0
SILENCE_TIMEOUT = 30.0
TOTAL_TIMEOUT = 1800.0
_ATTEMPTS = 3
_LONGEST_PAUSE = 10.0
_BLOCK = 1 << 20


class DownloadError(Exception):
    """A file could not be had; the message says what was asked and what was answered."""


class NotFound(DownloadError):
    """There is no such file: the server says so, or the path does not exist."""


class Unreachable(DownloadError):
    """The server (or the proxy to it) was not reached at all: another file of it need not be asked for."""


class ChecksumMismatch(DownloadError):
    """The file is whole, but is not the one that was asked for."""


class _Interrupted(DownloadError):
    """Worth another try: the server was reached and then failed."""

    def __init__(self, message: str, pause: float | None = None) -> None:
        super().__init__(message)
        self.pause = pause


def fetch(
    location: str,
    destination: Path,
    *,
    sha256: str | None = None,
    timeout: float = SILENCE_TIMEOUT,
    connect_timeout: float = CONNECT_TIMEOUT,
    total_timeout: float = TOTAL_TIMEOUT,
) -> None:
    """Put the file at C(location), a path or an HTTP URL, to C(destination), whose folder must exist.

    The destination appears only when the file is whole and has the checksum.

    :arg sha256: hexadecimal digest that the file must have.
    :arg timeout: seconds of silence after which a server that was reached counts as failed.
    :arg connect_timeout: seconds for reaching it, TLS and proxy included.
    :arg total_timeout: seconds for everything.
    :raises NotFound: when there is no such file.
    :raises Unreachable: when the server was not reached.
    :raises ChecksumMismatch: when it is another file.
    :raises DownloadError: on anything else; the parent of the others.
    """
    deadline = time.monotonic() + total_timeout
    try:
        descriptor, name = tempfile.mkstemp(dir=destination.parent, prefix=f".{destination.name}.", suffix=".part")
        part = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as sink:
                if is_url(location):
                    digest = _from_url(location, sink, _Limits(timeout, connect_timeout, deadline))
                else:
                    digest = _from_path(Path(location).expanduser(), sink)
            _compare(location, digest, sha256)
            # mkstemp makes files private; these are as public as the file they come from.
            part.chmod(0o644)
            part.rename(destination)
        finally:
            part.unlink(missing_ok=True)
    except ValueError as error:
        raise DownloadError(f"{location.rpartition('@')[2]} is not a usable URL: {error}") from error
    except OSError as error:
        raise DownloadError(f"{redacted(location)} could not be written to {destination}: {error}") from error


def redacted(location: str) -> str:
    """A location as messages may show it: without the password of a URL."""
    if not is_url(location):
        return location
    parts = urlsplit(location)
    _other, at, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"***@{host}" if at else host))


def secrets_in(location: str) -> set[str]:
    """What of a location no output may show, for C(AnsibleModule.no_log_values): the password of a URL, as written and as meant."""
    if not is_url(location):
        return set()
    userinfo, at, _other = location.split("//", 1)[1].partition("/")[0].rpartition("@")
    password = userinfo.partition(":")[2] if at else ""
    return {password, unquote(password)} - {""}


def _compare(location: str, digest: str, expected: str | None) -> None:
    if expected and digest != expected.lower():
        raise ChecksumMismatch(f"{redacted(location)} has the SHA-256 checksum {digest}, but {expected.lower()} was expected")


def _from_path(path: Path, sink: IO[bytes]) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as source:
            while block := source.read(_BLOCK):
                digest.update(block)
                sink.write(block)
    except FileNotFoundError as error:
        raise NotFound(f"no such file: {path}") from error
    except OSError as error:
        raise DownloadError(f"{path} could not be read: {error.strerror or error}") from error
    return digest.hexdigest()


class _Limits:
    """How long what may take."""

    def __init__(self, silence: float, connect: float, deadline: float) -> None:
        self.silence, self.connect, self.deadline = silence, connect, deadline

    def left(self) -> float:
        return self.deadline - time.monotonic()


def _from_url(url: str, sink: IO[bytes], limits: _Limits) -> str:
    """Stream C(url) into C(sink), again when the connection breaks; returns the SHA-256 digest."""
    pause = 0.5
    for attempt in range(1, _ATTEMPTS + 1):
        sink.seek(0)
        sink.truncate()
        try:
            return _get(url, sink, limits)
        except _Interrupted as error:
            wanted = min(error.pause or pause, _LONGEST_PAUSE)
            if attempt == _ATTEMPTS or limits.left() <= wanted:
                raise DownloadError(f"{error} ({attempt} {'try' if attempt == 1 else 'tries'})") from error
            # A pause between tries; nothing sets the event, since only the server can end what we wait for.
            threading.Event().wait(wanted)
            pause *= 2
    raise AssertionError("the last attempt returns or raises")


def _get(url: str, sink: IO[bytes], limits: _Limits) -> str:
    shown = f"GET {redacted(url)}{_through_proxy(url)}"
    try:
        response = _opener(limits.connect).open(_request(url), timeout=limits.silence)
    except urllib.error.HTTPError as error:
        with error:
            raise _refused(shown, error) from error
    except urllib.error.URLError as error:
        reason = error.reason
        if isinstance(reason, _ConnectFailed):
            raise Unreachable(f"{shown}: not reached: {reason}") from error
        if isinstance(reason, ssl.SSLError):
            raise DownloadError(f"{shown}: {reason}. The certificate must be one that this machine trusts.") from error
        raise _Interrupted(f"{shown}: {reason}") from error
    except (OSError, http.client.HTTPException) as error:
        raise _Interrupted(f"{shown}: the connection broke before an answer: {_words(error)}") from error
    with response:
        return _stream(shown, response, sink, limits)


def _stream(shown: str, response: Any, sink: IO[bytes], limits: _Limits) -> str:
    digest, received = hashlib.sha256(), 0
    length = response.headers.get("Content-Length")
    of = f"of {length} bytes" if length else "bytes"
    while True:
        try:
            block = response.read1(_BLOCK)
        except (OSError, http.client.HTTPException) as error:
            raise _Interrupted(f"{shown}: the connection broke after {received} {of}: {_words(error)}") from error
        if not block:
            break
        if limits.left() <= 0:
            raise DownloadError(f"{shown}: not finished in time, only {received} {of} came")
        digest.update(block)
        received += len(block)
        sink.write(block)
    # http.client takes an early end for the end.
    if length is not None and received != int(length):
        raise _Interrupted(f"{shown}: the connection broke after {received} {of}")
    return digest.hexdigest()


def _refused(shown: str, error: urllib.error.HTTPError) -> DownloadError:
    answer = f"{shown}: the server answered {error.code} {error.reason}"
    if error.code in (404, 410):
        return NotFound(answer)
    if error.code in (408, 429) or error.code >= 500:
        after = error.headers.get("Retry-After", "")
        return _Interrupted(answer, float(after) if after.isdigit() else None)
    return DownloadError(answer)


def _words(error: BaseException) -> str:
    return str(error) or type(error).__name__


def _request(url: str) -> urllib.request.Request:
    parts = urlsplit(url)
    userinfo, _other, host = parts.netloc.rpartition("@")
    request = urllib.request.Request(
        urlunsplit(parts._replace(netloc=host)), headers={"User-Agent": "mlplatform.kubeflow", "Accept-Encoding": "identity"}
    )
    if userinfo:
        # Unredirected: the host that a release page sends us on to has no business with this password.
        token = base64.b64encode(unquote(userinfo).encode()).decode()
        request.add_unredirected_header("Authorization", f"Basic {token}")
    return request


def _through_proxy(url: str) -> str:
    parts = urlsplit(url)
    proxies = urllib.request.getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy or urllib.request.proxy_bypass(parts.netloc.rpartition("@")[2]):
        return ""
    return f" through the proxy {redacted(proxy)}"


class _ConnectFailed(OSError):
    """No connection: tells "not reached" from "reached, and then it failed"."""


class _HttpConnection(http.client.HTTPConnection):
    """Connecting has its own time limit; C(timeout) is for the rest."""

    connect_timeout = CONNECT_TIMEOUT

    def connect(self) -> None:
        silence, self.timeout = self.timeout, self.connect_timeout
        try:
            super().connect()
        except ssl.SSLError:
            raise
        except OSError as error:
            raise _ConnectFailed(_words(error)) from error
        finally:
            self.timeout = silence
        self.sock.settimeout(silence)


class _HttpsConnection(_HttpConnection, http.client.HTTPSConnection):
    """The same over TLS."""


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Release pages redirect to their storage; never from HTTPS to something that anybody can change on its way."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: http.client.HTTPMessage | Message, newurl: str
    ) -> urllib.request.Request | None:
        if req.full_url.startswith("https:") and not newurl.startswith("https:"):
            why = f"with a redirect to {newurl}, which is not HTTPS and was not followed"
            raise urllib.error.HTTPError(req.full_url, code, why, headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]


def _opener(connect_timeout: float) -> urllib.request.OpenerDirector:
    class Http(urllib.request.HTTPHandler):
        def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
            return self.do_open(_limited(_HttpConnection, connect_timeout), req)

    class Https(urllib.request.HTTPSHandler):
        def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
            return self.do_open(_limited(_HttpsConnection, connect_timeout), req, context=ssl.create_default_context())

    return urllib.request.build_opener(Http, Https, _Redirects)


def _limited(kind: type[_HttpConnection], connect_timeout: float) -> Any:
    return type(kind.__name__, (kind,), {"connect_timeout": connect_timeout})
