# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Manifests as kubectl reads them. (Scalars are held against kubectl itself in the integration tests.)"""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.manifests import (
    dump,
    load_document,
    load_manifests,
    read_mapping,
)

OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"


def test_documents_and_lists() -> None:
    nested = "apiVersion: v1\nkind: ConfigMapList\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n-\n"
    found = load_manifests(f"---\n---\n{OBJECT}---\n# nothing\n---\n{nested}")
    assert [item["metadata"]["name"] for item in found] == ["x", "a"]


def test_a_kind_that_only_ends_in_list_is_an_object() -> None:
    (found,) = load_manifests("apiVersion: example.com/v1\nkind: AllowList\nspec: {items: []}\n")
    assert found["kind"] == "AllowList"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not YAML"),
        ("a: b\n", "no apiVersion or kind"),
        ("- a\n", "not a Kubernetes object"),
        ("just text\n", "not a Kubernetes object"),
        ("apiVersion: v1\nkind:\n", "no apiVersion or kind"),
        ("!!python/object/apply:os.system [id]", "not YAML"),
    ],
)
def test_what_is_no_object_is_a_value_error(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        load_manifests(text)


def test_a_kind_that_is_a_number_is_no_traceback() -> None:
    assert load_manifests("apiVersion: v1\nkind: 5\n") == [{"apiVersion": "v1", "kind": 5}]


def test_whole_numbers_stay_whole() -> None:
    """1e3 sent as 1000.0 would be refused where an integer is wanted."""
    (found,) = load_manifests(OBJECT + "data: [1e3, 1.0, 2.5]\n")
    assert list(map(repr, found["data"])) == ["1000", "1", "2.5"]


def test_mappings(tmp_path: Path) -> None:
    path = tmp_path / "told.yml"
    for text, expected in (("", {}), ("a: {b: c}\n", {"a": {"b": "c"}})):
        path.write_text(text)
        assert read_mapping(path) == expected
    for text in ("[1]", "{", "text"):
        path.write_text(text)
        with pytest.raises(ValueError, match=r"told\.yml"):
            read_mapping(path)


def test_dump_keeps_the_order_unless_told() -> None:
    assert dump({"b": 1, "a": [2]}) == "b: 1\na:\n- 2\n"
    assert dump({"b": 1, "a": [2]}, sort_keys=True) == "a:\n- 2\nb: 1\n"


# What Go's readers take for something else than text, whatever PyYAML thinks.
NO_TEXTS = [
    *("1e3", "1E3", "+1e3", "1.e3", ".5e1", "0o17", "0b11", "0x1F", "1_000", "12e03", ".inf", "-.INF", ".nan"),
    *("y", "N", "yes", "~", "<<", "="),
]
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text() | st.sampled_from(NO_TEXTS)
)


@given(SCALARS)
def test_what_is_written_is_read_as_it_was_by_every_reader(value: object) -> None:
    text = dump({"a": value, "b": [value], str(value): "c"})
    expected = {"a": value, "b": [value], str(value): "c"}
    assert load_document(text) == expected
    assert yaml.safe_load(text) == expected


@pytest.mark.parametrize("value", NO_TEXTS)
def test_text_that_could_be_a_number_or_a_truth_value_is_quoted(value: str) -> None:
    assert dump([value]) == f"- '{value}'\n"


@pytest.mark.parametrize("value", ["10Gi", "1.2.3", "v1", "2m", "a", "e3", "192.0.2.1"])
def test_other_text_is_not(value: str) -> None:
    assert dump([value]) == f"- {value}\n"
