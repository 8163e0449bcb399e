# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The status of a live object, by the rule of its kind."""

from __future__ import annotations

from .._objects.objects import is_going
from .rule import Item, Seen
from .rules import RULES
from .status import CURRENT, NOT_FOUND, Status, in_progress


def has_status(group: str, kind: str) -> bool:
    """Whether existing is not enough for this kind."""
    return (group, kind) in RULES


def status_of(group: str, kind: str, item: Item | None, seen: Seen) -> Status:
    """The status of an object as it is live; None is never ready. Kinds without a rule are ready once they exist."""
    if item is None:
        return NOT_FOUND
    if is_going(item):
        return in_progress("is being deleted")
    rule = RULES.get((group, kind))
    return rule(item, seen) if rule else CURRENT
