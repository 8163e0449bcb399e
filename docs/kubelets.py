# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The page that compares faults on a real kubelet with the same on the embedded cluster, from what a test has seen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

RECORD = Path(__file__).with_name("kubelets.json")
_HEAD = """# Faults on real nodes, and on the embedded cluster

What a cluster shows of a fault, once with a real kubelet (Kubernetes 1.34.4 in kind) and once on the embedded cluster, where
[`cluster_kwok_faults`](../roles/cluster_kwok/README.md#rehearse-a-failure) makes it. Names, times and addresses are left out, and what is
no sign of a fault: Scheduled, Pulling, Created, Started.

`tests/integration/test_faults_alike.py` makes both and holds this page against them.

"""


def read() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(RECORD.read_text(encoding="utf-8"))
    return found


def _cell(words: list[str]) -> str:
    return "<br>".join(word.replace("|", "\\|").replace("<", "&lt;") for word in words)


def page(recorded: dict[str, Any]) -> str:
    """The page for C(recorded), a fault each: what it is, what both show, and why they differ."""
    rows = ["| fault | a kubelet shows | the embedded cluster shows |", "|---|---|---|"]
    for entry in recorded.values():
        other = "the same" if entry["real"] == entry["embedded"] else f"{_cell(entry['embedded'])}<br>*{entry['why']}*"
        rows.append(f"| {entry['what']} | {_cell(entry['real'])} | {other} |")
    return _HEAD + "\n".join(rows) + "\n"
