# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What this does is documented in the module of the same name."""

from __future__ import annotations

import json
import platform
import time
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.release import __version__ as ansible_version

from ..module_utils._common.files import private_folder, write_private
from ..module_utils._render.plan import Plan, PlanError, load_plan
from ..plugin_utils.report.build import Inputs, build
from ..plugin_utils.report.model import Report
from ..plugin_utils.report.page import page

# By the names of the options: the phases whose modules returned them.
RESULTS = {"rendered": "render", "preflight": "preflight", "applied": "apply", "ready": "ready", "diagnosed": "diagnose"}
ARGUMENTS: dict[str, dict[str, Any]] = {
    "directory": {"type": "path", "required": True},
    "name": {"type": "str", "required": True},
    "release": {"type": "str", "required": True},
    "release_file": {"type": "dict", "default": {}},
    "parts": {"type": "list", "elements": "str", "default": []},
    "phases": {"type": "list", "elements": "str", "default": []},
    "plan": {"type": "path"},
    "digest": {"type": "str", "default": ""},
    "began": {"type": "float"},
    "provider": {"type": "str", "default": ""},
    "cluster_info": {"type": "dict", "default": {}},
    **{name: {"type": "dict", "default": {}} for name in RESULTS},
    "failed": {"type": "dict", "default": {}, "options": {name: {"type": "str", "default": ""} for name in ("phase", "msg")}},
    "dashboard": {
        "type": "dict",
        "default": {},
        "options": {name: {"type": "str", "default": ""} for name in ("command", "login", "note")},
    },
    "collection_version": {"type": "str", "default": "0.0.0"},
}


class ActionModule(ActionBase):  # type: ignore[misc]
    """Writes the report of a run. Its files are scratch, as the plan is, so this is no change and the same in check mode."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars or {})
        _checked, arguments = self.validate_argument_spec(ARGUMENTS)
        report = build(_inputs(arguments, check_mode=bool(self._task.check_mode)))
        files = {name: Path(arguments["directory"]) / f"report.{name}" for name in ("json", "html")}
        told = {
            "changed": False,
            "written": True,
            **{name: str(path) for name, path in files.items()},
            "verdict": {"state": report.verdict.state, "good": report.verdict.good, "text": report.verdict.text},
        }
        try:
            _write(report, files["json"], files["html"])
        except OSError as error:
            # A run that has done its work, or says why it could not, does not fail for its report.
            told |= {"written": False, "warnings": [f"The report cannot be written: {error.filename or files['json']}: {error.strerror}"]}
        return {**result, **told}


def _write(report: Report, data: Path, html: Path) -> None:
    private_folder(data.parent)
    write_private(data, json.dumps(report.document(), indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    write_private(html, page(report))


def _inputs(arguments: dict[str, Any], *, check_mode: bool) -> Inputs:
    return Inputs(
        name=arguments["name"],
        release=arguments["release"],
        release_file=arguments["release_file"],
        now=time.time(),
        began=arguments["began"],
        check_mode=check_mode,
        provider=arguments["provider"],
        parts=arguments["parts"],
        phases=arguments["phases"],
        results={phase: arguments[name] for name, phase in RESULTS.items()},
        failed=(arguments["failed"].get("phase", ""), arguments["failed"].get("msg", "")),
        cluster_info=arguments["cluster_info"],
        dashboard=arguments["dashboard"],
        runtime={
            "mlplatform.kubeflow": arguments["collection_version"],
            "ansible-core": ansible_version,
            "Python": platform.python_version(),
        },
        plan=_plan(arguments),
    )


def _plan(arguments: dict[str, Any]) -> Plan | None:
    """The plan that the run was about. Where a run has none, what an earlier one left there is not its own, but for a diagnosis."""
    if not arguments["plan"] or not (arguments["digest"] or arguments["diagnosed"]):
        return None
    try:
        return load_plan(Path(arguments["plan"]), arguments["release"], arguments["digest"])
    except PlanError:
        return None
