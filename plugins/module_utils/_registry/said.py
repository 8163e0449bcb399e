# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What becomes known of an image, and in which words."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

Kind = Literal["there", "missing", "denied", "login", "unreached", "certificate", "limited", "failed", "strange", "late"]
"""Whether a registry has a manifest.

* C(there); C(missing): it says that it has no such tag, digest or repository.
* C(denied): not to everybody. Many registries say so of what they do not have, since they do not tell whether there is something private.
* C(login): it wants a user and a password, and nothing else will do.
* All others say nothing of the image. C(unreached): there was no answer. C(certificate): it is nobody whom this machine trusts.
  C(limited): it wants to be left alone (429, 503). C(failed): an error of its own. C(strange): not the answer of a registry.
  C(late): the time was over.
"""
OF_THE_REGISTRY: Collection[Kind] = ("unreached", "certificate", "limited")
"""What holds for all images of a registry: it is not asked for the rest then."""

# distribution-spec, "Error Codes"; NOT_FOUND is what Harbor says.
_MISSING = {"MANIFEST_UNKNOWN", "NAME_UNKNOWN", "NAME_INVALID", "NOT_FOUND"}
_DENIED = {"DENIED", "UNAUTHORIZED"}
_SHOWN = 240


@dataclass(frozen=True)
class Said:
    """C(words): who answered what; empty when the image is there."""

    kind: Kind
    words: str = ""


@dataclass(frozen=True)
class Refusal:
    """What the body of an answer says that is no good one. C(codes): those of the spec, empty when it does not speak as a registry does."""

    codes: frozenset[str]
    words: str

    @property
    def kind(self) -> Kind | None:
        """None where codes do not tell."""
        if self.codes & _DENIED:
            return "denied"
        return "missing" if self.codes & _MISSING else None


def refusal_in(content: bytes) -> Refusal:
    """C({"errors": [{"code": …, "message": …}]}), or any text."""
    try:
        errors = json.loads(content)["errors"]
        found = [(str(one["code"]).upper(), str(one.get("message") or "")) for one in errors]
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return Refusal(frozenset(), one_line(re.sub(r"<[^>]{0,400}>", " ", content[:4096].decode(errors="replace"))))
    return Refusal(
        frozenset(code for code, _message in found), one_line("; ".join(f"{code}: {words}".rstrip(": ") for code, words in found))
    )


def one_line(text: str) -> str:
    """As a table can show it: without control characters, and not without end."""
    words = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return words if len(words) <= _SHOWN else f"{words[:_SHOWN]}…"
