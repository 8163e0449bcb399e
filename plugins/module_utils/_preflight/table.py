# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Findings as a table for people: what blocks first, and of that what others follow from."""

from __future__ import annotations

from collections.abc import Iterable

from .check import Finding

_RESULTS = ("fail", "warn", "pass")
# What has to be mended before the rest means anything, or takes longest.
FIRST = (
    "kubernetes_version",
    "rights",
    "clocks",
    "node_conditions",
    "token_request",
    "webhooks",
    "being_deleted",
    "other_installers",
    "owners",
    "installed",
    "storage_class",
    "room",
)


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """Fails, warnings, passes; each in the order in which one would go about them."""

    def place(finding: Finding) -> tuple[int, int]:
        return _RESULTS.index(finding.result), FIRST.index(finding.check) if finding.check in FIRST else len(FIRST)

    return sorted(findings, key=place)


def table(findings: Iterable[Finding], *, most_evidence: int = 3) -> str:
    """A block for each that did not pass: result, name, what was found, what to do; then those that passed, a line each.

    Lines are as long as they are: a command that is broken is none any more.
    """
    found = ordered(findings)
    width = max((len(finding.check) for finding in found), default=0)
    lines = []
    for finding in found:
        lines.append(f"{finding.result.upper()}  {finding.check.ljust(width)}  {finding.message}")
        if finding.result != "pass":
            lines += [f"      | {entry}" for entry in finding.evidence[:most_evidence]]
            lines += [f"      -> {finding.remedy}"] if finding.remedy else []
    counts = {result: sum(finding.result == result for finding in found) for result in _RESULTS}
    lines.append(f"{counts['fail']} failed, {counts['warn']} warn, {counts['pass']} passed")
    return "\n".join(lines)
