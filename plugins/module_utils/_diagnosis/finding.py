# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a diagnosis says: causes with their evidence and what to do, and what nobody could explain."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Finding:
    """One cause, said once for all objects that have it.

    C(cause) is one sentence, C(remedy) what to do, C(evidence) are lines of the cluster's own words. C(objects) have the cause,
    C(parts) are the plan's parts that those belong to, C(behind) is the number of other objects that wait for them.
    C(heals): it goes away by itself, or once what it follows from is mended; nothing has to be installed again.
    C(consequences) are findings that would not be there without this one; they have none of their own.
    """

    rule: str
    cause: str
    remedy: str
    evidence: list[str] = field(default_factory=list)
    objects: list[str] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    heals: bool = False
    behind: int = 0
    consequences: list[Finding] = field(default_factory=list)


@dataclass
class Unexplained:
    """An object that is not as it should be, and that no rule knows the reason of: what the cluster says of it."""

    object: str
    evidence: list[str]


@dataclass
class Diagnosis:
    """All that was found, the causes of most objects first. C(gaps) are questions that the cluster did not answer."""

    findings: list[Finding] = field(default_factory=list)
    unexplained: list[Unexplained] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
