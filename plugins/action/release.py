# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What this does is documented in the module of the same name."""

from __future__ import annotations

import time
from typing import Any

from ..plugin_utils.release import choose
from ..plugin_utils.tasks import SettingsAction
from ..plugin_utils.values import SettingsError

ARGUMENTS: dict[str, dict[str, Any]] = {
    "phases": {"type": "list", "elements": "str", "required": True},
    "run_tags": {"type": "list", "elements": "str", "default": []},
    "skip_tags": {"type": "list", "elements": "str", "default": []},
    "choose_parts": {"type": "bool", "default": True},
}


class ActionModule(SettingsAction):
    """Chooses a release and its parts."""

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        began = time.time()
        _checked, arguments = self.validate_argument_spec(ARGUMENTS)
        try:
            chosen = choose(self.roles(), self.variables(task_vars or {}), self.defaults(), **arguments)
        except SettingsError as error:
            return {**result, "failed": True, "msg": str(error)}
        return {**result, "changed": False, "began": began, **chosen}
