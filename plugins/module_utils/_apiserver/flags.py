# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Flags of kube-apiserver, as its command line has them (spf13/pflag with component-base's word separators)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .errors import NodeError

SIGNING_KEY_FILE = "service-account-signing-key-file"
KEY_FILE = "service-account-key-file"
ISSUER = "service-account-issuer"
API_AUDIENCES = "api-audiences"
OURS = (API_AUDIENCES, ISSUER, KEY_FILE, SIGNING_KEY_FILE)
"""Flags that are changed here. All take a value."""
TLS_KEY_FILE = "tls-private-key-file"
SEVERAL_ISSUERS = (1, 22)
"""Since this version --service-account-issuer may be given several times (KEP-1393): the first issues, all are accepted."""


@dataclass(frozen=True)
class Flag:
    """A flag, and the words that it is written in: one (C(--name=value)), or two (C(--name value))."""

    name: str
    value: str
    words: tuple[int, ...]


def read_flags(words: Sequence[str]) -> list[Flag]:
    """All flags of a command line, in their order; the program's name and what is no flag is left out.

    :raises NodeError: when one of C(OURS) has no value.
    """
    found: list[Flag] = []
    place = 0
    while place < len(words):
        word = words[place]
        if word == "--":
            break
        if not word.startswith("--"):
            place += 1
            continue
        written, equals, value = word[2:].partition("=")
        name = written.replace("_", "-")
        used: tuple[int, ...] = (place,)
        if not equals:
            following = words[place + 1] if place + 1 < len(words) else None
            # Flags that take no value are not known here by name; none of ours is one, so the next word is its value whatever it looks like.
            if following is not None and (name in OURS or not following.startswith("-")):
                value, used = following, (place, place + 1)
            elif name in OURS:
                raise NodeError(f"kube-apiserver's flag --{name} has no value")
        found.append(Flag(name, value, used))
        place += len(used)
    return found


def values(words: Sequence[str], version: tuple[int, int]) -> dict[str, tuple[str, ...]]:
    """The values of the flags that are there, by name; each flag with all of its values in their order.

    :arg version: of kube-apiserver, major and minor.
    :raises NodeError: when a flag that has one value is given several times: which one counts depends on the order.
    """
    found: dict[str, tuple[str, ...]] = {}
    for flag in read_flags(words):
        if flag.name in (*OURS, TLS_KEY_FILE):
            found[flag.name] = (*found.get(flag.name, ()), flag.value)
    for name in single_valued(version):
        if len(found.get(name, ())) > 1:
            given = ", ".join(found[name])
            raise NodeError(
                f"kube-apiserver's flag --{name} is given {len(found[name])} times ({given}) and takes one value: leave the right one"
            )
    return found


def single_valued(version: tuple[int, int]) -> tuple[str, ...]:
    """Names of the flags of C(OURS) that have one value in a version."""
    return (SIGNING_KEY_FILE,) if version >= SEVERAL_ISSUERS else (SIGNING_KEY_FILE, ISSUER)


def audiences(flags: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The audiences that an API server accepts: by default its issuers (kube-apiserver's CompletedOptions)."""
    given = tuple(entry.strip() for value in flags.get(API_AUDIENCES, ()) for entry in value.split(",") if entry.strip())
    return given or flags.get(ISSUER, ())
