# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a rule of diagnosis is, and the register in which each enters itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from .._objects.objects import Key
from .evidence import Evidence


@dataclass(frozen=True)
class Match:
    """What one signal saw.

    * C(about): the object that is wrong; it may be one that is not there.
    * C(evidence): lines in the cluster's own words.
    * C(objects): what is stuck through it, besides C(about) itself. C(points_to): what C(about) itself waits for.
    * C(age): for how many seconds it is so.
    * C(words): what the rule's sentences have in braces. C(group): matches with different ones are different causes.
    """

    about: Key
    evidence: tuple[str, ...] = ()
    objects: tuple[Key, ...] = ()
    points_to: tuple[Key, ...] = ()
    age: float = float("inf")
    words: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    group: str = ""


Signal = Callable[[Evidence], Iterable[Match]]
PointsTo = Callable[[Evidence, Match], Iterable[Key]]


@dataclass(frozen=True)
class Rule:
    """One known failure.

    * C(cause): one sentence. C(remedy): what to do, with the exact command or setting. In braces are words of the match.
    * C(after): seconds for which it may be so without being a failure.
    * C(heals): it goes away by itself, or once that is mended which C(points_to) leads to.
    * C(points_to): from what is wrong to the objects to look at next. Where one of them has a finding of its own, this one follows from it.
    * C(general): says less than others. It does not count for an object that a rule which is not general knows something of.
    * C(shown): the texts that the cluster shows, for the documentation.
    """

    name: str
    cause: str
    remedy: str
    signals: Sequence[Signal]
    shown: str
    after: float = 0.0
    heals: bool = False
    points_to: PointsTo | None = None
    general: bool = False


RULES: dict[str, Rule] = {}
"""By name. Complete once package C(rules) is imported."""


def rule(
    module: str,
    *signals: Signal,
    cause: str,
    remedy: str,
    shown: str,
    after: float = 0.0,
    heals: bool = False,
    points_to: PointsTo | None = None,
    general: bool = False,
) -> Rule:
    """Registers a rule under the name of its file.

    :arg module: C(__name__).
    :raises ValueError: when there is one of that name.
    """
    name = module.rpartition(".")[2]
    if name in RULES:
        raise ValueError(f"two rules are named {name}")
    RULES[name] = Rule(name, cause, remedy, signals, shown, after, heals, points_to, general)
    return RULES[name]
