# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The report as data. C(docs/report.schema.json) describes each field; C(report.json) is this, field by field.

Moments are seconds since the run began, None where nobody knows them. Sizes are bytes, CPU is in cores.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

FORMAT = 1
"""Raised when a field goes or changes its meaning; not when one is added."""


@dataclass(frozen=True)
class Verdict:
    """C(state) is for programs: one of C(STATES) in C(verdict). C(good): nothing is left to be done about it."""

    state: str
    good: bool
    text: str
    detail: str = ""


@dataclass(frozen=True)
class Run:
    """C(began) and C(ended) are RFC 3339 in UTC; C(failed_phase) is empty where no phase has failed."""

    name: str
    began: str
    ended: str
    seconds: float
    check_mode: bool
    changed: bool
    phases: list[str]
    failed_phase: str = ""
    failed_message: str = ""
    differences: str = ""
    """Path of the file with all differences, of a run with --diff that changes something."""


@dataclass(frozen=True)
class Allocatable:
    """What all nodes together give to pods."""

    cpu: float
    memory: int
    pods: int


@dataclass(frozen=True)
class Nodes:
    """C(schedulable): how many take pods that tolerate nothing."""

    count: int
    ready: int
    schedulable: int
    versions: list[str]
    allocatable: Allocatable


@dataclass(frozen=True)
class Cluster:
    """Text that is not known is empty; C(nodes) is None where the credentials may not list them."""

    host: str
    uid: str
    context: str
    kubeconfig: str
    kubernetes_version: str
    provider: str
    nodes: Nodes | None


@dataclass(frozen=True)
class Finding:
    """A diagnosed cause."""

    rule: str
    cause: str
    remedy: str
    evidence: list[str]
    objects: list[str]
    parts: list[str]
    heals: bool
    behind: int
    consequences: list[Finding]


@dataclass(frozen=True)
class Unexplained:
    object: str
    evidence: list[str]


@dataclass(frozen=True)
class Refused:
    """Objects that were refused, or not sent, for the same."""

    message: str
    because_of: str
    parts: list[str]
    objects: list[str]


@dataclass(frozen=True)
class NotReady:
    object: str
    state: str
    reason: str
    message: str


@dataclass(frozen=True)
class Requests:
    """What pods and claims ask of a cluster."""

    cpu: float = 0.0
    memory: int = 0
    pods: int = 0
    claims: int = 0
    storage: int = 0

    def __add__(self, other: Requests) -> Requests:
        return Requests(
            round(self.cpu + other.cpu, 3),
            self.memory + other.memory,
            self.pods + other.pods,
            self.claims + other.claims,
            self.storage + other.storage,
        )


@dataclass(frozen=True)
class Span:
    began: float
    ended: float


@dataclass(frozen=True)
class Gate:
    """C(opened): when it opened; until then it held C(objects) objects of the part."""

    gate: str
    opened: float
    objects: int


@dataclass(frozen=True)
class Course:
    """What became of a part, and when. C(render_seconds): how long it was built; C(ready): when the last of its objects was."""

    render_seconds: float | None = None
    rendered: float | None = None
    applied: Span | None = None
    gates: list[Gate] = field(default_factory=list)
    pulling: list[Span] = field(default_factory=list)
    ready: float | None = None


@dataclass(frozen=True)
class Part:
    """C(state): ready, not_ready, refused, applied, predicted, rendered, chosen. Counts are None where nothing was applied."""

    name: str
    state: str
    objects: int | None
    created: int | None
    changed: int | None
    unchanged: int | None
    failed: int | None
    stalled: bool
    not_ready: list[NotReady]
    restarted: list[str]
    images: list[str]
    requests: Requests | None
    course: Course


@dataclass(frozen=True)
class Phase:
    phase: str
    began: float
    ended: float


@dataclass(frozen=True)
class Pull:
    image: str
    began: float
    ended: float | None


@dataclass(frozen=True)
class Workload:
    """Moments as the cluster's own timestamps say, which are whole seconds; what was there before the run has negative ones."""

    part: str
    object: str
    made: float | None
    scheduled: float | None
    pulled: float | None
    ready: float | None
    pulling: list[Pull]


@dataclass(frozen=True)
class Timeline:
    seconds: float
    phases: list[Phase]
    workloads: list[Workload]


@dataclass(frozen=True)
class Wait:
    """Something that the run waited for. C(kind): gate or image. C(name): of the gate or image; C(object): of the workload that pulled."""

    kind: str
    name: str
    parts: list[str]
    object: str
    objects: int
    seconds: float


@dataclass(frozen=True)
class Check:
    check: str
    result: str
    message: str
    remedy: str
    evidence: list[str]


@dataclass(frozen=True)
class Orphan:
    part: str
    object: str


@dataclass(frozen=True)
class Credential:
    """A Secret of the plan that has contents; C(keys) are the names of its entries. What they hold is never in a report."""

    part: str
    object: str
    keys: list[str]


@dataclass(frozen=True)
class Dashboard:
    """C(command) forwards a port, after which C(login) says address and user; both are empty where nothing is to be opened."""

    command: str
    login: str
    note: str


@dataclass(frozen=True)
class Version:
    name: str
    version: str


@dataclass(frozen=True)
class Report:
    """All of it."""

    verdict: Verdict
    run: Run
    release: str
    cluster: Cluster
    findings: list[Finding]
    unexplained: list[Unexplained]
    gaps: list[str]
    repaired: list[str]
    support_bundle: str
    refused: list[Refused]
    parts: list[Part]
    timeline: Timeline
    waits: list[Wait]
    requests: Requests | None
    preflight: list[Check]
    images_not_replaced: list[str]
    orphans: list[Orphan]
    credentials: list[Credential]
    dashboard: Dashboard
    versions: list[Version]
    format: int = FORMAT

    def document(self) -> dict[str, Any]:
        """As C(report.json) has it."""
        return {"format": self.format, **dataclasses.asdict(self)}
