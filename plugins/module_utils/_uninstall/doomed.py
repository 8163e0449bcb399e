# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Objects that are to go, in the order in which they go."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._client.discovery import Resource
from .._objects.objects import Key


class Step(enum.IntEnum):
    """One after the other: what needs something goes before it."""

    USERS = 1
    CUSTOM = 2
    WEBHOOKS = 3
    WORKLOADS = 4
    AGGREGATED = 5
    """ClusterRoles that a controller fills: it would make them anew while those go that it fills them from."""
    REST = 6
    CRDS = 7
    NAMESPACES = 8

    def __str__(self) -> str:
        return _WORDS[self]


_WORDS = {
    Step.USERS: "users' objects",
    Step.CUSTOM: "custom resources",
    Step.WEBHOOKS: "webhook configurations",
    Step.WORKLOADS: "workloads",
    Step.AGGREGATED: "aggregated roles",
    Step.REST: "the rest",
    Step.CRDS: "kinds",
    Step.NAMESPACES: "namespaces",
}


TURNS: tuple[tuple[Step, ...], ...] = (
    *((step,) for step in Step if step < Step.CRDS),
    # Side by side, as neither needs the other: the API server has work with each kind, and a namespace is let be for 5 seconds first
    # (pkg/controller/namespace, namespaceDeletionGracePeriod).
    (Step.CRDS, Step.NAMESPACES),
)
"""The order in which the steps are taken."""


@dataclass(frozen=True, eq=False)
class Doomed:
    """A live object that is to go; C(part) is the one that it belongs to, or whose kind it is of.

    C(with_namespace): no request is made for it, since it goes with its namespace.
    """

    step: Step
    part: str
    key: Key
    resource: Resource
    metadata: Mapping[str, Any]
    with_namespace: bool = False

    @property
    def uid(self) -> str:
        return str(self.metadata["uid"])

    @property
    def path(self) -> str:
        return self.resource.path(self.key.namespace, self.key.name)


@dataclass(frozen=True)
class Kept:
    """A live object of ours that stays, and why."""

    part: str
    key: Key
    why: str
    is_data: bool = False
    """Whether it is data, or holds some: with them it would go."""


@dataclass(frozen=True)
class Stuck:
    """An object that does not go: what is seen of it, and what to do."""

    part: str
    object: str
    why: str
    remedy: str
