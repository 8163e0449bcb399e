# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a cluster that a tool has made is reached."""

from __future__ import annotations

from pathlib import Path

from .._client.connection import connect


def server_of(kubeconfig: Path) -> str:
    """The URL of its API server.

    :raises ConnectionOptionsError: when the file names none.
    """
    return connect({"kubeconfig": str(kubeconfig)}, {}).host
