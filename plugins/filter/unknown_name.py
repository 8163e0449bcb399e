# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.selection import unknown_name


class FilterModule:
    """Words for a name that is not known."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"unknown_name": unknown_name}
