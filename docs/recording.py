# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A run of C(make kubeflow) as a picture of a terminal, with the second at which each line came.

Recorded anew, on an embedded cluster that is made for it, by::

    make clean; PYTHONPATH=.collections python docs/recording.py
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

from drawing import box, dot, picture, text

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.state import state_root

FILE = Path(__file__).with_name("recording.json")
Line = tuple[float, str]
"""Seconds since the start, and what was written."""

# What is left out: parts one by one, what only looks, and how roles are put together.
_OUT = re.compile(
    r": Plan \w+\]|Validating arguments|\[Get the binaries\]|\[Get kustomize\]|Keep their paths|Refuse |Look at what there is|Say what "
)
_TABLE = re.compile(r" +\w+ +\d+ +\d+ +\d+")
_SHOWN = 4
_CHARACTER, _ROW = 7.3, 17


def record() -> list[Line]:
    """:raises subprocess.CalledProcessError: when the run fails."""
    environment = {**os.environ, "ANSIBLE_NOCOLOR": "1", "PYTHONUNBUFFERED": "1"}
    command = ["make", "--silent", "kubeflow"]
    start, lines = time.monotonic(), list[Line]()
    with subprocess.Popen(command, cwd=FILE.parents[1], env=environment, stdout=subprocess.PIPE, text=True) as run:
        for written in run.stdout or ():
            words = written.rstrip("\n").replace(str(state_root()), "~/.local/state/mlplatform.kubeflow")
            lines.append((round(time.monotonic() - start, 1), words))
    if run.returncode:
        raise subprocess.CalledProcessError(run.returncode, command)
    return lines


def brief(lines: Iterable[Line]) -> list[Line]:
    """The lines that matter: headers of tasks that do something, each with its result behind it, and what a run says in words."""
    found: list[Line] = []
    task = ""
    rows = 0
    for second, words in lines:
        # Of the table the first parts, which shows how it is read.
        rows = rows + 1 if _TABLE.fullmatch(words) else 0
        if rows == _SHOWN + 1:
            found.append((second, "    …"))
        if rows > _SHOWN:
            continue
        if words.startswith(("TASK [", "PLAY [")):
            name = words.partition("[")[2].partition("]")[0]
            task = "" if _OUT.search(f"{words.rstrip(' *')}") or words.startswith("PLAY") else name.rpartition(" : ")[2]
        elif task and re.match(r"(ok|changed): ", words):
            found.append((second, f"{words.partition(':')[0]:<8} {task}"))
        elif words.startswith("        "):
            found.append((second, words[4:]))
    return found


def draw(lines: Iterable[Line]) -> str:
    rows = [(0.0, "$ make kubeflow"), *brief(lines)]
    width = max(len(words) for _second, words in rows) * _CHARACTER + 100
    shapes = [box(0.5, 0.5, width - 1, 33, fill="box")]
    shapes += [dot(20 + 18 * place, 17, 5, fill="line") for place in range(3)]
    shapes.append(text(width / 2, 21, "make kubeflow", size=12, colour="faint", anchor="middle"))
    before = -1.0
    for row, (second, words) in enumerate(rows):
        y = 58 + _ROW * row
        if second != before:
            shapes.append(text(62, y, f"{second:.1f} s", size=11, colour="faint", anchor="end", font="mono"))
        before = second
        state, rest = words[:9], words[9:]
        if state.strip() in ("ok", "changed"):
            shapes.append(text(80, y, state, size=12, colour="good" if state.startswith("ok") else "change", font="mono"))
            shapes.append(text(80 + 9 * _CHARACTER, y, rest, size=12, font="mono"))
        else:
            shapes.append(text(80, y, words, size=12, font="mono"))
    return picture(width, 58 + _ROW * len(rows) + 6, "A run of make kubeflow", shapes)


def read() -> list[Line]:
    return [(second, words) for second, words in json.loads(FILE.read_text(encoding="utf-8"))]


if __name__ == "__main__":
    FILE.write_text("[\n" + ",\n".join(json.dumps(one, ensure_ascii=False) for one in record()) + "\n]\n", encoding="utf-8")
