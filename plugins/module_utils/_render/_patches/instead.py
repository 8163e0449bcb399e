# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pods that read a ConfigMap or Secret of the user's instead of upstream's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..._objects.objects import pod_template
from .change import Object
from .containers import in_template

# Where a pod names one, by its kind: in a volume, a projected source, all of a container's environment, one variable.
_FIELDS = {
    "Secret": (("secret", "secretName"), ("secret", "name"), "secretRef", "secretKeyRef"),
    "ConfigMap": (("configMap", "name"), ("configMap", "name"), "configMapRef", "configMapKeyRef"),
}


def instead(item: Object, kind: str, old: str, new: str) -> Object | None:
    """A patch of a workload whose pods read C(old), or None for any other object. Keys stay as they are."""
    spec = (pod_template(item) or {}).get("spec") or {}
    volume, source, whole, variable = _FIELDS[kind]

    def renamed(value: Any, within: str, field: str) -> Any:
        inner = value.get(within) if isinstance(value, Mapping) else None
        return {**value, within: {**inner, field: new}} if inner and inner.get(field) == old else value

    def volumes(entry: Object) -> Object:
        entry = renamed(entry, *volume)
        sources = (entry.get("projected") or {}).get("sources")
        return {**entry, "projected": {**entry["projected"], "sources": [renamed(one, *source) for one in sources]}} if sources else entry

    def container(entry: Object) -> Object:
        environment = [
            {**one, "valueFrom": renamed(one["valueFrom"], variable, "name")} if one.get("valueFrom") else one
            for one in entry.get("env") or ()
        ]
        sources = [renamed(one, whole, "name") for one in entry.get("envFrom") or ()]
        changed = {
            "env": _changed(entry.get("env"), environment),
            "envFrom": sources if sources != list(entry.get("envFrom") or ()) else [],
        }
        found = {name: value for name, value in changed.items() if value}
        return {"name": entry["name"], **found} if found else entry

    parts: Mapping[str, Callable[[Object], Object]] = {"volumes": volumes, "initContainers": container, "containers": container}
    patch = {name: _changed(spec.get(name), [change(entry) for entry in spec.get(name) or ()]) for name, change in parts.items()}
    patch = {name: entries for name, entries in patch.items() if entries}
    return in_template(item, patch) if patch else None


def _changed(before: list[Object] | None, after: list[Object]) -> list[Object]:
    """Only those that differ: a patch finds the others by name."""
    return [new for old, new in zip(before or (), after, strict=True) if new != old]
