"""Choosing parts and phases."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.release_file import read_release, release_names
from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.selection import SelectionError, named_parts, select, unknown_name

RELEASE_FILES = Path(__file__).parents[3] / "roles/kubeflow/vars"
RELEASES = {name: read_release(RELEASE_FILES, name)["parts"] for name in release_names(RELEASE_FILES)}

PARTS = {
    "namespace": {"requires": []},
    "certs": {"requires": []},
    "mesh": {"requires": ["namespace"]},
    "gateway": {"requires": ["mesh"]},
    "tuner": {"requires": ["mesh", "certs"], "recommends": ["gateway"]},
    "extra": {"requires": ["namespace"], "optional": True},
}
PHASES = ["render", "apply", "ready"]


def choose(wanted=(), run_tags=("all",), skip_tags=(), provided=()):
    return select(PARTS, wanted=wanted, run_tags=run_tags, skip_tags=skip_tags, phases=PHASES, provided=provided)


def test_the_default_is_everything_that_is_not_optional_in_order():
    assert choose()["parts"] == ["namespace", "certs", "mesh", "gateway", "tuner"]
    assert choose()["phases"] == PHASES


def test_a_part_brings_what_it_requires_and_names_who_asked():
    selection = choose(wanted=["tuner"])
    assert selection["parts"] == ["namespace", "certs", "mesh", "tuner"]
    assert selection["requested"] == ["tuner"]
    assert selection["added"] == {"namespace": ["mesh"], "certs": ["tuner"], "mesh": ["tuner"]}
    assert selection["recommends"] == {"gateway": ["tuner"]}


def test_the_order_is_the_releases_whatever_order_was_asked_for():
    assert choose(wanted=["tuner", "extra", "gateway"])["parts"] == ["namespace", "certs", "mesh", "gateway", "tuner", "extra"]


def test_tags_of_parts_take_the_place_of_the_list():
    assert choose(wanted=["tuner"], run_tags=["extra"])["parts"] == ["namespace", "extra"]


def test_tags_of_rooms_limit_the_rooms_and_keep_the_parts():
    selection = choose(run_tags=["ready", "render"])
    assert selection["phases"] == ["render", "ready"]
    assert len(selection["parts"]) == 5


def test_a_skipped_part_that_nobody_requires_is_left_out():
    assert "tuner" not in choose(skip_tags=["tuner"])["parts"]


def test_what_the_cluster_has_from_elsewhere_is_enough_for_those_that_require_it():
    selection = choose(wanted=["tuner"], provided=["gateway", "mesh"])
    assert selection["parts"] == ["certs", "tuner"]
    assert selection["provided"] == ["mesh", "gateway"]
    assert selection["recommends"] == {}
    assert choose(provided=["certs"])["requested"] == ["namespace", "mesh", "gateway", "tuner"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"wanted": ["mesh"], "provided": ["mesh"]}, "'mesh' is asked for, and also given as provided"),
        ({"run_tags": ["mesh"], "provided": ["mesh"]}, "'mesh' is asked for, and also given as provided"),
        ({"provided": ["mehs"]}, "did you mean 'mesh'?"),
        ({"run_tags": ["tunr"]}, "'tunr' is not a part or phase of this release; did you mean 'tuner'?"),
        ({"skip_tags": ["aply"]}, "did you mean 'apply'?"),
        ({"wanted": ["zzz"]}, "known are: certs, extra, gateway, mesh, namespace, tuner"),
        ({"wanted": ["apply"]}, "is not a part of this release"),
        ({"wanted": ["tuner"], "skip_tags": ["mesh"]}, "'mesh' is skipped, but 'tuner' requires it"),
        ({"wanted": ["tuner"], "skip_tags": ["tuner"]}, "no part is left"),
    ],
)
def test_what_cannot_be_chosen_is_refused_by_name(arguments, words):
    with pytest.raises(SelectionError) as refused:
        choose(**arguments)
    assert words in str(refused.value)


def test_an_unknown_name_that_is_a_number():
    assert unknown_name(26.1, ["26.03"], "release") == "'26.1' is not a release; did you mean '26.03'?"


@given(st.data())
def test_any_choice_of_any_release_is_whole_and_no_more_than_needed(data):
    parts = RELEASES[data.draw(st.sampled_from(sorted(RELEASES)))]
    wanted = data.draw(st.lists(st.sampled_from(sorted(parts)), min_size=1, unique=True))
    selection = select(parts, wanted=wanted, run_tags=["all"], skip_tags=[], phases=PHASES)
    chosen = selection["parts"]
    assert chosen == [name for name in parts if name in chosen]
    assert set(wanted) == set(selection["requested"])
    assert {needed for name in chosen for needed in parts[name]["requires"]} <= set(chosen)
    # Whatever was added is required by somebody who was chosen, and so is not there for nothing.
    assert set(selection["added"]) == set(chosen) - set(wanted)
    assert all(set(by) <= set(chosen) for by in selection["added"].values())
    assert select(parts, wanted=chosen, run_tags=[], skip_tags=[], phases=PHASES)["parts"] == chosen


@pytest.mark.parametrize("release", sorted(RELEASES))
def test_a_release_file_names_only_parts_that_it_has(release):
    parts = RELEASES[release]
    for name, part in parts.items():
        assert set(part["requires"]) <= set(parts), name
        assert set(part.get("recommends", ())) <= set(parts) - set(part["requires"]) - {name}, name
    # Nothing of the default may need what is optional.
    default = select(parts, wanted=[], run_tags=[], skip_tags=[], phases=PHASES)
    assert default["added"] == {}


@pytest.mark.parametrize(
    ("wanted", "run_tags", "named"),
    [
        ([], ["all"], []),
        (["tuner"], ["all"], ["tuner"]),
        (["tuner"], ["mesh", "gone"], ["mesh", "gone"]),
        ([], ["tuner", "molecule-notest"], ["tuner"]),
    ],
)
def test_a_removal_takes_parts_by_tags_or_else_as_wanted_whether_a_release_has_them_or_not(wanted, run_tags, named):
    assert named_parts(wanted, run_tags, [], PHASES) == named


@pytest.mark.parametrize(
    ("run_tags", "skip_tags", "words"),
    [
        (["render"], [], "--tags render does not say what goes: render is a phase of an install"),
        (["tuner", "ready"], [], "--tags ready does not say what goes"),
        (["all"], ["tuner"], "--skip-tags tuner does not say what goes"),
    ],
)
def test_a_removal_that_is_limited_to_something_else_than_parts_is_refused(run_tags, skip_tags, words):
    """All would go, of which the one who limits it wants nothing."""
    with pytest.raises(SelectionError, match=words):
        named_parts([], run_tags, skip_tags, PHASES)
