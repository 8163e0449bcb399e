# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Flags on the command line of a container."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from typing import Any

from .change import ChangeError, Object
from .containers import containers_of, in_template

_NUMBER = re.compile(r"-\d+(\.\d+)?")


def changed_arguments(item: Object, container: str, flags: Mapping[str, Any], setting: str) -> Object:
    """A patch that holds the container's new command line.

    :arg flags: by flag, with its dashes: a value, a list (the flag is repeated), or None (the flag goes).
    :raises ChangeError: when there is no such container.
    """
    found = {entry["name"]: entry for entry in containers_of(item)}
    if container not in found:
        raise ChangeError(f"{setting}: {item['kind']} {item['metadata']['name']} has no container {container}; it has {', '.join(found)}")
    before = found[container]
    # Flags may stand in the command, with no arguments beside it.
    in_command = not before.get("args") and any(word.startswith("-") for word in before.get("command") or ())
    field = "command" if in_command else "args"
    words = list(before.get(field) or ())
    for flag, value in flags.items():
        try:
            words = _changed(words, flag, value if isinstance(value, list) else [] if value is None else [value])
        except _Unclear as word:
            raise ChangeError(
                f"{setting}: behind {flag} of {item['kind']} {item['metadata']['name']} stands '{word}', which may be its value or not, "
                f"so {flag} cannot be taken away"
            ) from word
    return in_template(item, {"containers": [{"name": container, field: words}]})


class _Unclear(Exception):
    """A word that may belong to the flag before it."""


def _changed(words: Sequence[str], flag: str, values: Sequence[Any]) -> list[str]:
    # Behind two dashes are no flags.
    end = words.index("--") if "--" in words else len(words)
    kept: list[str] = []
    place = None
    skip = False
    for word, following in itertools.zip_longest(words[:end], words[1:end]):
        if skip:
            skip = False
        elif word == flag or word.startswith(f"{flag}="):
            place = len(kept) if place is None else place
            skip = word == flag and following is not None and _is_value(following, values)
        else:
            kept.append(word)
    # Where it stood: Go's flag package reads no flag behind the first word that is none.
    place = len(kept) if place is None else place
    return [*kept[:place], *(f"{flag}={_text(value)}" for value in values), *kept[place:], *words[end:]]


def _is_value(word: str, values: Sequence[Any]) -> bool:
    """Whether a word is the value of the flag before it, which is to get C(values).

    In Go, whose programs these are, a switch takes its value only as C(--switch=false), and every other flag takes the next word.
    """
    if word.startswith("-") and not _NUMBER.fullmatch(word):
        return False
    if not values:
        raise _Unclear(word)
    return word in ("true", "false") if _text(values[0]) in ("true", "false") else True


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
