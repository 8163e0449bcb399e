# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Events of the cluster, and those that were kept from before, since a cluster forgets them after an hour."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from .._objects.objects import Key, split_version
from .._readiness.events import first_seen, last_seen
from .evidence import Event

_MOST_BYTES = 16 * 1024 * 1024


def event_of(item: Mapping[str, Any]) -> Event:
    """An event as the API gives it (core/v1)."""
    about = item.get("involvedObject") or item.get("regarding") or {}
    series = item.get("series") or {}
    return Event(
        Key(split_version(about.get("apiVersion") or "")[0], about.get("kind", ""), about.get("namespace") or "", about.get("name", "")),
        item.get("reason") or "",
        item.get("message") or item.get("note") or "",
        item.get("type") == "Warning",
        int(series.get("count") or item.get("count") or 1),
        first_seen(item),
        last_seen(item),
        str(item["metadata"].get("uid") or ""),
    )


def merged(events: Iterable[Event]) -> tuple[Event, ...]:
    """Each once, with the times of all that was seen of it; in order of time."""
    found: dict[object, Event] = {}
    for event in events:
        key = event.uid or (event.about, event.reason, event.message)
        known = found.get(key)
        if known:
            first, last = min(known.first, event.first), max(known.last, event.last)
            event = replace(known, count=max(known.count, event.count), first=first, last=last)
        found[key] = event
    return tuple(sorted(found.values(), key=lambda event: event.last))


def kept_events(path: Path) -> list[Event]:
    """Events from a file of a JSON object a line; a line that a writer has not ended is left out.

    :raises OSError: when the file is there and cannot be read.
    """
    if not path.exists():
        return []
    found = []
    with path.open("rb") as lines:
        for line in lines.read(_MOST_BYTES).splitlines():
            try:
                found.append(event_of(json.loads(line)))
            except (ValueError, KeyError, AttributeError, TypeError):
                continue
    return found
