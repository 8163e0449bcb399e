# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a check of preflight is, and the register in which each enters itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from .._client.http import Client
from .._common.deadline import Deadline
from .._inventory.strangers import REFUSE
from .._render.plan import Plan
from .look import Look

Result = Literal["pass", "warn", "fail"]
_SHOWN = 4


@dataclass
class Finding:
    """The result of one check; C(remedy) says what to do when it did not pass, C(evidence) what it was seen by."""

    check: str
    result: Result
    message: str
    remedy: str = ""
    evidence: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Answer:
    """What a check found: good when there is no C(remedy).

    :arg blocks: whether an install would end badly; False where that is not certain, or only something less than an install.
    """

    message: str
    remedy: str = ""
    evidence: tuple[str, ...] = ()
    blocks: bool = True

    @property
    def result(self) -> Result:
        if not self.remedy:
            return "pass"
        return "fail" if self.blocks else "warn"

    def of(self, name: str) -> Finding:
        """As the finding of the check of that name."""
        return Finding(name, self.result, self.message, self.remedy, [*self.evidence])


@dataclass(frozen=True)
class Problem:
    """One of several things that a check may find wrong."""

    what: str
    remedy: str
    blocks: bool = True
    evidence: tuple[str, ...] = ()


def answer_of(problems: Iterable[Problem], good: str) -> Answer:
    """All problems as one answer, what blocks first; C(good) when there are none."""
    found = sorted(problems, key=lambda problem: not problem.blocks)
    if not found:
        return Answer(good)
    shown = found[:_SHOWN]
    more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    remedy = " ".join(dict.fromkeys(problem.remedy for problem in shown))
    evidence = tuple(line for problem in found for line in problem.evidence or ((problem.what,) if len(found) > _SHOWN else ()))
    return Answer("; ".join(problem.what for problem in shown) + more, remedy, evidence, found[0].blocks)


@dataclass(frozen=True)
class Made:
    """A ConfigMap or Secret that a controller makes once it runs; without C(namespace) in every one."""

    kind: str
    name: str
    namespace: str | None = None


@dataclass(frozen=True)
class Gone:
    """Images that their registry is reported not to have any more.

    * C(image): a name, for all tags, or with a tag or digest; C(*) in it stands for anything.
    * C(since): when, as year and month; C(source): the URL of a report.
    * C(living): the same version elsewhere; empty where there is none.
    """

    image: str
    since: str = ""
    source: str = ""
    living: str = ""


@dataclass(frozen=True)
class Question:
    """What a check may look at.

    * C(kubernetes): the version of the API server; C(oldest), C(newest): the release's window, empty for any.
    * C(look): what is there, read once for all checks.
    * C(verified): whether the API server's certificate is checked.
    * C(made): what nobody has to make before an install; C(gone): images that registries are known not to have any more.
    * C(manager): our field manager; C(foreign), C(adopt_managers): what to do with objects of others, as module apply has it.
    """

    client: Client
    plan: Plan
    deadline: Deadline
    kubernetes: str
    oldest: str = ""
    newest: str = ""
    look: Look = field(default_factory=Look)
    verified: bool = True
    made: tuple[Made, ...] = ()
    manager: str = "mlplatform.kubeflow"
    foreign: str = REFUSE
    adopt_managers: tuple[str, ...] = ()
    gone: tuple[Gone, ...] = ()

    def objects(self) -> Iterator[dict[str, Any]]:
        """Everything that is to be applied."""
        return (item for part in self.plan.parts for item in part.objects)


Run = Callable[[Question], "Answer | None"]
"""None when there is nothing to check. Raises ApiError when the cluster does not say."""


@dataclass(frozen=True)
class Check:
    """One check.

    * C(asks) says for people what it asks; C(unsaid) what to do when the cluster does not answer the question.
    * C(needs_answer): whether a plan may not be applied as long as it does not answer. Credentials that may do little are no fault.
    """

    name: str
    asks: str
    unsaid: str
    run: Run
    needs_answer: bool = False


CHECKS: dict[str, Check] = {}
"""By name, in order. Complete once package C(checks) is imported."""


def check(*, asks: str, unsaid: str, needs_answer: bool = False) -> Callable[[Run], Run]:
    """Registers a function as a check, under its own name.

    :raises ValueError: when there is one of that name.
    """

    def register(run: Run) -> Run:
        name = run.__name__
        if name in CHECKS:
            raise ValueError(f"two checks are named {name}")
        CHECKS[name] = Check(name, asks, unsaid, run, needs_answer)
        return run

    return register
