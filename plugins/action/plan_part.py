# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What this does is documented in the module of the same name."""

from __future__ import annotations

from typing import Any

from ..plugin_utils.changes import ChangesError
from ..plugin_utils.planned import plan_part
from ..plugin_utils.settings import BUNDLE, settle
from ..plugin_utils.tasks import SettingsAction
from ..plugin_utils.values import SettingsError

ARGUMENTS: dict[str, dict[str, Any]] = {"name": {"type": "str", "required": True}}
# What role kubeflow registers of M(mlplatform.kubeflow.release).
CHOSEN = "__kubeflow_chosen"


class ActionModule(SettingsAction):
    """Adds a part to the plan."""

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        task_vars = task_vars or {}
        result: dict[str, Any] = super().run(tmp, task_vars)
        _checked, arguments = self.validate_argument_spec(ARGUMENTS)
        name, roles = arguments["name"], self.roles()
        if CHOSEN not in task_vars:
            return {
                **result,
                "failed": True,
                "msg": f"Part {name} cannot be planned: no release was chosen before (role kubeflow, release.yml)",
            }
        chosen, options = task_vars[CHOSEN], roles.options(name)
        try:
            given = self.variables(task_vars).settings(options, chosen["settings"][BUNDLE], self.defaults())
            settings = settle(given, options)
            part = plan_part(roles, name, settings, chosen["release"])
        except SettingsError as error:
            return {**result, "failed": True, "msg": str(error)}
        except ChangesError as error:
            return {**result, "failed": True, "msg": f"roles/{name}/templates/changes.yml.j2 cannot be rendered: {error}"}
        return {**result, "changed": False, "part": part, "settings": settings}
