# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Field sets of managedFields."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.field_sets import (
    Path,
    fields_of,
    paths_of,
    shown,
    topmost,
    value_at,
    without,
)
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.normalised import MISSING

NAMES = st.sampled_from(["f:a", "f:b", 'k:{"name":"x"}', 'k:{"name":"y"}', 'v:"z"', "i:0"])
PATHS = st.frozensets(st.lists(NAMES, min_size=1, max_size=4).map(tuple))


@given(PATHS)
def test_what_is_written_is_what_is_read(paths: frozenset[Path]) -> None:
    assert paths_of(fields_of(paths)) == paths


@given(PATHS, PATHS)
def test_a_union_has_the_members_of_both(one: frozenset[Path], other: frozenset[Path]) -> None:
    assert paths_of(fields_of(one | other)) == paths_of(fields_of(one)) | paths_of(fields_of(other))


def test_a_member_that_has_members_is_one_itself_only_where_it_says_so() -> None:
    """fieldpath/serialize.go: a leaf is a member, and a dot says it of what is none."""
    assert paths_of({"f:a": {"f:b": {}}}) == {("f:a", "f:b")}
    assert paths_of({"f:a": {".": {}, "f:b": {}}}) == {("f:a",), ("f:a", "f:b")}
    assert fields_of({("f:a",), ("f:a", "f:b")}) == {"f:a": {".": {}, "f:b": {}}}


THING = {
    "spec": {
        "containers": [{"name": "x", "env": [{"name": "A"}]}, {"name": "y"}],
        "ports": [{"port": 80}],
        "set": ["z", "w"],
    }
}


def test_values_are_found_by_keys_members_and_places() -> None:
    assert value_at(THING, ("f:spec", "f:containers", 'k:{"name":"y"}')) == {"name": "y"}
    assert value_at(THING, ("f:spec", "f:containers", 'k:{"name":"z"}')) is MISSING
    # Its protocol has a default, and is a key.
    assert value_at(THING, ("f:spec", "f:ports", 'k:{"port":80,"protocol":"TCP"}')) == {"port": 80}
    assert value_at(THING, ("f:spec", "f:set", 'v:"z"')) == "z"
    assert value_at(THING, ("f:spec", "f:set", "i:1")) == "w"
    assert value_at(THING, ("f:spec", "f:none", "f:more")) is MISSING


def test_what_is_taken_out_leaves_the_rest_and_the_original() -> None:
    paths = [("f:spec", "f:containers", 'k:{"name":"x"}'), ("f:spec", "f:set", 'v:"z"'), ("f:spec", "f:none"), ("f:spec", "f:ports")]
    assert without(THING, paths) == {"spec": {"containers": [{"name": "y"}], "set": ["w"]}}
    assert len(THING["spec"]["containers"]) == 2


def test_what_is_inside_of_another_is_left_out() -> None:
    assert topmost([("f:a", "f:b"), ("f:a",), ("f:c", "f:d"), ("f:a", "f:b", "f:c")]) == [("f:a",), ("f:c", "f:d")]


def test_paths_are_shown_as_people_write_them() -> None:
    assert shown(("f:spec", "f:containers", 'k:{"name":"main"}', "f:env", 'k:{"name":"OLD"}')) == "spec.containers[name=main].env[name=OLD]"
    assert shown(("f:metadata", "f:labels", "f:example.com/x")) == "metadata.labels[example.com/x]"
    assert shown(("f:metadata", "f:finalizers", 'v:"z"')) == 'metadata.finalizers["z"]'
