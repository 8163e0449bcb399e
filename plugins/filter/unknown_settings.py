# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Callable

from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.settings import unknown_settings


class FilterModule:
    """Names of variables that look like settings and are none."""

    def filters(self) -> dict[str, Callable[..., object]]:
        return {"unknown_settings": unknown_settings}
