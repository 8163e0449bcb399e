# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A repository of a registry, asked for its manifests (OCI distribution spec, "Pulling manifests"), with the token dance where it wants one.

Nobody is logged in: what only some may read is not told from what is not there by every registry.
"""

from __future__ import annotations

import contextlib
import email.utils
import json
import re
import time
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from .._client.proxies import is_loopback
from .challenge import Challenge, challenges
from .said import Kind, Said, one_line, refusal_in
from .transport import Answer, NoAnswer, Transport

# Lists and single ones, of OCI and of Docker; without them a registry may say that there is no such manifest.
_MANIFESTS = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_ANSWERED_BY = {"docker.io": "registry-1.docker.io"}
_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_REDIRECTS = 5
_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 10.0
# RFC 6750: b64token.
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")


def is_plain(registry: str) -> bool:
    """Whether a registry is on this machine's loopback, which container engines ask by plain HTTP (containerd: MatchLocalhost)."""
    return is_loopback(urlsplit(f"//{registry}").hostname or "")


class Repository:
    """C(name) in C(registry), which is a host, perhaps with a port. It is for one thread.

    :arg plain: whether it is asked by HTTP without TLS, and may send to others that are.
    """

    def __init__(self, transport: Transport, registry: str, name: str, *, plain: bool = False) -> None:
        self._transport, self._registry, self._name, self._plain = transport, registry, name, plain
        self._host = _ANSWERED_BY.get(registry, registry)
        self._root = f"{'http' if plain else 'https'}://{self._host}/v2/{name}/manifests/"
        self._token = ""
        self._may_retry = True

    def has(self, reference: str) -> Said:
        """Whether there is a manifest of that tag or digest. One that fails for the moment is asked for twice, not more."""
        self._may_retry = True
        try:
            answer = self._manifest("HEAD", reference)
            if answer.status == 200 and _is_manifest(answer):
                return Said("there")
            # HEAD has no words, and who does not know HEAD may know GET.
            return self._judged(self._manifest("GET", reference), self._registry)
        except _End as end:
            return Said(end.said.kind, self._without_token(end.said.words))

    def _judged(self, answer: Answer, who: str) -> Said:
        if answer.status == 200:
            if _is_manifest(answer) or _has_version(answer.content):
                return Said("there")
            return Said("strange", f"{who} answers 200 with something that is no manifest")
        refusal = refusal_in(answer.content)
        words = self._without_token(f"{who} answers {answer.status} {refusal.words}".rstrip())
        speaks = bool(refusal.codes) or "Docker-Distribution-Api-Version" in answer.headers
        if 400 <= answer.status < 500 and speaks:
            if refusal.kind:
                return Said(refusal.kind, words)
            if answer.status == 404:
                return Said("missing", words)
            return Said("denied" if answer.status in (401, 403) else "failed", words)
        return Said("strange", words)

    def _manifest(self, method: str, reference: str) -> Answer:
        url = self._root + reference
        answer, end = self._send(method, url, self._headers())
        if answer.status != 401 or self._token:
            return answer
        if _origin(end) != _origin(url):
            raise _End("login", f"{self._registry} sends on to {urlsplit(end).netloc}, which wants a login")
        self._token = self._new_token(answer)
        return self._send(method, url, self._headers())[0]

    def _headers(self) -> dict[str, str]:
        authorization = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        return {"Accept": ", ".join(_MANIFESTS), **authorization}

    def _new_token(self, answer: Answer) -> str:
        """A token for everybody (distribution: docs/spec/auth/token.md)."""
        offered = {one.scheme: one for one in reversed(challenges(answer.headers.get("WWW-Authenticate") or ""))}
        if "bearer" not in offered:
            raise _End("login", f"{self._registry} wants a login: {', '.join(sorted(offered)) or 'it does not say which'}")
        realm = self._realm(offered["bearer"])
        found, end = self._send("GET", realm, {"Accept": "application/json"})
        who = f"{urlsplit(end).netloc}, which gives tokens for {self._registry},"
        if found.status != 200:
            said = self._judged(found, who)
            raise _End(said.kind, said.words)
        with contextlib.suppress(ValueError, AttributeError, RecursionError):
            told = json.loads(found.content)
            token = told.get("token") or told.get("access_token")
            if isinstance(token, str) and _TOKEN.fullmatch(token):
                return token
        raise _End("strange", f"{who} answers without a token")

    def _realm(self, challenge: Challenge) -> str:
        """Where tokens are, as a URL. What a registry says goes through TLS, and may not lead to where that is not so."""
        told = challenge.parameters
        try:
            parts = urlsplit(told.get("realm", ""))
            secured = parts.scheme == "https" or (parts.scheme == "http" and (self._plain or is_loopback(parts.hostname or "")))
            usable = bool(parts.hostname) and parts.username is None and parts.port != 0
        except ValueError:
            secured = usable = False
        if not (secured and usable):
            # It may hold a password, and is not shown.
            raise _End("strange", f"{self._registry} sends for a token to what is no URL with https")
        scope = told.get("scope") or f"repository:{self._name}:pull"
        asked = [*parse_qsl(parts.query), *([("service", told["service"])] if told.get("service") else []), ("scope", scope)]
        return parts._replace(query=urlencode(asked), fragment="").geturl()

    def _send(self, method: str, url: str, headers: Mapping[str, str]) -> tuple[Answer, str]:
        """The answer and the URL that gave it; tried once more where it fails for the moment."""
        while True:
            pause = _PAUSE_SECONDS
            try:
                answer, end = self._follow(method, url, headers)
            except NoAnswer as error:
                failure = _End(error.kind, f"{urlsplit(url).netloc}: {error}")
                if not error.broken:
                    raise failure from error
            else:
                if answer.status != 429 and answer.status < 500:
                    return answer, end
                told = answer.headers.get("Retry-After") or ""
                pause = retry_after(told, time.time()) or pause
                words = " ".join(filter(None, [refusal_in(answer.content).words, f"(Retry-After: {one_line(told)})" if told else ""]))
                kind: Kind = "limited" if answer.status in (429, 503) else "failed"
                failure = _End(kind, f"{urlsplit(end).netloc} answers {answer.status} {words}".rstrip())
            waits = self._may_retry and pause <= _LONGEST_PAUSE_SECONDS and pause < self._transport.deadline.remaining
            self._may_retry = False
            if not (waits and self._transport.deadline.wait(pause)):
                raise failure

    def _follow(self, method: str, url: str, headers: Mapping[str, str]) -> tuple[Answer, str]:
        """Through redirects. Another host gets no token, and TLS is not left."""
        start = url
        for _step in range(_MOST_REDIRECTS):
            answer = self._transport.send(method, url, headers)
            if answer.status not in _REDIRECTS:
                return answer, url
            try:
                target = urljoin(url, answer.headers.get("Location") or "")
                fine = urlsplit(target).scheme in (("https", "http") if self._plain else ("https",)) and bool(urlsplit(target).hostname)
            except ValueError:
                fine = False
            if not fine:
                raise _End("strange", f"{urlsplit(url).netloc} sends on ({answer.status}) to what is no URL with https")
            url = target
            if _origin(url) != _origin(start):
                headers = {name: value for name, value in headers.items() if name != "Authorization"}
        raise _End("strange", f"{urlsplit(start).netloc} sends on more than {_MOST_REDIRECTS} times")

    def _without_token(self, words: str) -> str:
        return words.replace(self._token, "***") if self._token else words


class _End(Exception):
    """No answer to the question will come."""

    def __init__(self, kind: Kind, words: str) -> None:
        super().__init__(words)
        self.said = Said(kind, words)


def retry_after(text: str, now: float) -> float | None:
    """Seconds of a header C(Retry-After), which has them or a date (RFC 9110, 10.2.3); None for what is neither, or over.

    :arg now: in seconds since the epoch.
    """
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text[:12]) or None
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - now) or None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()


def _is_manifest(answer: Answer) -> bool:
    """What a page for a login or of a proxy is not."""
    return (answer.headers.get("Content-Type") or "").partition(";")[0].strip().lower() in _MANIFESTS


def _has_version(content: bytes) -> bool:
    try:
        return "schemaVersion" in json.loads(content)
    except (ValueError, TypeError, RecursionError):
        return False
