# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A rule of readiness as data: JMESPath expressions (https://jmespath.org/specification.html) on the object as the API server gives it.

An expression holds when its result is anything but false, null, and an empty text, list or mapping, as JMESPath itself has it.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

try:
    import jmespath
    import jmespath.exceptions
    import jmespath.functions
except ImportError:  # the modules that wait for a plan ask for it, see _common/requirements
    jmespath = None

from .._common.suggest import nearest
from .conditions import conditions
from .rule import Item, Seen
from .status import CURRENT, Status, failed, in_progress

# What an expression may make of an object is without bound.
_LONG = 500


class ExpressionError(Exception):
    """An expression is not JMESPath; the message says where."""


@functools.cache
def compiled(expression: str) -> Any:
    """An expression, ready for use.

    :raises ExpressionError: when it is none.
    """
    if jmespath is None:
        raise ExpressionError("it cannot be read: the Python package jmespath is not installed on the controller")
    try:
        found = jmespath.compile(expression)
        _check_functions(found.parsed)
        return found
    except jmespath.exceptions.JMESPathError as error:
        raise ExpressionError(_problem(expression, error)) from error
    except RecursionError as error:
        raise ExpressionError("it is nested too deeply") from error


def _check_functions(node: Any) -> None:
    """jmespath itself says only when it gets there that there is no such function, or that it takes other arguments."""
    if isinstance(node, Mapping) and node.get("type") == "function_expression":
        known = jmespath.functions.Functions.FUNCTION_TABLE
        name, arguments = node["value"], len(node["children"])
        if name not in known:
            near = nearest(name, known)
            raise ExpressionError(f"there is no function {name}" + (f"; did you mean {near}?" if near else ""))
        signature = known[name]["signature"]
        least, endless = len(signature), bool(signature and signature[-1].get("variadic"))
        if arguments < least or (arguments > least and not endless):
            raise ExpressionError(f"function {name} takes {least}{' or more' if endless else ''} arguments, and has {arguments}")
    if isinstance(node, Mapping):
        for child in node.get("children") or ():
            _check_functions(child)


def _problem(expression: str, error: Exception) -> str:
    """What is wrong, and at which character, counted from 1."""
    if isinstance(error, jmespath.exceptions.EmptyExpressionError):
        return "it is empty"
    if isinstance(error, jmespath.exceptions.IncompleteExpressionError):
        return f"it ends too early, after character {len(expression)}"
    position = getattr(error, "lex_position", None)
    if position is None:
        position = getattr(error, "lexer_position", None)
    token = getattr(error, "token_value", "") or ""
    near = f" ({str(token)[:40]!r})" if token else ""
    detail = str(getattr(error, "message", "") or "")
    detail = f": {detail[:120]}" if detail and "\n" not in detail else ""
    return f"it is not JMESPath at character {position + 1 if position is not None else '?'}{near}{detail}"


@dataclass(frozen=True)
class Declared:
    """One rule; all but C(ready) may be empty.

    C(progress) gives a number, or a list of numbers, that grow on the way. C(about) is the condition that the others read: it may tell
    the generation that it is about.
    """

    ready: str
    failed: str = ""
    message: str = ""
    progress: str = ""
    about: str = ""

    def __call__(self, item: Item, _seen: Seen) -> Status:
        """The status of a live object. An expression that cannot be evaluated on it makes it not ready, and is said."""
        if stale := _is_stale(item, self.about):
            return in_progress(stale)
        try:
            if _holds(compiled(self.ready).search(item)):
                return CURRENT
            has_failed = bool(self.failed) and _holds(compiled(self.failed).search(item))
            words = _text(compiled(self.message).search(item)) if self.message else ""
            counts = _counts(compiled(self.progress).search(item)) if self.progress else ()
        # jmespath 1.1 lets Python compare a text with a number, which by its specification is null.
        except (jmespath.exceptions.JMESPathError, TypeError) as error:
            return in_progress(f"its rule of readiness cannot be evaluated: {' '.join(str(error).split())[:_LONG]}")
        if has_failed:
            return failed(words or f"its rule of failure holds: {self.failed}")
        return in_progress(words or f"its rule of readiness does not hold: {self.ready}", *counts)


def _is_stale(item: Item, about: str) -> str:
    """Why what the status says is about an older spec. Not every controller tells what it has seen."""
    generation = item["metadata"].get("generation")
    status = item.get("status")
    observed = status.get("observedGeneration") if isinstance(status, Mapping) else None
    if generation is not None and isinstance(observed, int) and observed != generation:
        return f"its controller has seen generation {observed} of {generation}"
    seen = conditions(item).get(about, {}).get("observedGeneration") if about else None
    if generation is not None and isinstance(seen, int) and seen != generation:
        return f"{about} is about generation {seen} of {generation}"
    return ""


def _holds(result: Any) -> bool:
    """False values of JMESPath; 0 is none of them."""
    return not (result is None or result is False or (isinstance(result, str | list | dict) and not result))


def _text(result: Any) -> str:
    if result is None:
        return ""
    words = result if isinstance(result, str) else json.dumps(result)
    words = " ".join(words.split())
    return words if len(words) <= _LONG else f"{words[:_LONG]} …"


def _counts(result: Any) -> tuple[int, ...]:
    return tuple(int(count) if isinstance(count, int) else 0 for count in (result if isinstance(result, list) else [result]))


def condition(type_: str, status: str = "True") -> str:
    """The expression that a condition has this status."""
    return f"(status.conditions[?type=='{type_}'].status | [0]) == '{status}'"


def words_of(*types: str) -> str:
    """The expression that tells of the first condition of these types that is there."""
    chosen = " || ".join(f"[?type=='{type_}'] | [0]" if len(types) == 1 else f"([?type=='{type_}'] | [0])" for type_ in types)
    return (
        f"(status.conditions || `[]`) | ({chosen})"
        ".[join('', [not_null(type, ''), ' is ', not_null(status, 'Unknown')]), reason, message][?@]"
        f" || ['has no condition {' or '.join(types)} yet'] | join(': ', @)"
    )
