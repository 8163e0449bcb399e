# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The parts of a release, and which of them require or recommend which: a table of dots, drawn from the release's file.

A table rather than arrows: nearly all parts require the namespace and Istio, so arrows would be one black bundle.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from drawing import box, dot, line, picture, text

PARTS = Path(__file__).parents[1] / "playbooks/tasks/parts.yml"
ROW, COLUMN, LABELS, HEAD = 22, 30, 260, 190
Part = Mapping[str, Any]


def groups() -> dict[str, list[str]]:
    """Names of parts by the heading that they stand under in the playbook, in its order."""
    found: dict[str, list[str]] = {}
    for heading, tasks in re.findall(r"^# (.+)\n((?:- (?:.*\n)|  .*\n|\n(?=- ))+)", PARTS.read_text(encoding="utf-8"), re.MULTILINE):
        found[heading.rstrip(".")] = [task["ansible.builtin.import_role"]["name"].rpartition(".")[2] for task in yaml.safe_load(tasks)]
    return found


def columns(parts: Mapping[str, Part]) -> list[str]:
    """Parts that others require or recommend, in the order of the release."""
    wanted = {name for part in parts.values() for name in (*part["requires"], *part.get("recommends", ()))}
    return [name for name in parts if name in wanted]


def draw(release: str, parts: Mapping[str, Part]) -> str:
    needed = columns(parts)
    rows = [(heading, [name for name in names if name in parts]) for heading, names in groups().items()]
    rows = [(heading, names) for heading, names in rows if names]
    width = LABELS + COLUMN * len(needed) + 110
    height = HEAD + ROW * (len(parts) + len(rows)) + 70
    shapes = [text(20, 34, f"Parts of Kubeflow {release}", size=18), text(20, 56, "and what they require on the cluster", colour="faint")]
    for place, name in enumerate(needed):
        x = LABELS + COLUMN * place
        shapes.append(f'<g transform="translate({x + 4:g} {HEAD - 12}) rotate(-50)">{text(0, 0, name, size=12)}</g>')
    y = HEAD
    for heading, names in rows:
        shapes.append(text(20, y + 16, heading, size=12, colour="faint"))
        y += ROW
        for name in names:
            part = parts[name]
            shapes.append(
                box(30, y + 1, LABELS - 50, ROW - 3, fill="box" if part.get("optional") else "one", dashed=bool(part.get("optional")))
            )
            shapes.append(text(40, y + 15.5, name, size=12.5))
            shapes.append(line((LABELS - 18, y + ROW / 2), (LABELS + COLUMN * len(needed) - 10, y + ROW / 2), width=0.4))
            for place, other in enumerate(needed):
                centre = LABELS + COLUMN * place, y + ROW / 2
                if other in part["requires"]:
                    shapes.append(dot(*centre, 5.5))
                elif other in part.get("recommends", ()):
                    shapes.append(dot(*centre, 5, fill="back", stroke="ink"))
            y += ROW
    y += 26
    shapes += [dot(36, y, 5.5), text(48, y + 4.5, "requires: installed along", size=12)]
    shapes += [dot(210, y, 5, fill="back", stroke="ink"), text(222, y + 4.5, "recommends: useful with it, said by a run", size=12)]
    if any(part.get("optional") for part in parts.values()):
        shapes += [box(30, y + 16, 22, 14, dashed=True), text(60, y + 27.5, "only where it is asked for (kubeflow_parts)", size=12)]
    return picture(max(width, 500), height, f"The parts of Kubeflow {release} and what they require", shapes)
