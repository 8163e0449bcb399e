# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An action that runs the module of the same name, shows how far it is, and does not leave it behind."""

from __future__ import annotations

import time
from typing import Any

from ansible import constants as C
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible.utils.multiprocessing import context

from .following import Following
from .progress import Progress
from .standard_error import IS_TERMINAL, last_words

display = Display()


class LiveAction(ActionBase):  # type: ignore[misc]
    """Runs a module with a channel (C(module_utils/_common/channel.py)).

    Lines go to the standard error, since ansible-playbook flushes its standard output only when it forks a worker: into a pipe, as in CI, they
    would come when the task is over. What was shown before the task is flushed by then, so that the order is right.
    """

    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        task_vars = task_vars or {}
        result: dict[str, Any] = super().run(tmp, task_vars)
        following = None if self._task.async_val or self._task.check_mode else self._following(task_vars)
        if following is None:
            wrap_async = self._task.async_val and not self._connection.has_native_async
            result.update(self._execute_module(task_vars=task_vars, wrap_async=wrap_async))
            if not wrap_async:
                self._remove_tmp_path(self._connection._shell.tmpdir)
            return result
        try:
            with following:
                arguments = {**self._task.args, "progress": following.path}
                result.update(self._execute_module(module_args=arguments, task_vars=task_vars))
                self._remove_tmp_path(self._connection._shell.tmpdir)
        finally:
            if following.reason:
                last_words(self._half(following, result, task_vars))
                following.leave()
        return result

    def _following(self, task_vars: dict[str, Any]) -> Following | None:
        """None where a module cannot have a channel, or needs none."""
        if self._connection.transport != "local":
            return None
        quiet = self._task.no_log or not boolean(self._task.args.get("show_progress", True), strict=False)
        # On a terminal of AWX nobody looks on either: each line is an event.
        terminal = IS_TERMINAL and C.DEFAULT_STDOUT_CALLBACK != "awx_display"
        progress = Progress(self._title(), self._host(task_vars), terminal, time.monotonic())
        parent = context.parent_process()
        try:
            return Following(
                C.DEFAULT_LOCAL_TMP,
                progress,
                (lambda _line: None) if quiet else (lambda line: display.display(line, stderr=True)),
                parent.pid if parent else None,
            )
        except OSError as error:
            display.vvv(f"No progress of {self._task.action}: {error}")
            return None

    def _title(self) -> str:
        return str(self._task.name or self._task.action)

    def _host(self, task_vars: dict[str, Any]) -> str:
        """What lines begin with: the host, where there are several."""
        return str(task_vars["inventory_hostname"]) if len(task_vars.get("ansible_play_hosts_all") or ()) > 1 else ""

    def _half(self, following: Following, result: dict[str, Any], task_vars: dict[str, Any]) -> str:
        """Which half is done, in the module's words."""
        host = self._host(task_vars)
        if following.killed:
            words = "the module did not end, and was killed. What is applied stays; the next run finishes it."
        else:
            words = str(result.get("msg")) if result.get("failed") or result.get("reason") else "it had come to its end by then."
        return f"\n{f'[{host}] ' if host else ''}{self._title()}, {following.reason}: {words}\n"
