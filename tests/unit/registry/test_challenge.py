# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a server wants to be logged in to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._registry.challenge import Challenge, challenges

_NAME = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (
            'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/mysql:pull"',
            [
                Challenge(
                    "bearer",
                    {"realm": "https://auth.docker.io/token", "service": "registry.docker.io", "scope": "repository:library/mysql:pull"},
                )
            ],
        ),
        ('Basic realm="Registry Realm"', [Challenge("basic", {"realm": "Registry Realm"})]),
        # A comma inside of quotes, and several in a header.
        (
            'Basic realm="a, b", BEARER Realm = "c" , scope="repository:x:pull,push"',
            [Challenge("basic", {"realm": "a, b"}), Challenge("bearer", {"realm": "c", "scope": "repository:x:pull,push"})],
        ),
        ('Bearer realm=plain,error="in \\"quotes\\""', [Challenge("bearer", {"realm": "plain", "error": 'in "quotes"'})]),
        ("Negotiate", [Challenge("negotiate")]),
        ('realm="without a scheme"', []),
        ("", []),
        (", ,,", []),
    ],
)
def test_what_servers_send(header: str, expected: list[Challenge]) -> None:
    assert challenges(header) == expected


@given(st.text())
def test_whatever_a_header_says_it_is_read(header: str) -> None:
    for one in challenges(header):
        assert one.scheme and one.scheme == one.scheme.lower()
        assert all(name == name.lower() for name in one.parameters)


@given(st.text('Bearer realm="\\,= a', max_size=300))
def test_what_looks_like_one_is_read(header: str) -> None:
    assert all(one.scheme for one in challenges(header))


@given(_NAME, st.dictionaries(_NAME, st.text(st.characters(codec="latin-1", exclude_categories=["C"])), min_size=1))
def test_what_is_written_is_what_is_read(scheme: str, parameters: dict[str, str]) -> None:
    def quoted(text: str) -> str:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    header = f"{scheme} " + ", ".join(f"{name}={quoted(value)}" for name, value in parameters.items())
    if len(header) < 8000:
        assert challenges(header) == [Challenge(scheme, parameters)]


def test_a_header_without_end_is_no_trouble() -> None:
    assert challenges('Bearer a="' * 100_000)
