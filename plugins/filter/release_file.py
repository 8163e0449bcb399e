# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.release_file import read_release


def release_file(name: str, folder: str) -> dict[str, Any]:
    """A release by its name."""
    release: dict[str, Any] = read_release(Path(folder), name)
    return release


class FilterModule:
    """What is known of a release."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"release_file": release_file}
