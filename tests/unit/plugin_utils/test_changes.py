# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Templates of changes: expressions write data."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.changes import ChangesError, RefusedError, lacking, render_changes

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
TEMPLATE = """\
{% macro one(setting, value) %}
- {setting: {{ setting }}, kind: ConfigMap, name: a-{{ setting }}, merge: {data: {{ value }}}}
{% endmacro %}
{% macro inner(value) %}
value: {{ value }}
{% endmacro %}
{{ one('x_a', x_a) }}
- setting: x_b
  lists:
    - {path: [a, {{ x_a }}], append: {{ [x_a] }}, "of it": {{ inner(x_a) | data }}}
"""


def changes(template: str, settings: dict[str, Any] | None = None, **names: Any) -> list[dict[str, Any]]:
    return render_changes(template, settings or {}, {"names": names})


@given(ANYTHING)
def test_a_value_arrives_as_it_is_wherever_it_stands(value: Any) -> None:
    assert changes(TEMPLATE, {"x_a": value}) == [
        {"setting": "x_a", "kind": "ConfigMap", "name": "a-x_a", "merge": {"data": value}},
        {"setting": "x_b", "lists": [{"path": ["a", value], "append": [value], "of it": {"value": value}}]},
    ]


@given(st.text(), st.integers())
def test_a_text_is_put_together_as_text(text: str, number: int) -> None:
    (change,) = changes('- {setting: x_a, name: "{{ x_a }}:{{ x_b }}", {{ x_a }}: {{ x_b }}}', {"x_a": text, "x_b": number})
    assert change["name"] == f"{text}:{number}"
    assert change[text] in (number, "x_a", change["name"])


def test_a_template_knows_its_settings_and_the_part_of_the_release() -> None:
    template = "{% if settings['x_' ~ 'a'] %}\n- {setting: x_a, name: {{ names.config }}, merge: {{ part }}}\n{% endif %}\n"
    assert changes(template, {"x_a": True}, config="c") == [{"setting": "x_a", "name": "c", "merge": {"names": {"config": "c"}}}]
    assert changes(template, {"x_a": False}) == []


def test_a_constant_is_not_escaped() -> None:
    assert changes("- {setting: x_a, merge: {{ 'a<b & \"c\"' }}}") == [{"setting": "x_a", "merge": 'a<b & "c"'}]


def test_settings_that_do_not_go_together_are_refused_in_the_templates_words() -> None:
    with pytest.raises(RefusedError, match=r"^not with x_b$"):
        changes("{{ refuse('not with x_b') }}")


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("- {setting: x_a, name: {{ nothing }}}", "'nothing' is undefined"),
        ("- {setting: x_a, name: {{ names.nothing }}}", "'dict object' has no attribute 'nothing'"),
        ("- {setting: x_a, name: a-{{ names }}}", "cannot be a piece of a text"),
        ("- {setting: x_a, name: {{ names.x | data }}}", "filter data reads what a macro wrote"),
        ("{% if %}", "Expected an expression"),
        ("- {setting: x_a", "expected ',' or '}'"),
        ("setting: x_a", "not a list of changes, each with its setting"),
        ("- {name: x_a}", "not a list of changes, each with its setting"),
    ],
)
def test_a_template_that_is_wrong_says_so(template: str, words: str) -> None:
    with pytest.raises(ChangesError) as failed:
        changes(template, x="a: b")
    assert words in str(failed.value)
    assert "\n" not in str(failed.value)


def test_what_has_no_name_in_the_release_is_told_once() -> None:
    assert lacking(changes("- {setting: x_a, name: ''}\n- {setting: x_b, name: b}\n- {setting: x_a, name: ''}")) == ["x_a"]
