# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Release files, filled up with what holds for each release; and that no fact stands twice in them."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.release_file import filled_up, read_release, release_names

VARS = Path(__file__).parents[3] / "roles/kubeflow/vars"
NAMES = release_names(VARS)
EVERY: dict[str, Any] = yaml.safe_load((VARS / "every_release.yml").read_text(encoding="utf-8"))["__kubeflow_every_release"]
OWN: dict[str, dict[str, Any]] = {
    name: yaml.safe_load((VARS / f"releases/{name}.yml").read_text(encoding="utf-8"))["__kubeflow_release"] for name in NAMES
}
# Of each release something else is true, though two may happen to agree: what it is built from, between which versions of Kubernetes it
# works, and how its parts hang together.
OF_EACH = re.compile(
    r"sources\..*\.(ref|commit)|kustomize|kubernetes\..*|example\.(apply|pause)|parts\.\w+\.(paths|overlays|optional|namespace|requires|recommends).*"
)

EXAMPLE_EVERY: dict[str, Any] = {
    "sources": {"repositories": {"manifests": {"url": "https://x.test/manifests"}}, "files": []},
    "dashboard": {"port": 80, "user": "somebody"},
    "runtime_owned": [{"kind": "A"}],
    "made_by_controllers": [{"kind": "B"}],
    "parts": {"one": {"names": {"config": "one", "database": [["Deployment", "db"]]}}, "two": {"names": {"config": "two"}}},
}


def test_what_a_release_does_not_say_is_as_in_each() -> None:
    own = {"sources": {"repositories": {"manifests": {"ref": "v1"}}}, "dashboard": {"port": 81}, "parts": {"one": {"paths": ["a"]}}}
    release = filled_up("v1", own, EXAMPLE_EVERY)
    assert release["release"] == "v1"
    assert release["dashboard"] == {"port": 81, "user": "somebody"}
    assert release["parts"] == {"one": {"paths": ["a"], "names": {"config": "one", "database": [["Deployment", "db"]]}}}
    assert release["sources"] == {"repositories": [{"name": "manifests", "url": "https://x.test/manifests", "ref": "v1"}], "files": []}


def test_what_controllers_do_is_added_and_any_other_list_is_taken_instead() -> None:
    own = {"runtime_owned": [{"kind": "C"}], "parts": {"one": {"names": {"database": []}}}, "sources": {"files": [{"url": "u"}]}}
    release = filled_up("v1", own, EXAMPLE_EVERY)
    assert release["runtime_owned"] == [{"kind": "A"}, {"kind": "C"}]
    assert release["made_by_controllers"] == [{"kind": "B"}]
    assert release["parts"]["one"]["names"] == {"config": "one", "database": []}
    assert release["sources"]["files"] == [{"url": "u"}]


def test_parts_are_those_of_the_release_in_its_order() -> None:
    release = filled_up("v1", {"parts": {"three": {"paths": []}, "two": {}}}, EXAMPLE_EVERY)
    assert list(release["parts"]) == ["three", "two"]
    assert release["parts"]["three"] == {"paths": []}


KEYS = st.sampled_from("abc")
TREES = st.dictionaries(
    KEYS, st.integers() | st.dictionaries(KEYS, st.integers() | st.lists(st.integers(), max_size=2), max_size=2), max_size=3
)


def leaves(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Values that are no mappings, by their path."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from leaves(value, f"{path}.{key}".lstrip("."))
    else:
        yield path, tree


@given(own=st.dictionaries(KEYS, TREES, max_size=3), every=st.dictionaries(KEYS, TREES, max_size=3))
def test_what_a_release_says_is_always_kept_and_nothing_is_made_up(own: dict[str, Any], every: dict[str, Any]) -> None:
    before = copy.deepcopy((own, every))
    found, said = dict(leaves(filled_up("v1", own, every))), dict(leaves(own))
    assert (own, every) == before
    assert {path: found[path] for path in said} == said
    assert set(found) <= {"release", *said, *dict(leaves(every))}


# -- the files --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_release_file_does_not_say_again_what_holds_for_each(name: str) -> None:
    every = dict(leaves(EVERY))
    assert {path: value for path, value in leaves(OWN[name]) if path in every and every[path] == value} == {}
    for added in ("runtime_owned", "made_by_controllers", "left_by_controllers"):
        assert [entry for entry in OWN[name].get(added, ()) if entry in EVERY[added]] == []


def test_what_is_the_same_in_every_release_is_said_once() -> None:
    """In every_release.yml. What is of a part counts in the releases that have the part; one that leaves it out is another."""
    found = {name: dict(leaves(own)) for name, own in OWN.items()}
    for path in {path for own in found.values() for path in own if not OF_EACH.fullmatch(path)}:
        part = path.split(".")[1] if path.startswith("parts.") else ""
        having = [name for name, own in OWN.items() if not part or part in own["parts"]]
        values = [found[name].get(path, "not said") for name in having]
        assert len(values) == 1 or any(value != values[0] for value in values), f"{path}: {values[0]}"


def test_no_comment_stands_in_two_release_files() -> None:
    comments: dict[str, list[str]] = {}
    for path in (VARS / "every_release.yml", *(VARS / f"releases/{name}.yml" for name in NAMES)):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.lstrip().startswith("#"):
                comments.setdefault(line.strip(), []).append(path.name)
    assert {comment: files for comment, files in comments.items() if len(files) > 1} == {}


def test_what_holds_for_each_release_is_of_parts_that_there_are() -> None:
    assert set(EVERY["parts"]) <= {part for own in OWN.values() for part in own["parts"]}


def test_every_key_of_a_release_file_is_explained() -> None:
    text = (VARS / "every_release.yml").read_text(encoding="utf-8")
    keys = {key for own in OWN.values() for key in own} | {key for own in OWN.values() for part in own["parts"].values() for key in part}
    keys |= {"ref", "commit", "min", "max", "tested", "apply", "pause", "differences"}
    explained = set(re.findall(r"^ +(?:# +)?(\w+)(?::| {2,})", text, re.MULTILINE))
    assert keys <= explained


def test_reading_a_release_gives_it_whole() -> None:
    release = read_release(VARS, "26.03")
    assert release["release"] == "26.03"
    assert release["sources"]["repositories"][0]["name"] == "manifests"
    assert set(release["sources"]["repositories"][0]) == {"name", "url", "ref", "commit"}
