# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rules of the user's own: what is wrong with them is said with the rule and the place, and nothing that is on a cluster ends in a traceback."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from readiness.live import item
from readiness.rules.test_table import ANYTHING, FIELDS

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.declared import Declared, ExpressionError, compiled
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.judge import status_of
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.own_rules import RulesError, own_rules, wrong_rules
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.rule import Seen

KIND = ("example.com", "Backup")
PHASE = {
    "kind": "Backup",
    "ready": "status.phase == 'Completed'",
    "failed": "contains(['Failed', 'Partial'], status.phase || '')",
    "message": "join(': ', [status.phase || 'not begun', status.reason || ''])",
}


def judged(rule: dict[str, Any], status: Any) -> tuple[str, str]:
    own, unused = own_rules([rule], [KIND], "kubeflow_ready_rules")
    assert not unused
    found = status_of(*KIND, item(status=status), Seen(), own)
    return found.state, found.message


@pytest.mark.parametrize(
    ("status", "found"),
    [
        ({"phase": "Completed"}, ("Current", "")),
        ({"phase": "Failed", "reason": "no disk"}, ("Failed", "Failed: no disk")),
        ({"phase": "Running"}, ("InProgress", "Running:")),
        ({}, ("InProgress", "not begun:")),
        ({"phase": "Completed", "observedGeneration": 0}, ("InProgress", "its controller has seen generation 0 of 1")),
    ],
)
def test_a_rule_judges_its_kind(status: Any, found: tuple[str, str]) -> None:
    assert judged(PHASE, status) == found


def test_a_rule_without_words_names_itself() -> None:
    rule = {"kind": "Backup", "ready": "status.ok", "failed": "status.bad", "message": None}
    assert judged(rule, {}) == ("InProgress", "its rule of readiness does not hold: status.ok")
    assert judged(rule, {"bad": True}) == ("Failed", "its rule of failure holds: status.bad")


@pytest.mark.parametrize(("value", "holds"), [(True, 1), ("x", 1), (0, 1), ([0], 1), (False, 0), ("", 0), ([], 0), ({}, 0), (None, 0)])
def test_what_holds_is_what_jmespath_takes_for_true(value: Any, holds: int) -> None:
    state, _message = judged({"kind": "Backup", "ready": "status.value"}, {"value": value})
    assert state == ("Current" if holds else "InProgress")


def test_a_rule_goes_before_the_collections_own() -> None:
    own, _unused = own_rules([{"kind": "Deployment", "ready": "metadata.name == 'x'"}], [("apps", "Deployment")], "n")
    assert status_of("apps", "Deployment", item(), Seen(), own).state == "Current"


def test_an_expression_that_does_not_fit_an_object_makes_it_not_ready() -> None:
    state, message = judged({"kind": "Backup", "ready": "length(status.items) == `2`"}, {})
    assert state == "InProgress"
    assert message.startswith("its rule of readiness cannot be evaluated: In function length(), invalid type for value: None")


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("", "it is empty"),
        ("status.phase = 'x'", "it is not JMESPath at character 14"),
        ("status.conditions[", "it ends too early, after character 18"),
        ("status phase", "it is not JMESPath at character 8 ('phase')"),
        ("status.phase == 'x", "it is not JMESPath at character 17"),
        ("lenght(a)", "there is no function lenght; did you mean length?"),
        ("a && not_there(b)", "there is no function not_there"),
        ("join(a)", "function join takes 2 arguments, and has 1"),
        ("not_null()", "function not_null takes 1 or more arguments, and has 0"),
        ("a.[contains(b)]", "function contains takes 2 arguments, and has 1"),
    ],
)
def test_an_expression_that_is_none_is_refused_with_the_place(expression: str, words: str) -> None:
    rules = [PHASE, {"kind": "Other", "group": "example.com", "ready": "a", "failed": expression or None, "message": "b"}]
    if not expression:
        rules[1] |= {"ready": "", "failed": "a"}
    (line,) = wrong_rules(rules, "kubeflow_ready_rules")
    field = "failed" if expression else "ready"
    assert line.startswith(f"kubeflow_ready_rules[1].{field} (of Other.example.com): ")
    assert words in line
    with pytest.raises(RulesError, match="kubeflow_ready_rules"):
        own_rules(rules, [KIND], "kubeflow_ready_rules")


def test_a_kind_has_one_rule_and_says_its_group_where_there_are_two() -> None:
    two = [("cert-manager.io", "Certificate"), ("networking.internal.knative.dev", "Certificate")]
    rule = {"kind": "Certificate", "ready": "a"}
    with pytest.raises(
        RulesError, match=r"n\[0\]: the plan has kind Certificate in several groups; say which as group: cert-manager.io, net"
    ):
        own_rules([rule], two, "n")
    own, unused = own_rules([{**rule, "group": "cert-manager.io"}], two, "n")
    assert (list(own), unused) == ([two[0]], [])
    with pytest.raises(RulesError, match=r"n\[1\] is a second rule for Certificate: the first is n\[0\]"):
        own_rules([rule, rule], two[:1], "n")
    with pytest.raises(RulesError, match=r"n\[1\] is a second rule for Certificate.cert-manager.io"):
        own_rules([rule, {**rule, "group": "cert-manager.io"}], two[:1], "n")


def test_a_rule_for_what_is_not_in_the_plan_is_said() -> None:
    own, unused = own_rules([{"kind": "Bakcup", "ready": "a"}], [KIND], "kubeflow_ready_rules")
    assert (own, unused) == ({}, ["kubeflow_ready_rules[0]: nothing in the plan is of kind Bakcup: no effect"])


TOKENS = st.lists(st.sampled_from([*"abc.[]{}()|&!=<>?*,:@'\"`0 ", "status", "length(", "&&", "||", "=="]), max_size=12).map("".join)


@given(st.text(max_size=20) | TOKENS)
def test_any_text_is_an_expression_or_is_refused_in_one_line(text: str) -> None:
    try:
        compiled(text)
    except ExpressionError as error:
        assert str(error)
        assert "\n" not in str(error)


@given(TOKENS, TOKENS, st.dictionaries(st.sampled_from(FIELDS), ANYTHING))
def test_any_expression_can_be_put_to_any_object(ready: str, message: str, status: dict[str, Any]) -> None:
    try:
        compiled(ready), compiled(message)
    except ExpressionError:
        return
    found = Declared(ready, ready, message)(item(status=status), Seen())
    assert bool(found.message) == (found.state != "Current")
