# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plans on disk."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common import naming
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render.plan import PlanError, load_plan, publish


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


def test_a_plan_of_another_release_is_refused_and_what_chooses_its_release_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(tmp_path, {"release": "v1.4.0", "parts": ["a"]}, a=[thing()])
    assert load_plan(folder, "v1.4.0").release == "v1.4.0"
    monkeypatch.setattr(naming, "_prefix", "kubeflow_")
    with pytest.raises(PlanError, match=r"is of Kubeflow v1\.4\.0, not of 26\.03\. .*: -e kubeflow_release=v1\.4\.0\. .*--tags render"):
        load_plan(folder, "26.03")


# Plans of runs that go on at the same time


def rendered(folder: Path, name: str, *parts: str, provided: tuple[str, ...] = ()) -> str:
    """A plan in which every object has one name."""
    for part in (*parts, *provided):
        (folder / part).mkdir(exist_ok=True, parents=True)
        (folder / part / "objects.json").write_text(json.dumps([{**thing(name=f"{name}-{part}")}]))
    return publish(folder, "r", parts, provided)


def names(folder: Path, digest: str = "") -> list[str]:
    return [item["metadata"]["name"] for part in load_plan(folder, digest=digest).parts for item in part.objects]


def test_a_plan_is_known_by_its_digest_whatever_is_rendered_after_it(tmp_path: Path) -> None:
    first = rendered(tmp_path, "one", "a", "b", provided=("c",))
    second = rendered(tmp_path, "two", "a")
    assert names(tmp_path, first) == ["one-a", "one-b"]
    assert [part.name for part in load_plan(tmp_path, digest=first).provided] == ["c"]
    assert names(tmp_path, second) == names(tmp_path) == ["two-a"]
    assert load_plan(tmp_path).digest == load_plan(tmp_path, digest=second).digest == second


def test_the_digest_is_of_what_is_applied(tmp_path: Path) -> None:
    digests = [
        rendered(tmp_path / "1", "one", "a", "b"),
        rendered(tmp_path / "2", "one", "b", "a"),
        rendered(tmp_path / "3", "two", "a", "b"),
        rendered(tmp_path / "4", "one", "a", provided=("b",)),
    ]
    assert len(set(digests)) == 4
    assert rendered(tmp_path / "5", "one", "a", "b") == digests[0]
    assert rendered(tmp_path / "1", "one", "a", "b") == digests[0]


def test_what_somebody_does_to_the_files_of_the_newest_does_not_change_it(tmp_path: Path) -> None:
    digest = rendered(tmp_path, "one", "a")
    with (tmp_path / "a/objects.json").open("a") as handle:
        handle.write("[")
    assert names(tmp_path) == names(tmp_path, digest) == ["one-a"]
    # A copy without hidden files is still a plan.
    rendered(tmp_path, "one", "a")
    (tmp_path / ".plans").rename(tmp_path / "elsewhere")
    assert names(tmp_path) == ["one-a"]


@pytest.mark.parametrize("digest", ["0" * 24, "../..", "."])
def test_a_plan_that_is_no_longer_there_is_refused(tmp_path: Path, digest: str) -> None:
    rendered(tmp_path, "one", "a")
    with pytest.raises(PlanError, match=rf"The plan of this run \({digest}\) is not in {tmp_path}.*a day.*Render again"):
        load_plan(tmp_path, digest=digest)


def test_plans_that_no_run_has_used_for_a_day_go_and_the_newest_stays(tmp_path: Path) -> None:
    old, used, newest = (rendered(tmp_path, name, "a") for name in ("old", "used", "newest"))
    for digest in (old, used, newest):
        os.utime(tmp_path / ".plans" / digest, (0, time.time() - 30 * 3600))
    (tmp_path / ".plans" / f".{'1' * 24}").mkdir()
    os.utime(tmp_path / ".plans" / f".{'1' * 24}", (0, time.time() - 30 * 3600))
    names(tmp_path, used)
    rendered(tmp_path, "newest", "a")
    assert sorted(path.name for path in (tmp_path / ".plans").iterdir()) == sorted([used, newest])


def test_two_parts_with_one_object_are_not_published(tmp_path: Path) -> None:
    for part in ("a", "b"):
        (tmp_path / part).mkdir()
        (tmp_path / part / "objects.json").write_text(json.dumps([thing()]))
    with pytest.raises(PlanError, match="ConfigMap x is in two places"):
        publish(tmp_path, "r", ("a", "b"), ())
    assert not (tmp_path / "plan.json").exists()
    assert not list(tmp_path.glob(".plans/*"))
