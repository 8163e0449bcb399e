# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What of a plan names which image: pods, and arguments, ConfigMaps and custom resources."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ..._objects.objects import key_of, pod_template
from ..._readiness.pods import spec_containers
from ..._registry.ask import Manifest
from ..._render._patches.images import images_of, named_images
from ..._render._patches.reference import Reference
from ..._render.plan import Part

# Istio's injector puts its own in the place of this one.
_BY_INJECTOR = "auto"


@dataclass
class Use:
    """One image of a plan.

    * C(image): as one of those writes it that name it; C(by): all of them, for people.
    * C(pulled): whether pods of the plan need it. Others are for what users make later: notebooks, pipelines, model servers.
    * C(secrets): whether it may be pulled with a login, as something in its namespace has one.
    """

    image: Reference
    by: list[str] = field(default_factory=list)
    pulled: bool = False
    secrets: bool = False


def uses(parts: Iterable[Part]) -> tuple[dict[Manifest, Use], int]:
    """All images, by what a registry is asked for, and how many names are left out.

    A name in a text without a tag or digest may be the beginning of one, like C(docker.io/istio) of Istio's C(hub), and is left out.
    """
    found: dict[Manifest, Use] = {}
    left: set[Reference] = set()
    parts = tuple(parts)
    logins = {namespace for part in parts for item in part.objects if (namespace := _with_login(item)) is not None}
    for part in parts:
        for item in part.objects:
            pulled, contained = _pulled(item), images_of([item])
            for image in named_images([item]):
                if image.name == _BY_INJECTOR:
                    continue
                if not (image.tag or image.digest or image in contained):
                    left.add(image)
                    continue
                use = found.setdefault(manifest_of(image), Use(image))
                key = key_of(item)
                use.by.append(f"{key.kind} {key.namespace + '/' if key.namespace else ''}{key.name} of part {part.name}")
                use.pulled |= image in pulled
                use.secrets |= key.namespace in logins
    return found, len(left)


def manifest_of(image: Reference) -> Manifest:
    """As container engines read it: a digest wins over a tag, and without both it is C(latest)."""
    return Manifest(*image.canonical, image.digest or image.tag or "latest")


def _pulled(item: dict[str, Any]) -> set[Reference]:
    template = pod_template(item)
    containers = spec_containers(template) if template else ()
    texts = (one.get("image") for one in containers if one.get("imagePullPolicy") != "Never")
    return {image for text in texts if isinstance(text, str) and (image := Reference.parse(text))}


def _with_login(item: dict[str, Any]) -> str | None:
    """The namespace in which an object names pull secrets."""
    holder = item if item["kind"] == "ServiceAccount" else ((pod_template(item) or {}).get("spec") or {})
    return (item["metadata"].get("namespace") or "") if holder.get("imagePullSecrets") else None
