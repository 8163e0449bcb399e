# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where all providers keep the files of their clusters, and which kubeconfigs they may replace."""

from __future__ import annotations

import os
from pathlib import Path

from .._objects.manifests import read_mapping


def state_root() -> Path:
    """The user's state folder of this collection: C($XDG_STATE_HOME/mlplatform.kubeflow), by default below C(~/.local/state)."""
    base = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(base).expanduser() / "mlplatform.kubeflow"


def is_replaceable(kubeconfig: Path, context: str) -> bool:
    """Whether a file may be overwritten and removed: it is absent, empty, or names the cluster of C(context) alone."""
    try:
        content = read_mapping(kubeconfig)
    except FileNotFoundError:
        return True
    except (OSError, ValueError):
        return False
    if not content:
        return True
    return [found.get("name") for found in content.get("contexts") or []] == [context]
