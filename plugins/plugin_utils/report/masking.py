# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What may not be in a report, and what would not be text in it.

A report holds words of others: of the API server, of containers, of people who name objects. Modules mask what they know to be secret;
here whatever a Secret of the plan holds is taken out once more, wherever it stands.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

MASKED = "(masked)"
LONGEST = 4000
"""Characters of one text. A container's whole log is no evidence."""
# Shorter ones are words like root or minio, which stand in every second name.
_SHORTEST = 8
# What a terminal, XML or a reader's eye would take for something else than text. Bidirectional overrides: Unicode TR 36, section 2.2.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def plain(words: str) -> str:
    """Text without control characters, direction overrides and halves of characters, and no longer than C(LONGEST)."""
    words = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", words.replace("\r\n", "\n"))
    return words if len(words) <= LONGEST else f"{words[:LONGEST]} … ({len(words) - LONGEST} more characters)"


def secret_values(objects: Iterable[Mapping[str, Any]]) -> set[str]:
    """What the Secrets among objects hold, encoded, decoded and line by line, but for what is as good as nothing."""
    found: set[str] = set()
    names: set[str] = set()
    for item in objects:
        metadata = item.get("metadata") or {}
        names |= {str(metadata.get("name")), str(metadata.get("namespace"))}
        if item.get("kind") == "Secret":
            for value in _contents(item):
                found |= {value, *(line.strip() for line in value.splitlines())}
    # What is part of an object's name is no secret, and names have to stay names.
    return {value for value in found if len(value) >= _SHORTEST and not any(value in name for name in names)}


def _contents(secret: Mapping[str, Any]) -> Iterator[str]:
    for value in (secret.get("data") or {}).values():
        yield str(value)
        try:
            yield base64.b64decode(str(value), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            continue
    for value in (secret.get("stringData") or {}).values():
        yield str(value)
        yield base64.b64encode(str(value).encode()).decode()


def masker(secrets: Iterable[str]) -> Callable[[str], str]:
    """A function that makes any text fit for a report: without these secrets, and plain."""
    # The longest first: one may be part of another.
    known = sorted({value for value in secrets if value}, key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, known))) if known else None

    def mask(words: str) -> str:
        return plain(pattern.sub(MASKED, words) if pattern else words)

    return mask
