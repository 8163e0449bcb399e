# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The page about report.json, from its JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.report.verdict import STATES

SCHEMA = Path(__file__).with_name("report.schema.json")
HEAD = """\
# The report of a run

After each run with phase `report`, and after one that failed, two files are in the cluster's work directory
([`kubeflow_work_directory`](settings/kubeflow.md#kubeflow_work_directory)), readable by their owner alone. The end of a run says where.

- `report.html` is one page for people: how the run ended, what is wrong and what to do, what became of each part and when, what the run waited
  for, what the plan requests of the cluster. It needs no network, no script and no other file, so it can be mailed, printed, or kept by CI.
- `report.json` is the same for programs, described here and by [report.schema.json](report.schema.json) (JSON Schema 2020-12).

Both are scratch, as the plan beside them is: the next run writes them anew, check mode writes them, too, and none of it counts as a change.
Neither holds a credential. What the Secrets of the plan hold is masked wherever it stands, also in messages of the cluster.

    jq -r '.findings[] | .cause, .remedy' report.json                      # causes of what is wrong, and what to do
    jq -r '.parts[] | select(.state != "ready").name' report.json          # parts that are not ready
    jq -r '.waits[] | "\\(.seconds) s  \\(.name)"' report.json               # what took so long

Moments are seconds since the run began. What was before it is negative, what nobody knows is null. Sizes are bytes, CPU is in cores.

## States of a verdict
"""


def draw() -> str:
    """The whole page."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    lines = [HEAD, "| state | meaning |", "|---|---|", *(f"| `{state}` | {meaning} |" for state, meaning in STATES.items())]
    lines += ["", "## The document", "", *_table(schema)]
    for name, one in schema["$defs"].items():
        lines += ["", f"## {name}", "", one["description"], "", *_table(one)]
    return "\n".join(lines) + "\n"


def _table(one: Mapping[str, Any]) -> Iterator[str]:
    yield "| field | type | |"
    yield "|---|---|---|"
    for name, field in one["properties"].items():
        yield f"| `{name}` | {_type(field)} | {field['description']} |"


def _type(field: Mapping[str, Any]) -> str:
    if "anyOf" in field:
        return " or ".join(_type(one) for one in field["anyOf"])
    if "$ref" in field:
        name = field["$ref"].rpartition("/")[2]
        return f"[{name}](#{name})"
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        return "one of " + ", ".join(f"`{value}`" for value in field["enum"])
    if field["type"] == "array":
        return f"list of {_type(field['items'])}"
    types = field["type"] if isinstance(field["type"], list) else [field["type"]]
    return " or ".join(types) + (f" ({field['format']})" if "format" in field else "")
