# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a pod mounts or names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .objects import Key


def references(pod_spec: Mapping[str, Any], namespace: str, *, optional: bool = False) -> Iterator[Key]:
    """Objects without which a pod does not start; with C(optional), also what it can do without."""
    for kind, name in _named(pod_spec, optional):
        if name:
            yield Key("", kind, namespace, name)
    if pod_spec.get("priorityClassName"):
        yield Key("scheduling.k8s.io", "PriorityClass", "", pod_spec["priorityClassName"])


def _named(pod_spec: Mapping[str, Any], optional: bool) -> Iterator[tuple[str, str]]:
    # serviceAccount is the older spelling of the same field.
    yield "ServiceAccount", pod_spec.get("serviceAccountName") or pod_spec.get("serviceAccount") or ""
    for volume in pod_spec.get("volumes") or ():
        for source in (volume, *((volume.get("projected") or {}).get("sources") or ())):
            yield from _one(source.get("configMap"), "ConfigMap", "name", optional)
            # A volume says secretName, a projected source says name.
            yield from _one(source.get("secret"), "Secret", "secretName" if source is volume else "name", optional)
        yield from _one(volume.get("persistentVolumeClaim"), "PersistentVolumeClaim", "claimName", optional)
    for container in (*(pod_spec.get("initContainers") or ()), *(pod_spec.get("containers") or ())):
        for source in container.get("envFrom") or ():
            yield from _one(source.get("configMapRef"), "ConfigMap", "name", optional)
            yield from _one(source.get("secretRef"), "Secret", "name", optional)
        for variable in container.get("env") or ():
            source = variable.get("valueFrom") or {}
            yield from _one(source.get("configMapKeyRef"), "ConfigMap", "name", optional)
            yield from _one(source.get("secretKeyRef"), "Secret", "name", optional)


def _one(reference: Mapping[str, Any] | None, kind: str, field: str, optional: bool) -> Iterator[tuple[str, str]]:
    if reference and (optional or not reference.get("optional")):
        yield kind, reference.get(field) or ""
