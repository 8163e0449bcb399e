# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The outcome of an apply while it comes about."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Set
from typing import Any

from .adopt import Taken
from .compare import Item, Target
from .diff import comparable
from .gates import Gate, ObjectGate
from .result import Change, Failure, Outcome, PartOutcome, Waited


class Tally:
    """Counts by part. Seconds count from when it was made."""

    def __init__(self, parts: Iterable[str], target: Target) -> None:
        self._started = time.monotonic()
        self._parts = {name: PartOutcome(name) for name in parts}
        self._first_sent: dict[str, float] = {}
        self._orphans = target.orphans
        self._places = {(item.part, str(item.key)): place for place, item in enumerate(target.items.values())}
        self._changes: list[Change] = []
        self._failures: list[Failure] = []
        self._taken: list[Taken] = []
        for failure in target.unknown:
            self._note(failure)

    @property
    def parts(self) -> Collection[PartOutcome]:
        """The parts as they are now."""
        return self._parts.values()

    @property
    def begun(self) -> Set[str]:
        """The parts of which something was sent."""
        return self._first_sent.keys()

    def outcome(self) -> Outcome:
        for part in self._parts.values():
            part.waited.sort(key=lambda waited: -waited.seconds)
        # Answers come in any order, and two runs are to be compared: with each other, and with what was predicted.
        changes = sorted(self._changes, key=lambda change: self._places[change.part, change.object])
        return Outcome(list(self._parts.values()), self._failures, changes, self._orphans, self._taken)

    def sent(self, item: Item) -> None:
        first = self._first_sent.setdefault(item.part, time.monotonic())
        self._parts[item.part].started = round(first - self._started, 2)

    def answered(self, item: Item) -> None:
        self._parts[item.part].seconds = round(time.monotonic() - self._first_sent[item.part], 2)

    def unchanged(self, item: Item) -> None:
        self._parts[item.part].unchanged += 1

    def applied(self, item: Item, before: dict[str, Any] | None, after: dict[str, Any], taken: Taken | None = None) -> None:
        """It was accepted. A PATCH that changes nothing leaves the resourceVersion; another's write in between moves it without being ours.

        :arg taken: somebody else's until now.
        """
        part = self._parts[item.part]
        if taken is not None:
            self._taken.append(taken)
        elif before is not None and (
            before["metadata"]["resourceVersion"] == after["metadata"]["resourceVersion"] or comparable(before) == comparable(after)
        ):
            part.unchanged += 1
            return
        part.created += before is None
        part.changed += before is not None
        self._changes.append(Change(item.part, str(item.key), before, after))

    def failed(self, item: Item, message: str, because_of: str = "", cause: str = "") -> None:
        self._note(Failure(item.part, str(item.key), message, because_of, cause))

    def _note(self, failure: Failure) -> None:
        self._parts[failure.part].failed += 1
        self._failures.append(failure)

    def opened(self, item: Item, gates: Iterable[Gate]) -> None:
        """Gates that held it have opened now."""
        seconds = round(time.monotonic() - self._started, 2)
        waited = self._parts[item.part].waited
        # What the plan's own objects open within the same breath is not worth a line.
        for gate in (gate for gate in gates if not isinstance(gate, ObjectGate)):
            known = next((entry for entry in waited if entry.gate == str(gate)), None)
            if known:
                known.objects += 1
            else:
                waited.append(Waited(str(gate), seconds, 1))
