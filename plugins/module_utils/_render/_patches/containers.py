# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pod templates and their containers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..._objects.objects import pod_template, template_path
from .change import Object


def containers_of(item: Object) -> list[dict[str, Any]]:
    """Containers of a workload's pods, without those that run before them."""
    return [*(((pod_template(item) or {}).get("spec") or {}).get("containers") or ())]


def all_containers_of(item: Object) -> list[dict[str, Any]]:
    """Also those."""
    return [*(((pod_template(item) or {}).get("spec") or {}).get("initContainers") or ()), *containers_of(item)]


def in_template(item: Object, spec: Mapping[str, Any] | None = None, **metadata: Any) -> Object:
    """A patch of the spec (and metadata) of a workload's pods."""
    patch: Object = {**({"spec": dict(spec)} if spec else {}), **({"metadata": metadata} if metadata else {})}
    for step in reversed(template_path(item) or ()):
        patch = {step: patch}
    return patch
