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


_NUMBERS = st.from_regex(r"[-+]?(0[xobXOB])?[0-9_]{1,3}[.:]?[0-9_]{0,2}([eE][-+]?[0-9])?", fullmatch=True)
_WORDS = st.sampled_from(
    ["y", "N", "yes", "Off", "true", "null", "Null", "~", "=", "<<", ".inf", "-.Inf", ".NaN", "2020-01-01", "", " a", "a: b", "#"]
)


@given(st.dictionaries(_WORDS | _NUMBERS | st.text(max_size=3), _WORDS | _NUMBERS | st.text(max_size=5), max_size=3))
def test_text_stays_text(document: dict[str, str]) -> None:
    """As kubectl reads it, and as YAML 1.1 has it."""
    text = dump(document)
    assert load_document(text) == document
    assert yaml.safe_load(text) == document


@pytest.mark.parametrize("text", ["y", "n", "1e3", "0o7", "0x1F", "0b1", "1_000", "007", "12:30", "+1", ".5", "1.", "=", "2020-01-01"])
def test_what_any_reader_takes_for_something_else_is_quoted(text: str) -> None:
    assert dump([text]) in (f"- '{text}'\n", f'- "{text}"\n')


def test_numbers_and_quantities_are_not() -> None:
    assert dump({"a": [1, 2.5, True, None, "10Gi", "100m", "v1.2"]}) == "a:\n- 1\n- 2.5\n- true\n- null\n- 10Gi\n- 100m\n- v1.2\n"


def test_what_kustomize_3_leaves_without_quotes_is_text() -> None:
    (found,) = load_manifests(OBJECT + "data: [1e3, 1., 1e+3, 1.5, 007, 12]\n", by_go_yaml_2_2=True)
    assert list(map(repr, found["data"])) == ["'1e3'", "'1.'", "1000", "1.5", "7", "12"]
