# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A diagnosis of bounded size: AWX keeps what modules return."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

from .finding import Diagnosis, Finding

LIMIT = 128 * 1024
"""Bytes of a diagnosis as JSON; its text for people comes on top, and is shorter."""


def fitted(diagnosis: Diagnosis, limit: int = LIMIT) -> Diagnosis:
    """The same, with less evidence and then with fewer entries where it is too large. What is left out is said."""
    whole = diagnosis
    for lines in (5, 3, 2, 1):
        diagnosis = replace(
            diagnosis,
            findings=[_with_lines(finding, lines) for finding in whole.findings],
            unexplained=[replace(one, evidence=one.evidence[: lines * 2]) for one in diagnosis.unexplained],
        )
        if size_of(diagnosis) <= limit:
            return diagnosis
    findings, unexplained = list(diagnosis.findings), list(diagnosis.unexplained)
    left = 0
    while size_of(diagnosis) > limit and (findings or unexplained):
        # Causes of most come first, so what is last is missed least.
        some: list[object] = unexplained if len(unexplained) > len(findings) else findings  # type: ignore[assignment]
        gone = max(1, len(some) // 8)
        del some[-gone:]
        left += gone
        diagnosis = replace(diagnosis, findings=findings, unexplained=unexplained, gaps=diagnosis.gaps[:20])
    said = [f"{left} more findings and objects were left out, since there are so many"] if left else []
    return replace(diagnosis, gaps=[*said, *diagnosis.gaps])


def size_of(diagnosis: Diagnosis) -> int:
    return len(json.dumps(asdict(diagnosis)))


def _with_lines(finding: Finding, lines: int) -> Finding:
    consequences = [_with_lines(one, min(lines, 2)) for one in finding.consequences[:15]]
    return replace(finding, evidence=finding.evidence[:lines], objects=_some(finding.objects, lines * 4), consequences=consequences)


def _some(objects: list[str], most: int) -> list[str]:
    # One more is no longer than the line that says that there is one more.
    return objects if len(objects) <= most + 1 else [*objects[:most], f"and {len(objects) - most} more"]
