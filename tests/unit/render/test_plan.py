# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plans on disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render.plan import PlanError, load_plan


def write(folder: Path, index: Any, **parts: Any) -> Path:
    for name, content in parts.items():
        (folder / name).mkdir()
        (folder / name / "objects.json").write_text(content if isinstance(content, str) else json.dumps(content))
    if index is not None:
        (folder / "plan.json").write_text(index if isinstance(index, str) else json.dumps(index))
    return folder


def thing(**metadata: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", **metadata}}


def test_parts_keep_their_order(tmp_path: Path) -> None:
    plan = load_plan(write(tmp_path, {"release": "r", "parts": ["b", "a"]}, a=[thing()], b=[], c=[thing()]))
    assert (plan.release, [(part.name, len(part.objects)) for part in plan.parts]) == ("r", [("b", 0), ("a", 1)])


@pytest.mark.parametrize(
    "index", [None, "{", "[]", "{}", {"release": "r"}, {"release": "r", "parts": ["missing"]}, {"release": "r", "parts": 5}]
)
def test_a_plan_that_is_none_is_named(tmp_path: Path, index: Any) -> None:
    with pytest.raises(PlanError, match=f"No usable plan in {tmp_path}.*Render it first"):
        load_plan(write(tmp_path, index))


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ("text", "not a Kubernetes object"),
        ({"kind": "ConfigMap", "metadata": {"name": "x"}}, "no apiVersion or kind"),
        ({"apiVersion": 1, "kind": "ConfigMap", "metadata": {"name": "x"}}, "no apiVersion or kind"),
        ({"apiVersion": "v1", "kind": "ConfigMap"}, "a ConfigMap has no name"),
        (thing(name=None), "a ConfigMap has no name"),
        (thing(name=5), "a ConfigMap has no name"),
        (thing(namespace=["x"]), "a ConfigMap has no name"),
        (thing(labels=["x"]), "its labels are not text by name"),
        (thing(annotations={"x": True}), "its annotations are not text by name"),
    ],
)
def test_an_object_that_is_none_is_named(tmp_path: Path, item: Any, words: str) -> None:
    with pytest.raises(PlanError, match=words):
        load_plan(write(tmp_path, {"release": "r", "parts": ["a"]}, a=[thing(), item]))


def test_an_object_in_two_parts_is_named(tmp_path: Path) -> None:
    plan = load_plan(write(tmp_path, {"release": "r", "parts": ["a", "b"]}, a=[thing()], b=[thing(labels={"a": "b"})]))
    with pytest.raises(PlanError, match="ConfigMap x is in two places of the plan: part a and part b"):
        plan.owners()


def test_a_plan_of_another_release_is_refused(tmp_path):
    folder = write(tmp_path, {"release": "v1.4.0", "parts": ["a"]}, a=[thing()])
    assert load_plan(folder, "v1.4.0").release == "v1.4.0"
    with pytest.raises(PlanError, match=r"is of Kubeflow v1\.4\.0, not of 26\.03"):
        load_plan(folder, "26.03")
