# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The plan that all contenders get: rendered once per release by the collection itself."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.objects import Key, key_of, pod_template
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render.plan import load_plan

from .cluster import BenchError, play, write_inventory

Thing = dict[str, Any]
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


@dataclass(frozen=True)
class Prepared:
    """What a release is installed with: paths of binaries, upstream's C(example), what controllers own and make.

    C(apply) is what upstream's README pipes the built example into, again after C(pause) seconds until all of it is accepted.
    """

    release: str
    kubernetes: str
    binaries: dict[str, str]
    example: str
    apply: str
    pause: int
    runtime_owned: list[Thing]
    made_by_controllers: list[Thing]


@dataclass(frozen=True)
class Plan:
    """C(folder) is a plan as the modules read it; C(manifests) holds the same objects in upstream's order, as YAML for kubectl."""

    prepared: Prepared
    folder: Path

    @property
    def manifests(self) -> Path:
        return self.folder.with_suffix(".yaml")

    @property
    def objects(self) -> Path:
        """The same as one JSON list."""
        return self.folder.with_suffix(".json")


def render(folder: Path, release: str) -> Plan:
    """Render a release and write it in the forms that contenders want."""
    folder.mkdir(parents=True)
    inventory = write_inventory(folder / "hosts.yml", ["plan"], release)
    play(inventory, "site.yml", "--tags", "render")
    play(inventory, "bench/prepare.yml", "-e", f"bench_prepared={folder}/prepared.json")
    prepared = Prepared(release, **json.loads((folder / "prepared.json").read_text()))
    plan = Plan(prepared, folder / "plan/work/plan")
    _write_flat(plan, upstream_order(prepared))
    return plan


def upstream_order(prepared: Prepared) -> list[Key]:
    """The order in which kustomize hands upstream's C(example) to kubectl: it decides how often kubectl has to try again."""
    done = subprocess.run([prepared.binaries["kustomize"], "build", prepared.example], capture_output=True, check=False)
    if done.returncode:
        raise BenchError(f"kustomize build {prepared.example}: {done.stderr.decode()}")
    return [key_of(item) for item in yaml.load_all(done.stdout, Loader=_LOADER) if item]


def in_order(objects: Sequence[Thing], order: Sequence[Key]) -> list[Thing]:
    """Objects sorted like C(order); what is not in it comes last."""
    places = {key: place for place, key in enumerate(order)}
    return sorted(objects, key=lambda item: places.get(key_of(item), len(places)))


def _write_flat(plan: Plan, order: Sequence[Key]) -> None:
    objects = in_order([item for part in load_plan(plan.folder).parts for item in part.objects], order)
    for item in objects:
        # One ConfigMap of v1.4.0 has no namespace: kubectl takes its context's, kubernetes.core refuses it.
        if item["kind"] == "ConfigMap":
            item["metadata"].setdefault("namespace", "default")
    plan.objects.write_text(json.dumps(objects), encoding="utf-8")
    plan.manifests.write_text(yaml.dump_all(objects, Dumper=_DUMPER, sort_keys=False), encoding="utf-8")


def with_another_image(plan: Plan, name: str) -> Plan:
    """A copy of a plan beside it, in which one Deployment has another image: the dashboard's, which nothing waits for."""
    other = Plan(plan.prepared, plan.folder.with_name(name))
    shutil.copytree(plan.folder, other.folder)
    path = other.folder / "central_dashboard/objects.json"
    objects = json.loads(path.read_text())
    change_image(objects)
    path.write_text(json.dumps(objects), encoding="utf-8")
    _write_flat(other, [key_of(item) for item in json.loads(plan.objects.read_text())])
    return other


def change_image(objects: Sequence[Thing]) -> None:
    """Give the first Deployment among C(objects) another image."""
    template = next(template for item in objects if item["kind"] == "Deployment" and (template := pod_template(item)))
    container = template["spec"]["containers"][0]
    # Without digest and tag; a colon before a slash belongs to a registry's port.
    container["image"] = re.sub(r"(:[^/:@]+)?(@.*)?$", "", container["image"], count=1) + ":bench"
