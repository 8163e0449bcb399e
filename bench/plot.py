# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Records as pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")
# The same records make the same file.
mpl.rcParams.update({"svg.hashsalt": "bench", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False})

from matplotlib import pyplot  # noqa: E402  the backend is chosen first

from .contenders.job import FIRST, IMAGE, SECOND  # noqa: E402
from .contenders.registry import CONTENDERS  # noqa: E402
from .table import Record, chosen, median, releases_of  # noqa: E402

SCENARIOS = (FIRST, SECOND, IMAGE)


def save(figure: Any, path: Path) -> None:
    figure.savefig(path, bbox_inches="tight", metadata={"Date": None})
    pyplot.close(figure)


def bars(records: Sequence[Record], path: Path) -> None:
    """Seconds until applied: a panel per release, a group per scenario."""
    releases = releases_of(records)
    names = [name for name, contender in CONTENDERS.items() if not contender.whole]
    figure, panels = pyplot.subplots(1, len(releases), figsize=(5 * len(releases), 3), squeeze=False)
    for panel, release in zip(panels[0], releases, strict=True):
        for place, name in enumerate(names):
            heights = [
                median(chosen(records, release=release, contender=name, scenario=scenario), "seconds") or 0 for scenario in SCENARIOS
            ]
            drawn = panel.bar(
                [x + 0.2 * (place - 1.5) for x in range(len(SCENARIOS))], heights, 0.19, label=CONTENDERS[name].label.replace("`", "")
            )
            panel.bar_label(drawn, fmt="%.1f", fontsize=6)
        panel.set_xticks(range(len(SCENARIOS)), SCENARIOS)
        panel.set_title(f"Kubeflow {release}")
        panel.set_ylabel("seconds until applied")
    panels[0][0].legend(frameon=False)
    save(figure, path)


def growth(records: Sequence[Record], path: Path) -> None:
    """Seconds, memory and requests by size of the plan."""
    figure, panels = pyplot.subplots(1, 3, figsize=(10, 3))
    for scenario in (FIRST, SECOND):
        some = sorted(chosen(records, what="plan", scenario=scenario), key=lambda record: record["objects"])
        sizes = [record["objects"] for record in some]
        panels[0].plot(sizes, [record["seconds"] for record in some], "o-", label=scenario)
        panels[1].plot(sizes, [record["memory"] for record in some], "o-", label=scenario)
        panels[2].plot(sizes, [sum(record["requests"].values()) for record in some], "o-", label=scenario)
    for panel, title in zip(panels, ("seconds", "peak memory, MiB", "requests"), strict=True):
        panel.set_title(title)
        panel.set_xlabel("objects in the plan")
        panel.set_xlim(left=0)
        panel.set_ylim(bottom=0)
    panels[0].legend(frameon=False)
    save(figure, path)
