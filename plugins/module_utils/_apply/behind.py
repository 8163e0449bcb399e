# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is behind a gate that stays closed: the state of the objects that were to open it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from .._client.http import ApiError, Client
from .._common.deadline import Deadline
from .._objects.objects import Key, pod_template
from .._readiness.judge import status_of
from .._readiness.pods import trouble_of
from .._readiness.rule import Seen
from .._readiness.status import CURRENT
from .compare import Item

_SECONDS = 5.0


class Behind:
    """Asks once about each object, and for a few seconds in all: the run is at its end."""

    def __init__(self, client: Client, items: Mapping[Key, Item]) -> None:
        self._client, self._items, self._deadline = client, items, Deadline(_SECONDS)
        self._told: dict[Key, str] = {}

    def of(self, openers: Iterable[Key]) -> str:
        """What is not as it should be of the C(openers) of a gate, as the end of a message; empty when nothing is to be seen."""
        told = {key: self._of(key) for key in openers if key in self._items and not key.kind.endswith("WebhookConfiguration")}
        return "".join(f"; {key}: {words}" for key, words in told.items() if words)

    def _of(self, key: Key) -> str:
        if key not in self._told:
            self._told[key] = self._ask(key)
        return self._told[key]

    def _ask(self, key: Key) -> str:
        try:
            live = self._client.get(self._items[key].path, deadline=self._deadline)
        except ApiError as error:
            return "is not there" if error.status == 404 else ""
        status = status_of(key.group, key.kind, live, Seen())
        if status == CURRENT:
            return ""
        trouble = trouble_of(self._client, live, self._deadline, time.time()) if pod_template(live) is not None else ""
        return f"{status.message} ({trouble})" if trouble else status.message
