# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Registries of a plan, asked by nodes for an image that they do not have."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..._objects.objects import pod_template
from ..._readiness.pods import spec_containers
from ..._render._patches.reference import Reference

_MOST = 10


def asked_of(objects: Iterable[dict[str, Any]], tag: str) -> dict[str, tuple[str, str]]:
    """By container name, a registry and an image of the plan in it, with a C(tag) that nobody has.

    A registry answers that it is not there, or that it wants a login: nothing is downloaded, and no limit of downloads is touched.
    """
    found: dict[str, str] = {}
    for item in objects:
        template = pod_template(item)
        for container in spec_containers(template) if template else ():
            image = Reference.parse(str(container.get("image") or ""))
            if image is not None:
                found.setdefault(image.canonical[0], image.name)
    return {f"registry-{number}": (registry, f"{name}:{tag}") for number, (registry, name) in enumerate(sorted(found.items())[:_MOST])}
