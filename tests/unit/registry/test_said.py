# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What registries say."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._registry.said import one_line, refusal_in

ANYTHING = st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))


@pytest.mark.parametrize(
    ("content", "kind", "words"),
    [
        ({"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]}, "missing", "MANIFEST_UNKNOWN: manifest unknown"),
        ({"errors": [{"code": "NAME_UNKNOWN"}]}, "missing", "NAME_UNKNOWN"),
        ({"errors": [{"code": "denied", "message": "no"}]}, "denied", "DENIED: no"),
        # Who is not let in is not told whether it is there.
        ({"errors": [{"code": "NAME_UNKNOWN", "message": ""}, {"code": "DENIED", "message": "no"}]}, "denied", "NAME_UNKNOWN; DENIED: no"),
        ({"errors": [{"code": "TOOMANYREQUESTS", "message": "slow\ndown"}]}, None, "TOOMANYREQUESTS: slow down"),
        ({"errors": []}, None, ""),
        ({"error": "else"}, None, '{"error": "else"}'),
    ],
)
def test_errors_of_the_specification(content: Any, kind: str | None, words: str) -> None:
    refusal = refusal_in(json.dumps(content).encode())
    assert (refusal.kind, refusal.words) == (kind, words)


def test_pages_are_shown_without_their_tags() -> None:
    assert refusal_in(b"<html><h1 class='x'>Blocked</h1> by  us</html>").words == "Blocked by us"


@given(st.binary() | ANYTHING.map(lambda value: json.dumps({"errors": value}).encode()))
def test_whatever_a_body_holds_it_is_a_line(content: bytes) -> None:
    words = refusal_in(content).words
    assert words == one_line(words) and len(words) <= 241 and "\n" not in words
