# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a cluster that a tool has made is reached, and whether its nodes are there."""

from __future__ import annotations

from pathlib import Path

from .._client.connection import connect
from .._client.http import Client
from .._client.nodes import is_ready
from .._common.deadline import Deadline


def server_of(kubeconfig: Path) -> str:
    """The URL of its API server.

    :raises ConnectionOptionsError: when the file names none.
    """
    return connect({"kubeconfig": str(kubeconfig)}, {}).host


def missing_nodes(client: Client, count: int, deadline: Deadline) -> str:
    """What is missing until so many nodes are ready; empty when all are.

    :raises ApiError: when the API server does not answer, or refuses.
    """
    nodes = client.get("/api/v1/nodes", deadline=deadline)["items"]
    ready = sum(map(is_ready, nodes))
    return "" if ready == count else f"{ready} of {count} nodes are ready"
