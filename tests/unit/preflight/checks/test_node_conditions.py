# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether nodes are well."""

from __future__ import annotations

import pytest
from checked import ask, found, node, workload

PRESSED = node("two", conditions=[{"type": "DiskPressure", "status": "True"}])


@pytest.mark.parametrize(
    ("nodes", "result", "words"),
    [
        ([node()], "pass", "1 of 1 nodes are ready"),
        ([], "fail", "no nodes"),
        ([node(ready=False)], "fail", "node one is not ready: as it is"),
        ([node(), node("two", ready=False)], "warn", "node two is not ready"),
        ([node(), PRESSED], "warn", "node two has DiskPressure"),
        ([PRESSED], "fail", "DiskPressure"),
    ],
)
def test_nodes(nodes: list[dict[str, object]], result: str, words: str) -> None:
    answer = found("node_conditions", workload("a"), found={"nodes": nodes})
    assert answer.result == result and words in answer.message


def test_a_plan_without_pods_needs_no_nodes() -> None:
    assert ask("node_conditions") is None
