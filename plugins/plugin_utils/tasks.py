# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A task's variables and its role, for actions that read settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase

from .roles import Roles
from .settings import Variables
from .values import SettingsError


class SettingsAction(ActionBase):  # type: ignore[misc]
    """An action that reads settings of the role that its task is in. It changes nothing, so check mode is like any other."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def roles(self) -> Roles:
        """The roles of this collection, by the role of the task."""
        if self._task._role is None:
            raise AnsibleActionFail(f"{self._task.action} reads the settings of a role, and belongs into a role's tasks.")
        return Roles(Path(self._task._role._role_path).parent)

    def defaults(self) -> Mapping[str, Any]:
        """Defaults of the role, not templated."""
        defaults: Mapping[str, Any] = self._task._role.get_default_vars()
        return defaults

    def variables(self, task_vars: Mapping[str, Any]) -> Variables:
        """The variables of the task's host."""

        def template(name: str, value: Any, before: Mapping[str, Any]) -> Any:
            templar = self._templar.copy_with_new_env(available_variables={**task_vars, **before}) if before else self._templar
            try:
                return templar.template(value)
            except AnsibleError as error:
                raise SettingsError([f"{name}: {' '.join(str(error).split())}"]) from error

        hostvars, host = task_vars.get("hostvars", {}), task_vars["inventory_hostname"]
        return Variables(task_vars, set(hostvars[host]) if host in hostvars else set(), template)
