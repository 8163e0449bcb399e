"""Choosing parts and rooms."""

from __future__ import annotations

import pytest
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._selection import SelectionError, select, unknown_name

PARTS = {
    "namespace": {"requires": []},
    "certs": {"requires": []},
    "mesh": {"requires": ["namespace"]},
    "gateway": {"requires": ["mesh"]},
    "tuner": {"requires": ["mesh", "certs"], "recommends": ["gateway"]},
    "extra": {"requires": ["namespace"], "optional": True},
}
ROOMS = ["render", "apply", "ready"]


def choose(wanted=(), run_tags=("all",), skip_tags=()):
    return select(PARTS, wanted=wanted, run_tags=run_tags, skip_tags=skip_tags, rooms=ROOMS)


def test_the_default_is_everything_that_is_not_optional_in_order():
    assert choose()["parts"] == ["namespace", "certs", "mesh", "gateway", "tuner"]
    assert choose()["rooms"] == ROOMS


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
    assert selection["rooms"] == ["render", "ready"]
    assert len(selection["parts"]) == 5


def test_a_skipped_part_that_nobody_requires_is_left_out():
    assert "tuner" not in choose(skip_tags=["tuner"])["parts"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"run_tags": ["tunr"]}, "'tunr' is not a part or room of this release; did you mean 'tuner'?"),
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
