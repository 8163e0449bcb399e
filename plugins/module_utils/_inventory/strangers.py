# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Objects of a plan that are on the cluster already and somebody else's: whether to go on, and what to say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from .._common.naming import option_name
from .._common.words import few
from .._objects.objects import Key
from .owners import Stranger

REFUSE, BESIDE, ADOPT = "refuse", "beside", "adopt"
"""What to do with them: stop before anything is written; apply beside their owner, whose fields stay; take them over."""
_SHOWN = 3


class Found(NamedTuple):
    """One of them."""

    part: str
    key: Key
    stranger: Stranger


class Refusal(NamedTuple):
    """Why a plan is not applied, and what to do."""

    message: str
    remedy: str


class StrangersError(Exception):
    """Objects of the plan are somebody else's, and nobody said that they are to be taken over. Nothing was written."""


def refusal_of(found: Iterable[Found], foreign: str) -> Refusal | None:
    """Why a plan may not be applied over these objects; None when it may.

    A namespace that is there is everybody's, and what we have applied already is ours too.

    :arg foreign: C(REFUSE), C(BESIDE) or C(ADOPT). What another ApplySet holds is refused in any case.
    """
    found = sorted(found, key=lambda one: (one.part, one.key))
    if others := [one for one in found if one.stranger.applyset]:
        sets = sorted({one.stranger.applyset for one in others})
        return Refusal(
            f"{_count(others)} of another ApplySet ({', '.join(sets)}): {_names(others)}",
            "Who keeps that ApplySet would remove them with it: take them out of it, or remove its label applyset.kubernetes.io/part-of, first.",
        )
    if foreign != REFUSE:
        return None
    strangers = [one for one in found if not one.stranger.beside and one.key.kind != "Namespace"]
    if not strangers:
        return None
    remedy = f"To take them over: {option_name('adopt')}: true (a run with --check --diff shows what that changes and removes)."
    if unknown := sorted({name for one in strangers if not one.stranger.known for name in one.stranger.managers}):
        remedy += f" Installers that are not known have to be named for it: {option_name('adopt_managers')}: [{', '.join(unknown)}]."
    parts = sorted({one.part for one in strangers})
    remedy += f" To leave a part to who installed it: {option_name('provided_parts')}: [{', '.join(parts[:_SHOWN])}]."
    return Refusal(f"{_count(strangers)} on the cluster already and not of this collection: {'; '.join(_by_owner(strangers))}", remedy)


def beside_us(found: Iterable[Found]) -> str:
    """What to say of objects that are ours and that others have applied, too; empty when there are none."""
    some = [one for one in found if one.stranger.beside]
    if not some:
        return ""
    return f"{_count(some)} applied by others beside this collection, and what they declared stays: {'; '.join(_by_owner(some))}"


def _count(found: list[Found]) -> str:
    return f"{len(found)} object{'s' if len(found) > 1 else ''} of the plan {'are' if len(found) > 1 else 'is'}"


def _by_owner(found: list[Found]) -> Iterable[str]:
    counted = Counter(one.stranger.owner for one in found)
    for owner, count in sorted(counted.items(), key=lambda entry: (-entry[1], entry[0])):
        some = [one for one in found if one.stranger.owner == owner]
        parts = sorted({one.part for one in some})
        yield f"{count} of {owner} in part{'s' if len(parts) > 1 else ''} {few(parts, _SHOWN)} ({_names(some)})"


def _names(found: list[Found]) -> str:
    return few([f"{one.key} by {', '.join(one.stranger.managers) or 'nobody'}" for one in found], _SHOWN)
