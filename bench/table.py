# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Records as tables for people: medians of the runs."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .contenders.job import FIRST, IMAGE, SECOND
from .contenders.registry import CONTENDERS
from .uninstall import ALL, KEPT, KUBECTL, REINSTALL

Record = Mapping[str, Any]


def chosen(records: Iterable[Record], **wanted: Any) -> list[Record]:
    """Records with these values."""
    return [record for record in records if all(record.get(name) == value for name, value in wanted.items())]


def median(records: Sequence[Record], name: str) -> float | None:
    """Median of a figure, None when nobody measured it."""
    return statistics.median(record[name] for record in records) if records else None


def shown(value: float | None) -> str:
    """A figure with as many digits as it deserves."""
    return "–" if value is None else f"{value:.0f}" if value >= 100 else f"{value:.1f}"


def markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; all columns but the first are figures."""
    lines = ["| " + " | ".join(header) + " |", "|---|" + "---:|" * (len(header) - 1)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def releases_of(records: Iterable[Record]) -> list[str]:
    """Releases that were measured, the newest first."""
    return sorted({record["release"] for record in records}, key=lambda release: release.startswith("v"))


def _rows(records: Iterable[Record], release: str, whole: bool, figures: Sequence[tuple[str, str]]) -> list[list[str]]:
    rows = []
    for name, contender in CONTENDERS.items():
        own = chosen(records, release=release, contender=name)
        if own and contender.whole == whole:
            rows.append([contender.label, *(shown(median(chosen(own, scenario=scenario), figure)) for scenario, figure in figures)])
    return rows


def applying(records: Iterable[Record], release: str) -> str:
    """Seconds until everything is applied, and what that costs."""
    figures = [
        (FIRST, "seconds"),
        (SECOND, "seconds"),
        (IMAGE, "seconds"),
        (FIRST, "ready_seconds"),
        (FIRST, "client_cpu"),
        (FIRST, "server_cpu"),
        (SECOND, "client_cpu"),
        (SECOND, "server_cpu"),
        (FIRST, "memory"),
    ]
    header = [
        "seconds until applied",
        "first install",
        "second run",
        "one changed image",
        "first: until all is ready",
        "first: client CPU",
        "first: API server CPU",
        "second: client CPU",
        "second: API server CPU",
        "first: peak memory, MiB",
    ]
    return markdown(header, _rows(records, release, False, figures))


def whole(records: Iterable[Record], release: str) -> str:
    """Seconds of whole runs, as users start them."""
    figures = [
        (FIRST, "seconds"),
        (FIRST, "ready_seconds"),
        (SECOND, "ready_seconds"),
        (FIRST, "client_cpu"),
        (FIRST, "server_cpu"),
        (FIRST, "memory"),
    ]
    header = [
        "seconds, rendering included",
        "first: until applied",
        "first: until all is ready",
        "second run: until all is ready",
        "first: client CPU",
        "first: API server CPU",
        "first: peak memory, MiB",
    ]
    return markdown(header, _rows(records, release, True, figures))


def brief(records: Sequence[Record]) -> str:
    """The README's table: until applied, both releases side by side, and how many times as long as ours that is."""
    columns = [(release, scenario) for release in releases_of(records) for scenario in (FIRST, SECOND, IMAGE)]

    def seconds(name: str, release: str, scenario: str) -> float | None:
        return median(chosen(records, release=release, contender=name, scenario=scenario), "seconds")

    def cell(name: str, release: str, scenario: str) -> str:
        own, ours = seconds(name, release, scenario), seconds("ours", release, scenario)
        return f"{shown(own)} ({own / ours:.1f} ×)" if own and ours and name != "ours" else shown(own)

    header = ["seconds until applied", *(f"{release}, {scenario}" for release, scenario in columns)]
    rows = [
        [contender.label, *(cell(name, *column) for column in columns)]
        for name, contender in CONTENDERS.items()
        if not contender.whole and chosen(records, contender=name)
    ]
    return markdown(header, rows)


def pulls(records: Iterable[Record]) -> str:
    """With images that take their time."""
    header = ["images that take 20–60 s to pull", "all ready, s", "longest chain, s", "ratio"]
    rows = [
        [record["release"], shown(record["ready_seconds"]), shown(record["chain_seconds"]), f"{record['ratio']:.2f}"] for record in records
    ]
    return markdown(header, rows)


def refresh(records: Iterable[Record]) -> str:
    """With a kubelet's pace for Secrets."""
    header = ["first install, a Secret's change seen after", "until applied, s", "until all is ready, s", "client CPU, s"]
    rows = [
        [
            f"{record['release']}, {record['refresh_seconds']} s",
            *(shown(record[name]) for name in ("seconds", "ready_seconds", "client_cpu")),
        ]
        for record in records
    ]
    return markdown(header, rows)


UNINSTALLS = {
    KEPT: "module `uninstall`, data kept",
    ALL: "module `uninstall`, all deleted",
    KUBECTL: "`kubectl delete -f --wait`",
    REINSTALL: "`playbooks/reinstall.yml`, data kept",
}


def uninstall(records: Sequence[Record]) -> str:
    """Removed, and removed and brought back."""
    header = [
        "seconds until it is gone, or back",
        "seconds",
        "objects left",
        "client CPU",
        "API server CPU",
        "requests",
        "a second while waiting",
    ]

    def row(record: Record) -> list[str]:
        count = sum(record["requests"].values())
        left = "–" if record["left"] is None else str(record["left"])
        # One that ends with an error has given up.
        seconds = shown(record["seconds"]) + (", then gives up" if record["exit_code"] else "")
        figures = [shown(record[name]) for name in ("client_cpu", "server_cpu")]
        return [UNINSTALLS[record["what"]], seconds, left, *figures, str(count) if count else "–", shown(record["while_waiting"])]

    return markdown(header, [row(record) for what in UNINSTALLS for record in chosen(records, what=what)])


def growth(records: Iterable[Record]) -> str:
    """By size of the plan."""
    header = [
        "objects",
        "first install, s",
        "second run, s",
        "client CPU, s",
        "second: client CPU, s",
        "memory, MiB",
        "requests",
        "second: requests",
    ]
    rows = []
    for objects in sorted({record["objects"] for record in chosen(records, what="plan")}):
        first, second = (chosen(records, what="plan", objects=objects, scenario=scenario) for scenario in (FIRST, SECOND))
        figures = [(first, "seconds"), (second, "seconds"), (first, "client_cpu"), (second, "client_cpu"), (first, "memory")]
        requests = [str(sum(some[0]["requests"].values())) for some in (first, second) if some]
        rows.append([str(objects), *(shown(median(some, name)) for some, name in figures), *requests])
    return markdown(header, rows)


def fleet(records: Iterable[Record]) -> str:
    """By number of clusters."""
    header = ["clusters in one run", "seconds", "client CPU, s", "API servers' CPU, s", "memory, MiB"]
    rows = [
        [str(record["clusters"]), *(shown(record[name]) for name in ("seconds", "client_cpu", "server_cpu", "memory"))]
        for record in chosen(records, what="clusters")
    ]
    return markdown(header, rows)
