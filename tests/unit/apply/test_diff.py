# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Diffs for people."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.diff import Differences, comparable
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.result import Change, Failure, Outcome, PartOutcome
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.summary import summary


def thing(kind: str = "ConfigMap", **fields: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": "x", "namespace": "n"}, **fields}


def test_bookkeeping_and_status_do_not_count() -> None:
    live = thing(data={"a": "1"}, status={"ready": True})
    live["metadata"].update(resourceVersion="5", managedFields=[{}], uid="u", generation=2, creationTimestamp="now")
    before = copy.deepcopy(live)
    assert comparable(live) == thing(data={"a": "1"})
    assert live == before


def changed(count: int = 1, **after: Any) -> list[Change]:
    return [Change("part", f"ConfigMap n/{number}", thing(data={"a": "1"}), thing(data={"a": "1", **after})) for number in range(count)]


def test_what_is_new_is_listed_and_in_full_in_the_file_alone() -> None:
    differences = Differences([Change("part", "ConfigMap n/x", None, thing(data={"word": "1"}))])
    assert differences.shown() == "+ ConfigMap n/x\n"
    assert differences.shown("/w/all.diff").splitlines() == ["+ ConfigMap n/x", "", "What is new in full, too: /w/all.diff"]
    whole = differences.whole().splitlines()
    assert whole[:2] == ["--- before: part: ConfigMap n/x", "+++ after: part: ConfigMap n/x"]
    assert "+  word: '1'" in whole


def test_what_changes_is_listed_and_then_shown_as_a_diff_of_the_lines_around_it() -> None:
    many = {f"key{number:03}": "x" for number in range(100)}
    before, after = thing(data=many), thing(data={**many, "key050": "z"})
    shown = Differences([Change("part", "ConfigMap n/x", before, after)]).shown().splitlines()
    assert shown[:4] == ["~ ConfigMap n/x: key050 x → z", "", "--- before: part: ConfigMap n/x", "+++ after: part: ConfigMap n/x"]
    assert len(shown) == 13
    assert shown[8:10] == ["-  key050: x", "+  key050: z"]


def test_secrets_are_masked_and_what_changed_still_shows() -> None:
    before = thing("Secret", data={"same": "c2FtZQ==", "other": "b2xk", "gone": "Z29uZQ=="})
    before["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": '{"data": "c2FtZQ=="}'}
    after = thing("Secret", data={"same": "c2FtZQ==", "other": "bmV3", "added": "YWRkZWQ="})
    differences = Differences([Change("part", "Secret n/x", before, after)])
    text = differences.shown() + differences.whole()
    assert not any(value in text for value in ("c2FtZQ==", "b2xk", "Z29uZQ==", "bmV3", "YWRkZWQ="))
    assert "-  gone: (masked)\n" in text
    assert "+  other: (masked, changed)\n" in text
    assert text.startswith("~ Secret n/x: ")
    # The originals are still needed.
    assert after["data"]["other"] == "bmV3"


@pytest.mark.parametrize(
    "changes",
    [
        [Change("part", f"ConfigMap namespace/{'n' * 50}-{number}", None, thing()) for number in range(5000)],
        changed(2000, team="ml"),
        changed(3, b="x\n" * 100_000),
        changed(3, b="x" * 3_000_000),
        [Change("part", "ConfigMap " + "n" * 500_000, None, thing())],
    ],
    ids=["new", "changed", "lines", "line", "name"],
)
def test_what_is_shown_stays_small_and_says_where_the_rest_is(changes: list[Change]) -> None:
    shown = Differences(changes).shown("/w/all.diff")
    assert len(shown.encode()) < 80_000
    assert "/w/all.diff" in shown
    assert "option differences keeps" not in shown


def test_one_long_object_does_not_hide_the_others() -> None:
    first, second = changed(2, b="x\n" * 100_000)
    short = Change("part", "ConfigMap n/short", thing(data={"a": "1"}), thing(data={"a": "2"}))
    shown = Differences([first, short, second]).shown("/w/all.diff")
    assert "+++ after: part: ConfigMap n/short" in shown
    assert "more lines of ConfigMap n/0; all of it is in /w/all.diff" in shown


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ({"replicas": 1}, {"replicas": 2}, "replicas 1 → 2"),
        ({"paused": False}, {"paused": True}, "paused false → true"),
        ({}, {"paused": True}, "paused added: true"),
        ({"a": {"b": {}}}, {"a": {"b": {"team": "ml"}}}, "team added: ml"),
        ({"a": 1}, {}, "a removed"),
        ({"a": 1}, {"a": "1"}, "a 1 → 1"),
        ({"a": True}, {"a": 1}, "a true → 1"),
        ({"text": "x\ny"}, {"text": "x"}, "text changed"),
        ({"text": "x" * 100}, {"text": "x"}, "text changed"),
        ({"a": [{"name": "x", "image": "i:1"}]}, {"a": [{"name": "x", "image": "i:2"}]}, "image i:1 → i:2"),
        ({"a": [{"name": "x"}]}, {"a": [{"name": "x"}, {"name": "y"}]}, "y added"),
        ({"a": [{"name": "x"}, {"name": "y"}]}, {"a": [{"name": "y"}, {"name": "x"}]}, "order changed"),
        ({"a": ["x"]}, {"a": ["x", "y"]}, "a changed"),
        ({"a": ["x"]}, {"a": ["y"]}, "a[0] x → y"),
        ({"l": {"m": "1"}, "r": {"m": "1"}}, {"l": {"m": "2"}, "r": {"m": "3"}}, "l.m 1 → 2, r.m 1 → 3"),
        ({}, dict.fromkeys("abcde", 1), "a added: 1, b added: 1, c added: 1, and 2 more"),
    ],
)
def test_a_change_in_a_line(before: dict[str, Any], after: dict[str, Any], words: str) -> None:
    assert summary("Deployment n/x", {"spec": before}, {"spec": after}) == f"~ Deployment n/x: {words}"


values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab\n", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "a", "b"]), inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(st.sampled_from(["spec", "data"]), values)


@given(objects, objects)
def test_any_change_is_one_line_that_says_something_and_no_change_says_nothing(before: dict[str, Any], after: dict[str, Any]) -> None:
    line = summary("Thing n/x", before, after)
    assert line.startswith("~ Thing n/x: ")
    assert "\n" not in line
    same = json.dumps(before, sort_keys=True) == json.dumps(after, sort_keys=True)
    assert (line == "~ Thing n/x: ") == same


def test_failures_for_people_name_causes_first_and_count_what_waits() -> None:
    held = [Failure("a", f"ConfigMap n/{number}", "needs Namespace n, which failed", "Namespace n") for number in range(5)]
    outcome = Outcome([PartOutcome("a")], [*held, Failure("a", "Namespace n", "refused")], [])
    assert outcome.failure_text().splitlines() == [
        "Namespace n (part a): refused",
        "not sent: ConfigMap n/0, ConfigMap n/1, ConfigMap n/2 and 2 more: needs Namespace n, which failed",
    ]
