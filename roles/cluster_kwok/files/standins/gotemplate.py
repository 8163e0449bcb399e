# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Go's text/template, as much of it as the templates of sidecar injectors use.

Data are plain Python values. A field is found whatever the case of its first letters, since Go's C(.Spec.Containers)
is C(containers) in JSON, and what is missing is nothing, not an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Function = Callable[..., Any]


class TemplateError(ValueError):
    """The template uses something that is not known here, or does not parse."""


@dataclass
class Node:
    """C(kind) is text, action, if, with, range, template; C(body) and C(orelse) of the last but one."""

    kind: str
    code: str = ""
    body: list[Node] = field(default_factory=list)
    orelse: list[Node] = field(default_factory=list)


_ACTION = re.compile(r"\{\{(- )?\s*((?:\"(?:\\.|[^\"\\])*\"|`[^`]*`|[^\"`])*?)\s*( -)?\}\}", re.DOTALL)
_TOKEN = re.compile(r"\"(?:\\.|[^\"\\])*\"|`[^`]*`|:=|\)(?:\.\w+)*|[=|(,]|\$?[\w.]*\.?[\w.]+|\$|\.|-?\d+|\S", re.DOTALL)
_NUMBER = re.compile(r"-?\d+(\.\d+)?$")


def _split(source: str) -> list[tuple[str, str]]:
    """C(text) and C(code) pieces in order, white space trimmed as the dashes say."""
    pieces: list[tuple[str, str]] = []
    position, trim = 0, False
    for match in _ACTION.finditer(source):
        text = source[position : match.start()]
        if trim:
            text = text.lstrip()
        # "{{-" also stands for "{{- " where the code starts right away in a comment or a bracket.
        code = match[2]
        left, right = bool(match[1]), bool(match[3])
        if code.startswith("-") and not code[1:2].isdigit():
            code, left = code[1:].lstrip(), True
        if code.endswith("-"):
            code, right = code[:-1].rstrip(), True
        if left:
            text = text.rstrip()
        pieces += [("text", text), ("code", code)]
        position, trim = match.end(), right
    rest = source[position:]
    return [*pieces, ("text", rest.lstrip() if trim else rest)]


class Template:
    """Parsed once, rendered often. C(functions) are those that are not Go's own."""

    def __init__(self, source: str, functions: Mapping[str, Function]) -> None:
        self._functions = {**BUILTINS, **functions}
        self._defined: dict[str, list[Node]] = {}
        self._pieces = _split(source)
        self._at = 0
        self._root, ended = self._parse()
        if ended:
            raise TemplateError(f"unexpected {{{{{ended}}}}}")
        del self._pieces

    def _parse(self) -> tuple[list[Node], str]:
        """Nodes up to the C(end) or C(else) that closes them."""
        nodes: list[Node] = []
        while self._at < len(self._pieces):
            kind, content = self._pieces[self._at]
            self._at += 1
            if kind == "text":
                if content:
                    nodes.append(Node("text", content))
                continue
            word, _other, rest = content.partition(" ")
            if content.startswith("/*") or not content:
                continue
            if word == "end" or word == "else":
                return nodes, content
            if word in ("if", "with", "range"):
                nodes.append(self._block(word, rest))
            elif word == "define":
                self._defined[rest.strip().strip('"`')], _other = self._parse()
            else:
                nodes.append(Node("template", rest) if word == "template" else Node("action", content))
        return nodes, ""

    def _block(self, word: str, code: str) -> Node:
        node = Node(word, code.strip())
        node.body, ended = self._parse()
        if ended.startswith("else"):
            follow = ended[4:].strip()
            if follow:
                inner, _other, rest = follow.partition(" ")
                node.orelse = [self._block(inner, rest)]
                return node
            node.orelse, ended = self._parse()
        if ended != "end":
            raise TemplateError(f"{{{{{word} {code}}}}} is not closed")
        return node

    def render(self, data: Any) -> str:
        out: list[str] = []
        self._run(self._root, data, [{"$": data}], out)
        return "".join(out)

    def _run(self, nodes: list[Node], dot: Any, scopes: list[dict[str, Any]], out: list[str]) -> None:
        for node in nodes:
            if node.kind == "text":
                out.append(node.code)
            elif node.kind == "action":
                value, silent = self._statement(node.code, dot, scopes)
                if not silent:
                    out.append(text_of(value))
            elif node.kind == "template":
                name, *argument = _TOKEN.findall(node.code)
                given = self._pipeline(argument, dot, scopes) if argument else None
                self._run(self._defined[name.strip('"`')], given, [{"$": given}], out)
            elif node.kind == "range":
                self._range(node, dot, scopes, out)
            else:
                inner = [*scopes, {}]
                value, _other = self._statement(node.code, dot, inner)
                self._run(node.body if value else node.orelse, value if node.kind == "with" and value else dot, inner, out)

    def _range(self, node: Node, dot: Any, scopes: list[dict[str, Any]], out: list[str]) -> None:
        tokens = _TOKEN.findall(node.code)
        names: list[str] = []
        if ":=" in tokens:
            names = [token for token in tokens[: tokens.index(":=")] if token != ","]
            tokens = tokens[tokens.index(":=") + 1 :]
        value = self._pipeline(tokens, dot, scopes)
        pairs = sorted(value.items()) if isinstance(value, Mapping) else list(enumerate(value or []))
        if not pairs:
            self._run(node.orelse, dot, [*scopes, {}], out)
        for key, item in pairs:
            given = (key, item) if len(names) == 2 else (item,)
            self._run(node.body, item, [*scopes, dict(zip(names, given, strict=False))], out)

    def _statement(self, code: str, dot: Any, scopes: list[dict[str, Any]]) -> tuple[Any, bool]:
        """Value of a pipeline, and whether it was an assignment, which prints nothing."""
        tokens = _TOKEN.findall(code)
        if len(tokens) > 2 and tokens[0].startswith("$") and tokens[1] in (":=", "="):
            value = self._pipeline(tokens[2:], dot, scopes)
            holder = scopes[-1] if tokens[1] == ":=" else next(scope for scope in reversed(scopes) if tokens[0] in scope)
            holder[tokens[0]] = value
            return value, True
        return self._pipeline(tokens, dot, scopes), False

    def _pipeline(self, tokens: list[str], dot: Any, scopes: list[dict[str, Any]]) -> Any:
        commands: list[list[Any]] = [[]]
        depth, inner = 0, list[str]()
        for token in tokens:
            if depth:
                depth += (token == "(") - (token[0] == ")")
                if depth:
                    inner.append(token)
                else:
                    commands[-1].append(_Value(_walk(self._pipeline(inner, dot, scopes), token[1:])))
            elif token == "(":
                depth, inner = 1, []
            elif token == "|":
                commands.append([])
            else:
                commands[-1].append(token)
        if depth:
            raise TemplateError(f"unbalanced brackets: {' '.join(tokens)}")
        piped: list[Any] = []
        for command in commands:
            piped = [self._command(command, piped, dot, scopes)]
        return piped[0]

    def _command(self, words: list[Any], piped: list[Any], dot: Any, scopes: list[dict[str, Any]]) -> Any:
        if not words:
            raise TemplateError("missing value")
        head = words[0]
        if isinstance(head, str) and re.fullmatch(r"[A-Za-z_]\w*", head) and head not in ("true", "false", "nil"):
            function = self._functions.get(head)
            if function is None:
                raise TemplateError(f"function {head!r} is not known")
            return function(*(self._operand(word, dot, scopes) for word in words[1:]), *piped)
        return self._operand(head, dot, scopes)

    def _operand(self, word: Any, dot: Any, scopes: list[dict[str, Any]]) -> Any:
        if isinstance(word, _Value):
            return word.value
        constants = {"true": True, "false": False, "nil": None, ".": dot}
        if word in constants:
            return constants[word]
        if word[0] == "`":
            return word[1:-1]
        if word[0] == '"':
            return word[1:-1].encode().decode("unicode_escape")
        if _NUMBER.match(word):
            return float(word) if "." in word else int(word)
        if word[0] == "$":
            name, _other, path = word.partition(".")
            holder = next((scope for scope in reversed(scopes) if name in scope), None)
            if holder is None:
                raise TemplateError(f"undefined variable {name}")
            return _walk(holder[name], path)
        if word[0] == ".":
            return _walk(dot, word[1:])
        if re.fullmatch(r"[A-Za-z_]\w*", word):
            return self._command([word], [], dot, scopes)
        raise TemplateError(f"cannot read {word!r}")


@dataclass
class _Value:
    """An operand that is worked out already: what stood in brackets."""

    value: Any


def _walk(value: Any, path: str) -> Any:
    for name in filter(None, path.split(".")):
        value = _field(value, name)
    return value


def _field(value: Any, name: str) -> Any:
    if isinstance(value, Mapping):
        if name in value:
            return value[name]
        # Go's field names and its protobuf getters.
        for wanted in (name.lower(), name.lower().removeprefix("get")):
            for key in value:
                if key.lower() == wanted:
                    return value[key]
        return None
    # C(.GetValue) of a wrapper and C(.String) of an enumeration, both plain values in JSON.
    return value if name in ("GetValue", "Value", "String") else None


def text_of(value: Any) -> str:
    """As Go's fmt prints it."""
    if value is None:
        return "<no value>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{' '.join(text_of(item) for item in value)}]"
    if isinstance(value, Mapping):
        return f"map[{' '.join(f'{key}:{text_of(item)}' for key, item in sorted(value.items()))}]"
    return str(value)


def index(value: Any, *keys: Any) -> Any:
    """C(index): a missing key of a map of strings is the empty string."""
    for key in keys:
        value = value[key] if isinstance(value, list) else (value or {}).get(key, "")
    return value


def printf(form: str, *values: Any) -> str:
    """C(printf), for the verbs s d v q t."""
    rest = list(values)

    def one(match: re.Match[str]) -> str:
        if match[0] == "%%":
            return "%"
        text = text_of(rest.pop(0))
        return f'"{text}"' if match[1] == "q" else text

    return re.sub(r"%([sdvqt%])", one, form)


def _and(*values: Any) -> Any:
    return next((value for value in values if not value), values[-1])


def _or(*values: Any) -> Any:
    return next((value for value in values if value), values[-1])


BUILTINS: dict[str, Function] = {
    "and": _and,
    "or": _or,
    "not": lambda value: not value,
    "eq": lambda first, *others: any(first == other for other in others),
    "ne": lambda first, second: first != second,
    "lt": lambda first, second: first < second,
    "le": lambda first, second: first <= second,
    "gt": lambda first, second: first > second,
    "ge": lambda first, second: first >= second,
    "len": lambda value: len(value or ""),
    "index": index,
    "print": lambda *values: "".join(text_of(value) for value in values),
    "printf": printf,
}
