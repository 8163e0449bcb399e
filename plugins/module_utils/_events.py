# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The last warning that the cluster gave about something.

PRIVATE: for the modules of this collection only.
"""

from __future__ import annotations

from typing import Any

from ._client import ApiError, Client
from ._deadline import Deadline
from ._objects import Key

_SECONDS = 10.0


def last_warnings(client: Client, keys: list[Key]) -> dict[Key, str]:
    """The newest Warning event of each object or of what carries its name (the pods of a workload): C(reason: message)."""
    deadline = Deadline(_SECONDS)
    found: dict[Key, str] = {}
    for namespace in {key.namespace for key in keys if key.namespace}:
        try:
            events = client.get(f"/api/v1/namespaces/{namespace}/events", query={"fieldSelector": "type=Warning"}, deadline=deadline)[
                "items"
            ]
        except ApiError:
            # Events are a hint: without them the verdict still stands.
            continue
        events.sort(key=_when)
        for key in (key for key in keys if key.namespace == namespace):
            mine = [event for event in events if _about(event, key.name)]
            if mine:
                found[key] = f"{mine[-1].get('reason', '')}: {mine[-1].get('message', '')}".strip()
    return found


def _when(event: dict[str, Any]) -> str:
    """RFC 3339 times of one zone sort as text."""
    return str(event.get("lastTimestamp") or event.get("eventTime") or event["metadata"].get("creationTimestamp") or "")


def _about(event: dict[str, Any], name: str) -> bool:
    involved = event["involvedObject"].get("name", "")
    return bool(involved == name or involved.startswith(f"{name}-"))
