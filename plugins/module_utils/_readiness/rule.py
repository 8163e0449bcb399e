# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rules of readiness: a function per kind, or per family of kinds, that knows when an object of it is as it should be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .status import Status

Item = Mapping[str, Any]
"""An object as the API server gives it."""


@dataclass(frozen=True)
class Seen:
    """What else of the cluster a rule may look at, by namespace and name.

    C(ready_services) have an endpoint that is ready. C(role_bindings) is None when nobody has looked.
    """

    ready_services: frozenset[tuple[str, str]] = frozenset()
    namespaces: Mapping[tuple[str, str], Item] = field(default_factory=dict)
    role_bindings: Mapping[tuple[str, str], Item] | None = None


Rule = Callable[[Item, Seen], Status]

RULES: dict[tuple[str, str], Rule] = {}
"""By group and kind: there are two kinds Certificate. Complete once package C(rules) is imported."""


def rule(*kinds: tuple[str, str]) -> Callable[[Rule], Rule]:
    """Registers a pure function as the rule of these groups and kinds.

    :raises ValueError: when one of them has a rule already.
    """

    def register(function: Rule) -> Rule:
        for kind in kinds:
            if kind in RULES:
                raise ValueError(f"two rules of readiness for {'/'.join(kind)}: {RULES[kind].__module__} and {function.__module__}")
            RULES[kind] = function
        return function

    return register
