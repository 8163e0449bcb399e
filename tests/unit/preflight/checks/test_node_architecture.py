# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The processors of nodes."""

from __future__ import annotations

import pytest
from checked import ask, found, node

ARM = node("arm", info={"architecture": "arm64"})


def test_without_nodes_nobody_knows() -> None:
    assert ask("node_architecture") is None


@pytest.mark.parametrize(
    ("nodes", "result", "remedy"), [([node()], "pass", ""), ([node(), ARM], "warn", "node_selector"), ([ARM], "warn", "kubeflow_images")]
)
def test_architectures(nodes: list[dict[str, object]], result: str, remedy: str) -> None:
    answer = found("node_architecture", found={"nodes": nodes})
    assert answer.result == result and remedy in answer.remedy
