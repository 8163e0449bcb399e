# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a server says with 401 about how to log in: C(WWW-Authenticate) (RFC 9110, 11.6.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

# A scheme, or with "=" behind it a parameter of the scheme before.
_PIECE = re.compile(
    r"""(?P<name>[!#$%&'*+.^_`|~0-9A-Za-z-]+)(?P<given>[ \t]*=[ \t]*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^\s,"]*)))?"""
)
# Headers of servers have some hundred characters; what is longer is not read to its end.
_MOST = 8192


@dataclass(frozen=True)
class Challenge:
    """C(scheme), like C(bearer), and the names of C(parameters) are in small letters."""

    scheme: str
    parameters: Mapping[str, str] = field(default_factory=dict)


def challenges(header: str) -> list[Challenge]:
    """All of a header, in order; nothing for what is none."""
    found: list[tuple[str, dict[str, str]]] = []
    for piece in _PIECE.finditer(header[:_MOST]):
        name = piece["name"].lower()
        if piece["given"] is None:
            found.append((name, {}))
        elif found:
            value = piece["plain"] if piece["quoted"] is None else re.sub(r"\\(.)", r"\1", piece["quoted"])
            found[-1][1].setdefault(name, value)
    return [Challenge(scheme, parameters) for scheme, parameters in found]
