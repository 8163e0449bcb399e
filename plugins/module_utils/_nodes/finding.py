# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was found on a node about one thing, and the table of all of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

OK, CHANGE, WARN = "ok", "change", "warn"
# What is to be done and what is wrong come first.
_ORDER = (CHANGE, WARN, OK)


@dataclass(frozen=True)
class Finding:
    """One row.

    :arg what: the thing.
    :arg now: what there is.
    :arg wanted: what there should be; for C(change) what there will be.
    :arg verdict: C(ok), C(change) for what the role changes, or C(warn) for what is only told.
    :arg why: what it is good for or, for C(warn), what comes of it and what to do.
    """

    what: str
    now: str
    wanted: str
    verdict: str
    why: str


def line(text: str) -> str:
    """Text of a machine on one line, with nothing that a terminal would act on."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def table(findings: Sequence[Finding]) -> list[str]:
    """Lines with a heading: verdict, what, now, wanted, why."""
    rows = [("", "what", "now", "wanted", "why")]
    for verdict in _ORDER:
        rows += [(verdict, line(one.what), line(one.now), line(one.wanted), line(one.why)) for one in findings if one.verdict == verdict]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return ["  ".join([*(row[column].ljust(widths[column]) for column in range(4)), row[4]]).rstrip() for row in rows]
