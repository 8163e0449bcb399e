# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Settings as options of a module."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from ..._common.naming import option_name
from .change import Change, ChangeError
from .compile import Common
from .images import Images
from .volumes import VolumeSetting
from .workloads import Pods, WorkloadSetting

_LISTS = {
    "type": "list",
    "elements": "dict",
    "default": [],
    "options": {
        "path": {"type": "list", "elements": "str", "required": True},
        "where": {"type": "dict", "default": {}},
        "merge": {"type": "dict", "default": {}},
        "append": {"type": "list", "elements": "raw", "default": []},
    },
}
CHANGE = {
    "setting": {"type": "str", "required": True},
    "kind": {"type": "str", "required": True},
    "name": {"type": "str", "required": True},
    "namespace": {"type": "str", "default": ""},
    "merge": {"type": "dict"},
    "document": {
        "type": "dict",
        "options": {"key": {"type": "str", "required": True, "no_log": False}, "merge": {"type": "raw"}, "lists": _LISTS},
    },
    "arguments": {
        "type": "dict",
        "options": {"container": {"type": "str", "required": True}, "flags": {"type": "dict", "required": True}},
    },
    "lists": _LISTS,
    "rename": {"type": "str", "default": ""},
    "restarts": {"type": "list", "elements": "str", "default": []},
    "remove": {"type": "bool", "default": False},
    "instead": {"type": "str", "default": ""},
    "add": {"type": "dict", "default": {}},
}
_TOLERATION = {
    "key": {"type": "str", "no_log": False},
    "operator": {"type": "str", "choices": ["Equal", "Exists"]},
    "value": {"type": "str"},
    "effect": {"type": "str", "choices": ["NoSchedule", "PreferNoSchedule", "NoExecute"]},
    "tolerationSeconds": {"type": "int"},
}
_WORKLOAD = {
    "part": {"type": "str", "default": "*"},
    "name": {"type": "str", "default": "*"},
    "container": {"type": "str", "default": "*"},
    "replicas": {"type": "int"},
    "resources": {"type": "dict", "options": {"requests": {"type": "dict"}, "limits": {"type": "dict"}}},
    "node_selector": {"type": "dict"},
    "tolerations": {"type": "list", "elements": "dict", "default": [], "options": _TOLERATION},
    "priority_class": {"type": "str", "default": ""},
}
_VOLUME = {
    "part": {"type": "str", "default": "*"},
    "name": {"type": "str", "default": "*"},
    "size": {"type": "str", "default": ""},
    "storage_class": {"type": "str", "default": ""},
}


def _given(value: Any) -> Any:
    """Without what was left out: Ansible fills in None."""
    if isinstance(value, Mapping):
        return {name: _given(inner) for name, inner in value.items() if inner is not None}
    return [_given(inner) for inner in value] if isinstance(value, list) else value


def change_of(given: Mapping[str, Any]) -> Change:
    """What one setting changes. Inside of it, None means that something goes."""
    return Change(**{name: value for name, value in given.items() if value is not None})


def _factor(resources: str) -> Decimal | None:
    """None for what is no factor."""
    if resources in ("upstream", "none"):
        return Decimal(resources == "upstream")
    try:
        factor = Decimal(resources)
    except InvalidOperation:
        return None
    return factor if factor.is_finite() and factor >= 0 else None


def common_spec() -> dict[str, dict[str, Any]]:
    """Options for all parts; documented in the fragment C(mlplatform.kubeflow._settings)."""
    return {
        "workloads": {"type": "list", "elements": "dict", "default": [], "options": _WORKLOAD},
        "volumes": {"type": "list", "elements": "dict", "default": [], "options": _VOLUME},
        "resources": {"type": "str", "default": "upstream"},
        "image_registries": {"type": "dict", "default": {}},
        "images": {"type": "dict", "default": {}},
        "image_map": {"type": "dict", "default": {}},
        "image_pull_policy": {"type": "str", "choices": ["", "Always", "IfNotPresent", "Never"], "default": ""},
        "image_pull_secrets": {"type": "list", "elements": "str", "default": [], "no_log": False},
        "labels": {"type": "dict", "default": {}},
        "annotations": {"type": "dict", "default": {}},
        "network_policies": {"type": "bool", "default": True},
    }


def common_of(params: Mapping[str, Any]) -> Common:
    """What the options say.

    :raises ChangeError: when one of them has a value that makes no sense.
    """
    factor = _factor(params["resources"])
    if factor is None:
        raise ChangeError(f"{option_name('resources')} is {params['resources']}: it is upstream, none, or a factor like 0.5")
    return Common(
        workloads=tuple(WorkloadSetting(**_given(entry)) for entry in params["workloads"]),
        volumes=tuple(VolumeSetting(**_given(entry)) for entry in params["volumes"]),
        pods=Pods(factor, params["image_pull_policy"], tuple(params["image_pull_secrets"])),
        images=Images.of(params["image_registries"] or {}, params["images"] or {}, params["image_map"] or {}),
        labels=params["labels"],
        annotations=params["annotations"],
        network_policies=params["network_policies"],
    )
