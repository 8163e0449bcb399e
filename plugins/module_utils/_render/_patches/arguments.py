# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Flags on the command line of a container."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .change import ChangeError, Object
from .containers import containers_of, in_template


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
        words = _without(words, flag) + _with(flag, value)
    return in_template(item, {"containers": [{"name": container, field: words}]})


def _without(words: Sequence[str], flag: str) -> list[str]:
    kept: list[str] = []
    skip = False
    for position, word in enumerate(words):
        if skip:
            skip = False
        elif word == flag:
            # Its value may be the next word.
            skip = position + 1 < len(words) and not words[position + 1].startswith("-")
        elif not word.startswith(f"{flag}="):
            kept.append(word)
    return kept


def _with(flag: str, value: Any) -> list[str]:
    if value is None:
        return []
    values = value if isinstance(value, list) else [value]
    return [f"{flag}={str(entry).lower() if isinstance(entry, bool) else entry}" for entry in values]
