# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What may not be in a report."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.report.masking import LONGEST, MASKED, masker, plain, secret_values


def secret(**entries: str) -> dict[str, object]:
    data = {name: base64.b64encode(value.encode()).decode() for name, value in entries.items()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "mysql-secret", "namespace": "kubeflow"}, "data": data}


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), min_size=8, max_size=40).filter(lambda text: len(text.strip()) >= 8)
)
def test_no_value_of_a_secret_is_left(value: str) -> None:
    mask = masker(secret_values([secret(password=value)]))
    encoded = base64.b64encode(value.encode()).decode()
    for words in (value, encoded, f"before {value} after", f"a{encoded}b{value}"):
        assert MASKED in mask(words)
        # A value may be made of the very word that takes its place.
        assert value not in mask(words).replace(MASKED, "") or value in MASKED


@pytest.mark.parametrize("written", ["data", "stringData"])
def test_a_value_of_several_lines_is_masked_line_by_line(written: str) -> None:
    lines = "-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n"
    item = secret(key=lines)
    if written == "stringData":
        item = {**item, "data": None, "stringData": {"key": lines}}
    mask = masker(secret_values([item]))
    assert "MIIEvQIBADANBgkq" not in mask("log: MIIEvQIBADANBgkq")
    assert base64.b64encode(lines.encode()).decode() not in mask(f"x {base64.b64encode(lines.encode()).decode()}")


def test_names_stay_names() -> None:
    """Upstream's user of the database is root, and its database is named as objects are."""
    mask = masker(secret_values([secret(user="root", database="kubeflow", name="mysql-se")]))
    words = "Secret kubeflow/mysql-secret: no rights for root"
    assert mask(words) == words


def test_a_secret_inside_of_another_does_not_spoil_it() -> None:
    assert masker(["password", "password-of-mysql"])("is password-of-mysql.") == f"is {MASKED}."


def test_nothing_but_text_is_left_of_a_text() -> None:
    assert plain("a\x00b\x1b[31mred\x1b[0m\ud800\u202etxt.exe\r\nnext\ttab") == "a�b�[31mred�[0m��txt.exe\nnext\ttab"
    assert plain("x" * (LONGEST + 5)) == "x" * LONGEST + " … (5 more characters)"
