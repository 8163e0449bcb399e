# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What this does is documented in the module of the same name."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

from ansible.plugins.action import ActionBase

from ..module_utils._apiserver.errors import NodeError
from ..module_utils._apiserver.token_request import Wish
from ..module_utils._client.connection import ConnectionOptionsError, connection_spec, named_cluster
from ..module_utils._client.http import ApiError
from ..module_utils._client.identity import AnotherClusterError, kubernetes_version, same_cluster
from ..module_utils._common.deadline import Deadline
from ..module_utils._common.naming import name_options
from ..plugin_utils.api_server import ApiServer
from ..plugin_utils.apiserver_patch import ApiserverPatch, How, Outcome
from ..plugin_utils.node import Node

ARGUMENTS: dict[str, dict[str, Any]] = {
    **connection_spec(),
    "service_account_issuer": {"type": "str", "default": ""},
    "api_audiences": {"type": "list", "elements": "str", "default": []},
    "service_account_signing_key_file": {"type": "str", "default": ""},
    "service_account_key_file": {"type": "str", "default": ""},
    "replace_issuer": {"type": "bool", "default": False},
    "check_keys": {"type": "bool", "default": True},
    "manifest": {"type": "str", "default": "/etc/kubernetes/manifests/kube-apiserver.yaml"},
    "backup_folder": {"type": "str", "default": "/etc/kubernetes/mlplatform-backups"},
    "pod_logs": {"type": "str", "default": "/var/log/pods"},
    "node_name": {"type": "str", "default": ""},
    "command_prefix": {"type": "list", "elements": "str", "default": []},
    "timeout": {"type": "int", "default": 300},
}
# Before anything is changed: how long the API may take to say who it is.
_ANSWER_SECONDS = 20
_ABSOLUTE = re.compile(r"(/[^/\x00-\x1f\x7f]+)+")


class ActionModule(ActionBase):  # type: ignore[misc]
    """Changes flags of kube-apiserver by the connection's shell; the edit itself is made here, so that the machine needs nothing."""

    TRANSFERS_FILES = False
    _requires_connection = True
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars or {})
        _checked, arguments = self.validate_argument_spec(ARGUMENTS)
        # For this task: each has a process of its own.
        name_options(arguments)
        outcome = Outcome()
        try:
            wish, how = _wish(arguments), _how(arguments)
            cluster = named_cluster({name: arguments[name] for name in connection_spec()})
            if cluster.source.warning:
                outcome.warnings.append(cluster.source.warning)
            connect, deadline = cluster.clients(), Deadline(_ANSWER_SECONDS)
            client = connect()
            version = kubernetes_version(client, deadline)
            same_cluster(client, arguments["cluster"], deadline)
            patch = ApiserverPatch(
                Node(self._execute, arguments["command_prefix"]),
                ApiServer(client, connect),
                version,
                wish,
                how,
                check=bool(self._task.check_mode),
            )
            patch.outcome.warnings += outcome.warnings
            outcome = patch.outcome
            patch.run()
        except (ConnectionOptionsError, AnotherClusterError, NodeError) as error:
            return {**result, **_told(outcome), "failed": True, "msg": " ".join(str(error).split())}
        except ApiError as error:
            state = " The manifest is changed, and the API serves it." if outcome.changed else ""
            return {
                **result,
                **_told(outcome),
                "failed": True,
                "msg": f"The API server does not answer as it should: {error.message}.{state}",
            }
        told = _told(outcome)
        return {**result, **told, "diff": outcome.diff} if self._task.diff else {**result, **told}

    def _execute(self, command: str) -> Mapping[str, Any]:
        done: Mapping[str, Any] = self._low_level_execute_command(command)
        return done


def _wish(arguments: Mapping[str, Any]) -> Wish:
    return Wish(
        issuer=arguments["service_account_issuer"].strip(),
        api_audiences=tuple(dict.fromkeys(audience.strip() for audience in arguments["api_audiences"] if audience.strip())),
        signing_key_file=arguments["service_account_signing_key_file"].strip(),
        key_file=arguments["service_account_key_file"].strip(),
        replace_issuer=arguments["replace_issuer"],
    )


def _how(arguments: Mapping[str, Any]) -> How:
    for option in ("manifest", "backup_folder", "pod_logs"):
        if not _ABSOLUTE.fullmatch(arguments[option]):
            raise NodeError(f"{option} is {arguments[option]!r}: an absolute path on the machine is meant")
    if arguments["timeout"] <= 0:
        raise NodeError(f"timeout is {arguments['timeout']}: seconds are meant, more than none")
    return How(**{option.name: arguments[option.name] for option in dataclasses.fields(How)})


def _told(outcome: Outcome) -> dict[str, Any]:
    told = dataclasses.asdict(outcome)
    del told["diff"]
    if not told["warnings"]:
        del told["warnings"]
    return told
