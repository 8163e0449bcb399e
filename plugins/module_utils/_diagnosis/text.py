# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A diagnosis for people, on a screen: findings first, each with its evidence and what to do."""

from __future__ import annotations

from collections.abc import Iterator

from .finding import Diagnosis, Finding

_SHOWN, _LINES, _CONSEQUENCES, _UNEXPLAINED = 12, 3, 6, 8


def text_of(diagnosis: Diagnosis, unknown: str = "") -> str:
    """Lines for people; never empty.

    :arg unknown: why nobody knows what is installed; empty where that is known.
    """
    return "\n".join(_lines(diagnosis, unknown))


def _lines(diagnosis: Diagnosis, unknown: str) -> Iterator[str]:
    found, unexplained = diagnosis.findings, diagnosis.unexplained
    if not found and not unexplained:
        yield unknown or "Nothing is wrong that is known here: what is not ready yet is on its way."
    if found:
        yield f"{_count(len(found), 'cause')} found:"
    for number, finding in enumerate(found[:_SHOWN], 1):
        yield ""
        yield from _of_finding(number, finding)
    if len(found) > _SHOWN:
        yield ""
        yield f"and {len(found) - _SHOWN} more causes, see findings"
    if unexplained:
        yield ""
        yield f"Not explained by anything known here ({_count(len(unexplained), 'object')}):"
        for one in unexplained[:_UNEXPLAINED]:
            yield f"  {one.object}"
            yield from (f"    {line}" for line in one.evidence[:_LINES])
        if len(unexplained) > _UNEXPLAINED:
            yield f"  and {len(unexplained) - _UNEXPLAINED} more, see unexplained"
    if diagnosis.gaps:
        yield ""
        yield f"Not seen: {'; '.join(diagnosis.gaps[:3])}{f'; and {len(diagnosis.gaps) - 3} more' if len(diagnosis.gaps) > 3 else ''}"


def _of_finding(number: int, finding: Finding) -> Iterator[str]:
    parts = f" (part {', '.join(finding.parts[:4])}{' …' if len(finding.parts) > 4 else ''})" if finding.parts else ""
    yield f"{number}. {finding.cause}{parts}"
    yield f"   To do:    {finding.remedy}"
    if finding.heals:
        yield "             It goes away by itself: no reinstall is needed."
    for position, line in enumerate(finding.evidence[:_LINES]):
        yield f"   {'Evidence:' if position == 0 else '         '} {line}"
    if len(finding.evidence) > _LINES:
        yield f"             and {len(finding.evidence) - _LINES} more lines"
    if finding.objects:
        shown = ", ".join(finding.objects[:4])
        yield f"   It is:    {shown}{f' and {len(finding.objects) - 4} more' if len(finding.objects) > 4 else ''}"
    if finding.behind:
        yield f"   Behind it {'waits' if finding.behind == 1 else 'wait'} {_count(finding.behind, 'other object')}."
    if finding.consequences:
        yield "   What follows from it, and goes on by itself once it is mended (no reinstall is needed):"
        for consequence in finding.consequences[:_CONSEQUENCES]:
            yield f"     - {consequence.cause} ({consequence.rule}: {_count(len(consequence.objects), 'object')})"
        if len(finding.consequences) > _CONSEQUENCES:
            yield f"     - and {len(finding.consequences) - _CONSEQUENCES} more"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
