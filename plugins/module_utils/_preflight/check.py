# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a check of preflight is, and the register in which each enters itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from .._client.http import Client
from .._common.deadline import Deadline
from .._render.plan import Plan


@dataclass
class Finding:
    """The result of one check; C(remedy) says what to do when it did not pass."""

    check: str
    result: Literal["pass", "warn", "fail"]
    message: str
    remedy: str = ""


@dataclass(frozen=True)
class Answer:
    """What a check found: good when there is no C(remedy)."""

    message: str
    remedy: str = ""


@dataclass(frozen=True)
class Question:
    """What a check may look at. C(kubernetes): the version of the API server; C(oldest), C(newest): the release's window, empty for any."""

    client: Client
    plan: Plan
    deadline: Deadline
    kubernetes: str
    oldest: str = ""
    newest: str = ""


Run = Callable[[Question], "Answer | None"]
"""None when there is nothing to check. Raises ApiError when the cluster does not say."""


@dataclass(frozen=True)
class Check:
    """One check. C(asks) says for people what it asks; C(unsaid) what to do when the cluster does not answer the question."""

    name: str
    asks: str
    unsaid: str
    run: Run


CHECKS: dict[str, Check] = {}
"""By name, in order. Complete once package C(checks) is imported."""


def check(*, asks: str, unsaid: str) -> Callable[[Run], Run]:
    """Registers a function as a check, under its own name.

    :raises ValueError: when there is one of that name.
    """

    def register(run: Run) -> Run:
        name = run.__name__
        if name in CHECKS:
            raise ValueError(f"two checks are named {name}")
        CHECKS[name] = Check(name, asks, unsaid, run)
        return run

    return register
