# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Kernel parameters: what they are now, and what files make of them at the next boot."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from .host import Host

# Where systemd-sysctl(8) reads, the first folder that has a file of some name going before the others (sysctl.d(5)).
FOLDERS = ("/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d", "/lib/sysctl.d")


def whole(text: str) -> int | None:
    """A number as the kernel writes it, None for another text; it knows none that is longer."""
    return int(text) if re.fullmatch(r"[0-9]{1,20}", text) else None


def place(key: str) -> str:
    """The file of a parameter."""
    return "/proc/sys/" + key.replace(".", "/")


def current(host: Host, key: str) -> int | None:
    """The value that is in force, or None when the kernel has no such parameter or it is no number."""
    return whole((host.text(place(key)) or "").strip())


def assignments(text: str) -> Iterator[tuple[str, str]]:
    """Keys and values of a file, keys written with dots."""
    for line in text.splitlines():
        stripped = line.strip()
        if stripped and stripped[0] not in "#;":
            key, separator, value = stripped.partition("=")
            if separator:
                # A leading minus sign says that errors do not matter.
                yield key.strip().lstrip("-").strip().replace("/", "."), value.strip()


def configured(host: Host, key: str) -> list[tuple[str, int]]:
    """Who sets a parameter at boot, in the order in which it is done: the last one wins. Path of the file, and value."""
    places: dict[str, str] = {}
    for folder in FOLDERS:
        for name in host.names(folder):
            if name.endswith(".conf"):
                places.setdefault(name, f"{folder}/{name}")
    found = []
    for name in sorted(places):
        for given, value in assignments(host.text(places[name]) or ""):
            number = whole(value)
            if number is not None and fnmatchcase(key, given):
                found.append((places[name], number))
    return found
