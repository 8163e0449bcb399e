# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whatever parts somebody chooses, with what they require they are whole: judged by the rendered objects of each release."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import RELEASES, run_module
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.made import Made, maker_of
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.objects import Key, key_of, pod_template, split_version
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.references import references
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render.plan import load_plan
from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.selection import select

Thing = dict[str, Any]
Parts = dict[str, tuple[Thing, ...]]
# Every cluster has these.
NAMESPACES = {"", "default", "kube-system"}


@pytest.fixture(scope="module")
def objects(mirror: str, binary: Callable[[str, str], str], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Parts]:
    """The objects of every part of a release."""

    @functools.cache
    def render(release: str) -> Parts:
        release_file, plan = RELEASES[release], tmp_path_factory.mktemp("plan")
        source = run_module("source", {**release_file["sources"], "mirror": mirror})
        parts = [{"name": name, "paths": part["paths"], "namespace": part.get("namespace")} for name, part in release_file["parts"].items()]
        arguments = {"release": release, "parts": parts, "manifests": f"{source['path']}/manifests", "plan": str(plan)}
        rendered = run_module("render", {**arguments, "kustomize": binary("kustomize", release_file["kustomize"])})
        assert not rendered.failed, rendered.stdout
        return {part.name: part.objects for part in load_plan(Path(plan)).parts}

    return render


def lacking(release: str, parts: Parts, chosen: list[str]) -> Iterator[str]:
    """What objects of the chosen parts need and nobody brings."""
    plan: dict[Key, Thing] = {key_of(item): item for name in chosen for item in parts[name]}
    kinds = {(item["spec"]["group"], item["spec"]["names"]["kind"]) for item in plan.values() if item["kind"] == "CustomResourceDefinition"}
    custom = {
        (item["spec"]["group"], item["spec"]["names"]["kind"])
        for some in parts.values()
        for item in some
        if item["kind"] == "CustomResourceDefinition"
    }
    made = [Made(**entry) for entry in RELEASES[release]["made_by_controllers"]]
    certificates = {(key.namespace, item["spec"]["secretName"]) for key, item in plan.items() if key.kind == "Certificate"}
    for key, item in plan.items():
        # A Profile makes the namespace of its name.
        makers = {("Namespace", key.namespace), ("Profile", key.namespace)}
        if key.namespace not in NAMESPACES and not any((other.kind, other.name) in makers for other in plan):
            yield f"{key} needs Namespace {key.namespace}"
        kind = (split_version(item["apiVersion"])[0], item["kind"])
        if kind in custom - kinds:
            yield f"{key} needs the CustomResourceDefinition of its kind"
        for reference in references((pod_template(item) or {}).get("spec") or {}, key.namespace):
            if reference in plan or reference.name in ("default", "system-node-critical", "system-cluster-critical"):
                continue
            if reference.kind == "Secret" and (reference.namespace, reference.name) in certificates:
                continue
            maker = maker_of(reference, made)
            if maker is None or maker not in plan:
                yield f"{key} needs {reference}"


@pytest.mark.parametrize("release", RELEASES)
def test_each_part_alone_brings_what_it_needs(objects: Callable[[str], Parts], release: str) -> None:
    parts = objects(release)
    assert {name: found for name in parts if (found := list(lacking(release, parts, closure(release, [name]))))} == {}
    # That this is no empty word: alone, Katib lacks its namespace and cert-manager's kinds.
    words = "\n".join(lacking(release, parts, ["katib"]))
    assert "needs Namespace kubeflow" in words
    assert "needs the CustomResourceDefinition of its kind" in words


def closure(release: str, wanted: list[str]) -> list[str]:
    chosen: list[str] = select(RELEASES[release]["parts"], wanted=wanted, run_tags=[], skip_tags=[], phases=[])["parts"]
    return chosen


@pytest.mark.parametrize("release", RELEASES)
@settings(max_examples=40)
@given(data=st.data())
def test_so_does_any_choice_of_parts(objects: Callable[[str], Parts], release: str, data: st.DataObject) -> None:
    parts = objects(release)
    wanted = data.draw(st.lists(st.sampled_from(sorted(parts)), min_size=1, max_size=4, unique=True))
    assert list(lacking(release, parts, closure(release, wanted))) == []
