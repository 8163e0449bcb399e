# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rules of readiness of the user's own, as data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .declared import Declared, ExpressionError, compiled
from .judge import OwnRules

READY_RULES_SPEC: dict[str, Any] = {
    "ready_rules": {
        "type": "list",
        "elements": "dict",
        "default": [],
    }
}
# Ansible keeps the name message from the options of modules, so what a rule may hold is looked at here.
_EXPRESSIONS = ("ready", "failed", "message")
_NEEDED, _KNOWN = ("kind", "ready"), ("kind", "group", *_EXPRESSIONS)


class RulesError(Exception):
    """Rules that cannot be used; C(lines) has one line for each thing that is wrong."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = list(lines)


def wrong_rules(rules: Iterable[Mapping[str, Any]], name: str) -> list[str]:
    """What is wrong with rules, whatever is in the plan: a line for each expression that is none, and for each kind with two rules.

    :arg rules: as C(READY_RULES_SPEC) has them.
    :arg name: of the setting, for messages.
    """
    lines, first = list[str](), dict[tuple[str, str], int]()
    for number, rule in enumerate(rules):
        if odd := _odd(rule):
            lines.append(f"{name}[{number}]: {odd}")
            continue
        for field in _EXPRESSIONS:
            text = rule.get(field)
            if not text and field != "ready":
                continue
            try:
                compiled(text or "")
            except ExpressionError as error:
                lines.append(f"{name}[{number}].{field} (of {_kind(rule)}): {error}")
        kind = (rule.get("group") or "", rule["kind"])
        if kind in first:
            lines.append(f"{name}[{number}] is a second rule for {_kind(rule)}: the first is {name}[{first[kind]}]")
        first.setdefault(kind, number)
    return lines


def own_rules(rules: Sequence[Mapping[str, Any]], planned: Iterable[tuple[str, str]], name: str) -> tuple[OwnRules, list[str]]:
    """Rules by group and kind, and a line for each whose kind is not in the plan: it has no effect.

    :arg planned: groups and kinds of the plan's objects.
    :raises RulesError: when an expression is none, or a kind without a group could be several.
    """
    wrong = wrong_rules(rules, name)
    if any(map(_odd, rules)):
        raise RulesError(wrong)
    found, unused, kinds = dict[tuple[str, str], Declared](), list[str](), set(planned)
    for number, rule in enumerate(rules):
        group = rule.get("group")
        meant = sorted(kind for kind in kinds if kind[1] == rule["kind"] and group in (None, "", kind[0]))
        if len(meant) > 1:
            groups = ", ".join(entry[0] or "(core)" for entry in meant)
            wrong.append(f"{name}[{number}]: the plan has kind {rule['kind']} in several groups; say which as group: {groups}")
        elif not meant:
            unused.append(f"{name}[{number}]: nothing in the plan is of kind {_kind(rule)}: no effect")
        elif meant[0] in found:
            wrong.append(f"{name}[{number}] is a second rule for {_kind(rule)}")
        else:
            found[meant[0]] = Declared(rule["ready"], rule.get("failed") or "", rule.get("message") or "")
    if wrong:
        raise RulesError(list(dict.fromkeys(wrong)))
    return found, unused


def _odd(rule: Mapping[str, Any]) -> str:
    """What is wrong with the keys of a rule, or with what they hold; empty when nothing is."""
    if unknown := sorted(str(key) for key in rule.keys() - set(_KNOWN)):
        return f"a rule has no {', '.join(unknown)}; it takes {', '.join(_KNOWN)}"
    if lacking := [key for key in _NEEDED if rule.get(key) is None]:
        return f"a rule needs {' and '.join(lacking)}"
    if wrong := [key for key, value in rule.items() if value is not None and not isinstance(value, str)]:
        return f"{wrong[0]} is {rule[wrong[0]]!r}, and not a text"
    return ""


def _kind(rule: Mapping[str, Any]) -> str:
    return f"{rule['kind']}.{rule['group']}" if rule.get("group") else str(rule["kind"])
