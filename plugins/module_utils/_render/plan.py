# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A plan on disk: the rendered objects of the chosen parts, in order.

plan.json                      the release, its parts in order, and the parts that the cluster has from elsewhere
<part>/kustomization.yaml      what was built, for people
<part>/objects.yaml            the built objects, for people
<part>/objects.json            the same, for modules (parsing JSON is about twenty times faster)
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._common.garbage import all_stays
from .._objects.manifests import outline
from .._objects.objects import Key, key_of

INDEX = "plan.json"


class PlanError(Exception):
    """The plan cannot be read, or contradicts itself."""


@dataclass(frozen=True)
class Part:
    """One rendered part."""

    name: str
    objects: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Plan:
    """The rendered parts of one release, in order."""

    release: str
    parts: tuple[Part, ...]
    provided: tuple[Part, ...] = ()
    """Parts that are on the cluster from elsewhere: to be looked for, not to be applied."""

    def owners(self) -> dict[Key, str]:
        """The part of every object.

        :raises PlanError: when an object is in two parts, since then neither could be removed or changed alone.
        """
        owners: dict[Key, str] = {}
        for part in self.parts:
            for item in part.objects:
                key = key_of(item)
                if key in owners:
                    raise PlanError(
                        f"{key} is in two places of the plan: part {owners[key]} and part {part.name}. An object belongs to one part."
                    )
                owners[key] = part.name
        return owners


def _checked(item: Any) -> dict[str, Any]:
    """What every reader of a plan relies on; the rest of an object is the API server's to judge."""
    if not isinstance(item, dict) or not all(isinstance(item.get(name), str) for name in ("apiVersion", "kind")):
        raise ValueError(f"not a Kubernetes object (no apiVersion or kind): {outline(item)}")
    metadata = item.get("metadata")
    if (
        not isinstance(metadata, dict)
        or not isinstance(metadata.get("name"), str)
        or not isinstance(metadata.get("namespace", ""), str | None)
    ):
        raise ValueError(f"a {item['kind']} has no name: {str(metadata)[:120]}")
    for field in ("labels", "annotations"):
        given = metadata.get(field) or {}
        if not isinstance(given, dict) or not all(isinstance(value, str | None) for value in given.values()):
            raise ValueError(f"{item['kind']} {metadata['name']}: its {field} are not text by name: {str(given)[:120]}")
    return item


def _parts(folder: Path, names: Iterable[str]) -> tuple[Part, ...]:
    return tuple(Part(name, tuple(map(_checked, json.loads((folder / name / "objects.json").read_bytes())))) for name in names)


def plan_spec() -> dict[str, dict[str, Any]]:
    """The options of a module that works on a plan; documented in the fragment C(mlplatform.kubeflow._plan)."""
    return {"plan": {"type": "path", "required": True}, "release": {"type": "str"}}


@all_stays()
def load_plan(folder: Path, release: str | None = None) -> Plan:
    """Read a plan that M(mlplatform.kubeflow.render) wrote.

    :arg release: the release that it has to be of; None for any.
    :raises PlanError: when there is none, or it is damaged, or of another release.
    """
    try:
        index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        plan = Plan(index["release"], _parts(folder, index["parts"]), _parts(folder, index.get("provided", ())))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PlanError(
            f"No usable plan in {folder} ({error}). Render it first: --tags render, or module mlplatform.kubeflow.render."
        ) from error
    if release is not None and plan.release != release:
        raise PlanError(f"The plan in {folder} is of Kubeflow {plan.release}, not of {release}. Render it again: --tags render")
    return plan
