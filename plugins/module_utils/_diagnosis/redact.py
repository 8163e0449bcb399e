# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Takes secrets out of what leaves the cluster. What looks like one is one: a bundle may lack a word, and must not tell a password."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable
from typing import Any

REDACTED = "REDACTED"
_SECRET = r"pass(?:word|wd|phrase|code)?|pwd|secret|token|credential|api[-_]?key|access[-_]?key|private[-_]?key|auth|cookie|session|salt|dsn|signing"
_NAME = re.compile(_SECRET, re.IGNORECASE)
# Of variables and arguments whose value is the name or place of a secret, or a time.
_HARMLESS = re.compile(
    r"(?:_|-|\b)(?:name|names|namespace|file|path|dir|url|uri|host|port|issuer|audiences?|ttl|seconds|duration|expiry|expire|refresh|"
    r"enabled?|type|mode|policy|header)$",
    re.IGNORECASE,
)
_VALUE = r"(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|[^\s,;&\"'})\]]+)"
_KEY = rf"[\w.\-\[\]]*(?:{_SECRET})[\w.\-]*"
# A word of a sentence that follows a colon: "failed to fetch token: the API server does not have …".
_PROSE = re.compile(r"[a-z]+")


def _assigned(found: re.Match[str]) -> str:
    return found[0] if _HARMLESS.search(found[2]) or found[3].strip("\"'") in ("", "true", "false") else f"{found[1]}{REDACTED}"


def _told(found: re.Match[str]) -> str:
    if (
        _PROSE.fullmatch(found[3])
        and not re.search(r"pass|pwd|key|salt", found[2], re.IGNORECASE)
        and not found[1].rstrip().endswith(("'", '"'))
    ):
        rest = found.string[found.end() :]
        if '"' not in found[1] and "'" not in found[1] and re.match(r"\s+[\w(]", rest):
            return found[0]
    return _assigned(found)


_PATTERNS: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    # Private keys, whole, or cut off at either end as the tail of a log is.
    (re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|\Z)", re.DOTALL), REDACTED),
    (re.compile(r"\A(?:[A-Za-z0-9+/=\s]|\\n)*?-----END [A-Z0-9 ]*PRIVATE KEY-----"), REDACTED),
    (re.compile(r"((?:authorization|cookie)[\"']?\s*[:=]\s*[\"']?)[^\n\"']+", re.IGNORECASE), rf"\1{REDACTED}"),
    (re.compile(r"\b(Bearer|Basic|Digest)\s+(?!tokens?\b)[^\s\"']{6,}", re.IGNORECASE), rf"\1 {REDACTED}"),
    # Users in URLs, up to the last @ before a path or a space; and the same of MySQL's addresses.
    (re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^\s/@]*(?:@[^\s/@]*)*@", re.IGNORECASE), rf"\1{REDACTED}@"),
    (re.compile(r"[^\s:@/\"']+:[^\s]*@(tcp|unix)\("), rf"{REDACTED}@\1("),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?"), REDACTED),
    # name=value, and "name": value as in JSON and YAML.
    (re.compile(rf"((?<![\w.\-])({_KEY})[\"']?\s*=\s*){_VALUE}", re.IGNORECASE), _assigned),
    (re.compile(rf"((?<![\w.\-])({_KEY})(?:[\"']\s*:\s*(?=[\"'])|:\s*)){_VALUE}", re.IGNORECASE), _told),
    (re.compile(rf"((--?{_KEY})\s+){_VALUE}", re.IGNORECASE), _assigned),
    # Long and of all kinds of characters, or long hexadecimal: names and digests of images are neither.
    (
        re.compile(r"(?<![\w+/=:@-])(?=[A-Za-z0-9+/_-]*\d)(?=[A-Za-z0-9+/_-]*[A-Z])(?=[A-Za-z0-9+/_-]*[a-z])[A-Za-z0-9+/_-]{32,}={0,2}"),
        REDACTED,
    ),
    (re.compile(r"(?<![\w:@-])[0-9a-fA-F]{32,}(?![\w-])"), REDACTED),
)


class Redactor:
    """:arg known: secrets that are known as such, taken out wherever they are, also in base64."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        plain = {secret for secret in known if len(secret) >= 4}
        encoded = {base64.b64encode(secret.encode()).decode().rstrip("=") for secret in plain}
        # The longest first: one may be part of another.
        self._known = sorted(plain | encoded, key=len, reverse=True)

    def text(self, text: str) -> str:
        """A text without what looks like a secret."""
        for secret in self._known:
            text = text.replace(secret, REDACTED)
        for pattern, instead in _PATTERNS:
            text = pattern.sub(instead, text)
        return text

    def data(self, value: Any) -> Any:
        """The same of everything in data: values of variables by their names, arguments by the one before them."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return self._list(value)
        if not isinstance(value, dict):
            return value
        if isinstance(value.get("name"), str) and isinstance(value.get("value"), str):
            # A variable of a container.
            shown = self.text(value["value"])
            hidden = _NAME.search(value["name"]) and not _HARMLESS.search(value["name"]) and value["value"]
            return {**{name: self.data(child) for name, child in value.items()}, "value": REDACTED if hidden else shown}
        return {self.text(str(name)): self._field(str(name), child) for name, child in value.items()}

    def _field(self, name: str, child: Any) -> Any:
        if name in ("data", "stringData", "binaryData") and isinstance(child, dict):
            return dict.fromkeys(child, REDACTED)
        if isinstance(child, str) and _NAME.search(name) and not _HARMLESS.search(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)) and child:
            return REDACTED
        return self.data(child)

    def _list(self, items: list[Any]) -> list[Any]:
        found, hidden = [], False
        for item in items:
            if isinstance(item, str):
                found.append(REDACTED if hidden and not item.startswith("-") else self.text(item))
                name = item.lstrip("-")
                hidden = item.startswith("-") and "=" not in item and bool(_NAME.search(name)) and not _HARMLESS.search(name)
            else:
                found.append(self.data(item))
                hidden = False
        return found
