# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Findings as a table for people: what blocks first, and of that what others follow from."""

from __future__ import annotations

import textwrap
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
    "installed",
    "storage_class",
    "room",
)
_WIDTH = 118


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """Fails, warnings, passes; each in the order in which one would go about them."""

    def place(finding: Finding) -> tuple[int, int]:
        return _RESULTS.index(finding.result), FIRST.index(finding.check) if finding.check in FIRST else len(FIRST)

    return sorted(findings, key=place)


def table(findings: Iterable[Finding], *, most_evidence: int = 3) -> str:
    """A block for each that did not pass: result, name, what was found, what to do; then those that passed, a line each."""
    found = ordered(findings)
    width = max((len(finding.check) for finding in found), default=0)
    lines = []
    for finding in found:
        head = f"{finding.result.upper()}  {finding.check.ljust(width)}  "
        lines += _wrapped(head, finding.message)
        if finding.result != "pass":
            lines += [line for entry in finding.evidence[:most_evidence] for line in _wrapped(" " * len(head) + "| ", entry)]
            lines += _wrapped(" " * len(head) + "-> ", finding.remedy)
    counts = {result: sum(finding.result == result for finding in found) for result in _RESULTS}
    lines.append(f"{counts['fail']} failed, {counts['warn']} warn, {counts['pass']} passed")
    return "\n".join(lines)


def _wrapped(head: str, text: str) -> list[str]:
    """Commands stay in one piece: lines are broken between words only, and nothing is hyphenated."""
    if not text:
        return []
    broken = textwrap.wrap(text, _WIDTH - len(head), break_long_words=False, break_on_hyphens=False) or [""]
    return [head + broken[0], *(" " * len(head) + line for line in broken[1:])]
