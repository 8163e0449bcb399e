# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An Ansible callback that writes when each task began and ended on each host, and what apply and ready returned."""

from __future__ import annotations

DOCUMENTATION = r"""
name: timeline
type: notification
short_description: Writes when each task began and ended to the file in BENCH_TIMELINE
description:
  - One JSON list of tasks, with seconds since the start of ansible-playbook.
"""

import json
import os
import time
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

_KEPT = ("mlplatform.kubeflow.apply", "mlplatform.kubeflow.ready", "mlplatform.kubeflow.render")


def _process_started() -> float:
    """Epoch of this process, so that the start of Ansible itself counts."""
    ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    uptime = float(Path("/proc/uptime").read_text().split()[0])
    return time.time() - (uptime - ticks / os.sysconf("SC_CLK_TCK"))


class CallbackModule(CallbackBase):  # type: ignore[misc]
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "timeline"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._zero = _process_started()
        self._tasks: list[dict[str, Any]] = []
        self._begun: dict[tuple[str, str], float] = {}

    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        self._begun[host.get_name(), task._uuid] = time.time()

    def _ended(self, result: Any, **_more: Any) -> None:
        host, task = result._host.get_name(), result._task
        entry = {
            "host": host,
            "task": task.get_name(),
            "action": task.action,
            "start": round(self._begun.get((host, task._uuid), time.time()) - self._zero, 3),
            "end": round(time.time() - self._zero, 3),
        }
        if task.action in _KEPT:
            entry["result"] = {name: result._result[name] for name in ("parts", "seconds") if name in result._result}
        self._tasks.append(entry)

    v2_runner_on_ok = v2_runner_on_failed = v2_runner_on_skipped = _ended

    def v2_playbook_on_stats(self, stats: Any) -> None:
        if path := os.environ.get("BENCH_TIMELINE"):
            Path(path).write_text(json.dumps(self._tasks), encoding="utf-8")
