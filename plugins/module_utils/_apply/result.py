# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an apply did, counted by part."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from .._common.naming import option_name
from .._common.words import few
from .._objects.objects import Key
from .adopt import Taken
from .errors import HELD_BY


@dataclass
class Waited:
    """A gate that held objects of a part; C(seconds) from the start of the apply until it opened."""

    gate: str
    seconds: float
    objects: int


@dataclass
class PartOutcome:
    """One part; C(seconds) from its first request, C(started) seconds after the start of the apply, to its last answer."""

    name: str
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    failed: int = 0
    started: float = 0.0
    seconds: float = 0.0
    waited: list[Waited] = field(default_factory=list)


@dataclass
class Failure:
    """An object that is not as the plan wants it; C(because_of) names the object or gate that it waited for in vain."""

    part: str
    object: str
    message: str
    because_of: str = ""
    cause: str = ""
    """What was refused for the same has the same."""


@dataclass
class Change:
    """An object that was, or would be, created (C(before) is None) or changed."""

    part: str
    object: str
    before: dict[str, Any] | None
    after: dict[str, Any]


@dataclass(frozen=True)
class Orphan:
    """A live object that was applied with a part, and that no part of the plan holds any more."""

    part: str
    key: Key


@dataclass
class Outcome:
    """All parts, in order."""

    parts: list[PartOutcome]
    failures: list[Failure]
    changes: list[Change]
    orphans: list[Orphan] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    """Objects of somebody else that are, or would be, ours now."""
    taken_from: str = ""
    """The run that held the Lease before and did not give it back."""

    def failure_text(self) -> str:
        """The failures for people: causes first, then how many objects wait for them."""
        causes = [failure for failure in self.failures if not failure.because_of]
        held = [failure for failure in self.failures if failure.because_of]
        lines = []
        for some in _by(causes, lambda failure: failure.cause or failure.message):
            # What ends a run at once is a cause of many: an interrupt, an API server that is gone, a stranger's policy.
            if len(some) > 3:
                lines.append(f"{names(some)}: {some[0].message}")
            else:
                lines.extend(f"{failure.object} (part {failure.part}): {failure.message}" for failure in some)
        lines.extend(f"not sent: {names(some)}: {some[0].message}" for some in _by(held, lambda failure: failure.message))
        return "\n".join([*lines, *self._of_somebody_else()])

    def _of_somebody_else(self) -> Iterator[str]:
        """Parts of which another manager holds so much that it may have installed them: cert-manager by Helm, Istio by istioctl."""
        conflicts = [failure for failure in self.failures if failure.cause.startswith(HELD_BY)]
        for some in _by(conflicts, lambda failure: failure.part + failure.cause):
            if len(some) > 3:
                yield (
                    f"{len(some)} objects of part {some[0].part} have {some[0].cause}: if the cluster has this part from elsewhere, leave it "
                    f"so with {option_name('provided_parts')}: [{some[0].part}]"
                )


def _by(failures: list[Failure], what: Callable[[Failure], str]) -> list[list[Failure]]:
    found: dict[str, list[Failure]] = {}
    for failure in failures:
        found.setdefault(what(failure), []).append(failure)
    return list(found.values())


def names(failures: list[Failure]) -> str:
    """Some objects of a long list, and how many there are."""
    # Answers come in any order.
    return few(sorted(failure.object for failure in failures))
