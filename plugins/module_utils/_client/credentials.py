# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a client shows an API server: headers and a client certificate. No value of a header ever stands in a message."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from .cluster_source import ConnectionOptionsError
from .kubeconfig import read_file

Headers = Sequence[tuple[str, str]]
"""Pairs, since a name may come several times."""


@dataclass(frozen=True)
class ClientCertificate:
    """A certificate with its key, both PEM; C(origin) says for people where it comes from."""

    certificate: bytes
    key: bytes = field(repr=False)
    origin: str


class Credentials(Protocol):
    """Who is asking. Asked for every request, from many threads, since what it says may expire."""

    def headers(self) -> Headers:
        """:raises ConnectionOptionsError: when they cannot be had."""

    def certificate(self) -> ClientCertificate | None:
        """:raises ConnectionOptionsError: when it cannot be had."""

    def renew(self, refused: Headers) -> bool:
        """The API server has answered 401 to these headers: whether there are others now."""


@dataclass(frozen=True)
class Fixed:
    """Credentials that stay as they are; by default none."""

    fixed: Headers = field(default=(), repr=False)
    client_certificate: ClientCertificate | None = None

    def headers(self) -> Headers:
        return self.fixed

    def certificate(self) -> ClientCertificate | None:
        return self.client_certificate

    def renew(self, refused: Headers) -> bool:
        return False


@dataclass(frozen=True)
class TokenFile:
    """A token in a file that somebody else renews, as kubelet does for pods."""

    path: Path
    setting: str
    client_certificate: ClientCertificate | None = None

    def headers(self) -> Headers:
        try:
            text = read_file(self.path, self.setting).decode()
        except UnicodeDecodeError:
            raise ConnectionOptionsError(f"{self.setting} {self.path} holds no token: it is not text") from None
        return bearer(text, f"{self.setting} {self.path}")

    def certificate(self) -> ClientCertificate | None:
        return self.client_certificate

    def renew(self, refused: Headers) -> bool:
        return self.headers() != refused


@dataclass(frozen=True)
class Impersonating:
    """C(inner), who acts as somebody else: a kubeconfig's C(as), C(as-uid), C(as-groups) and C(as-user-extra)."""

    inner: Credentials
    added: Headers

    def headers(self) -> Headers:
        return (*self.inner.headers(), *self.added)

    def certificate(self) -> ClientCertificate | None:
        return self.inner.certificate()

    def renew(self, refused: Headers) -> bool:
        return self.inner.renew(tuple(pair for pair in refused if pair not in self.added))


def bearer(token: str, origin: str) -> Headers:
    """The header of a token, without blanks around it, as files and shells leave a newline at its end.

    :arg origin: where the token comes from, for messages.
    :raises ConnectionOptionsError: when it cannot be one (RFC 6750: visible ASCII).
    """
    token = token.strip()
    if not token:
        raise ConnectionOptionsError(f"{origin} holds no token: it is empty")
    if not all("!" <= character <= "~" for character in token):
        raise ConnectionOptionsError(
            f"{origin} holds no token: there are blanks, line breaks or other characters in it that a token cannot have. "
            "(It is given alone, without the word Bearer.)"
        )
    return (("authorization", f"Bearer {token}"),)


def basic(username: str, password: str) -> Headers:
    """The header of a user with a password (RFC 7617, as UTF-8)."""
    return (("authorization", f"Basic {base64.b64encode(f'{username}:{password}'.encode()).decode()}"),)


def impersonation(user: Mapping[str, Any], origin: str) -> Headers:
    """The headers of a kubeconfig user's C(as) fields; none where there are none (client-go's transport/round_trippers.go).

    :raises ConnectionOptionsError: when a value cannot be in a header.
    """
    if not user.get("as"):
        return ()
    pairs = [("Impersonate-User", str(user["as"]))]
    pairs += [("Impersonate-Uid", str(user["as-uid"]))] if user.get("as-uid") else []
    pairs += [("Impersonate-Group", str(group)) for group in user.get("as-groups") or ()]
    for key, values in (user.get("as-user-extra") or {}).items():
        pairs += [(f"Impersonate-Extra-{quote(str(key).lower(), safe='')}", str(value)) for value in values]
    for name, value in pairs:
        if not (value.isascii() and value.isprintable()):
            raise ConnectionOptionsError(f"{origin}: what it impersonates cannot be said in a header ({name})")
    return tuple(pairs)
