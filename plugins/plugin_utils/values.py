# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What settings mean, in whatever form they came: values by the options of an argument spec.

AWX surveys, INI inventories and C(-e name=value) give nothing but text, and Ansible's own check takes much that templates then use as
it came: a text counts as a list, C(yes) as a bool. Here a value becomes what its option says, once, or is refused in one line.
"""

from __future__ import annotations

import datetime
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.validation import check_type_bool, check_type_dict, check_type_float, check_type_int, check_type_path
from ansible.module_utils.parsing.convert_bool import BOOLEANS_FALSE, BOOLEANS_TRUE

from ..module_utils._common.suggest import nearest

Option = Mapping[str, Any]
# Mappings without suboptions whose values are text, by the last word of their name: map[string]string wherever Kubernetes has them.
_TEXTS = ("labels", "annotations", "selector", "env", "registries", "images")
_QUANTITIES = ("requests", "limits")
_MEANT = {
    "bool": "true or false",
    "dict": "a mapping",
    "float": "a number",
    "int": "a whole number",
    "list": "a list",
    "path": "text",
    "str": "text",
}
# What YAML cannot hold, and no object of Kubernetes should.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class SettingsError(Exception):
    """Settings that make no sense; C(lines) has one line for each."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = list(lines)


def is_given(value: Any) -> bool:
    """Whether a value says anything: None and empty text mean "not given", since a survey cannot leave an answer out."""
    return not (value is None or (isinstance(value, str) and not value.strip()))


def coerce(values: Mapping[str, Any], options: Mapping[str, Option]) -> dict[str, Any]:
    """Values as their options say.

    :arg values: by name; None and empty text are left out of what is returned.
    :arg options: those of an argument spec, by name; each value has one.
    :returns: values that are plain data. A suboption that was not given is not in its mapping.
    :raises SettingsError: with every value that is not what its option says.
    """
    reader = _Reader()
    read = {name: reader.read(name, value, options[name]) for name, value in values.items() if is_given(value)}
    if not reader.wrong:
        # Ansible's own check has the last word: choices, and suboptions that have to be given.
        spec = {name: {**options[name], "default": None} for name in read}
        checked = ArgumentSpecValidator(spec).validate(read)
        reader.wrong.extend(" ".join(str(message).split()) for message in checked.error_messages)
        read = {name: _without_none(value, options[name]) for name, value in checked.validated_parameters.items()}
    if reader.wrong:
        raise SettingsError(reader.wrong)
    return read


def nothing(option: Option) -> Any:
    """What a setting is that nobody gave and that has no default."""
    return {"str": "", "path": "", "list": [], "dict": {}}.get(option["type"])


def structure(text: str) -> Any:
    """What a text holds as JSON or YAML.

    :raises ValueError: when it is neither, with the place and without the text, which may be a secret.
    """
    # libyaml takes no subclass of str, and Ansible's text is one.
    text = str.__str__(text)
    if text.lstrip()[:1] in ("{", "["):
        # By itself: YAML takes the two halves of an escaped character beyond U+FFFF for two characters.
        try:
            return json.loads(text)
        except ValueError:
            pass
    try:
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise ValueError(f"text that is neither YAML nor JSON{where}") from error


def told(value: Any) -> str:
    """A value in a few words. Of text and of structures no more than what they are: they may hold a secret."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, datetime.date):
        return f"the date {value}"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, str):
        return repr(str.__str__(value)) if len(value) <= 40 and value.isprintable() else "text"
    return "a list" if isinstance(value, list | tuple) else f"a {type(value).__name__}"


class _Reader:
    """Reads values, and keeps a line for each that is wrong."""

    def __init__(self) -> None:
        self.wrong: list[str] = []

    def read(self, where: str, value: Any, option: Option) -> Any:
        """A value that is given, as its option says; C(where) is its name, with the way through lists and suboptions."""
        kind = option["type"]
        reads = {"bool": check_type_bool, "int": check_type_int, "float": check_type_float}
        if kind in reads:
            return self._scalar(where, value, kind, reads[kind])
        if kind == "str":
            return self._text(where, value, option.get("choices") or ())
        if kind == "path":
            return check_type_path(self._text(where, value))
        if kind == "list":
            return self._list(where, value, option)
        return self._mapping(where, value, option) if kind == "dict" else self._anything(where, value)

    def _refuse(self, where: str, value: Any, meant: str, hint: str = "") -> Any:
        """In place of a value; nothing is done with what was read when anything is wrong."""
        self._say(f"{where} is {told(value)}, and {meant} is meant{hint}")

    def _say(self, line: str) -> None:
        # Keys are part of where a value stands, and may be anything.
        line = " ".join(line.split())
        self.wrong.append(line if len(line) <= 500 else f"{line[:250]} … {line[-250:]}")

    def _scalar(self, where: str, value: Any, kind: str, check: Any) -> Any:
        if isinstance(value, str | int | float) and (kind == "bool" or not isinstance(value, bool)):
            try:
                return check(str.__str__(value).strip() if isinstance(value, str) else value)
            except (TypeError, ValueError, OverflowError):
                pass
        return self._refuse(where, value, _MEANT[kind])

    def _text(self, where: str, value: Any, choices: Sequence[Any] = ()) -> str:
        if isinstance(value, str):
            return self._clean(where, value)
        # Where only a few words are meant, a number or a bool can be only one of them.
        if isinstance(value, bool):
            meant = [word for word in choices if word in (BOOLEANS_TRUE if value else BOOLEANS_FALSE)]
        else:
            meant = [word for word in choices if isinstance(value, int | float) and word == str(value)]
        if len(meant) == 1:
            return str(meant[0])
        scalar = isinstance(value, bool | int | float | datetime.date)
        self._refuse(where, value, "text", ": write it in quotes" if scalar else "")
        return ""

    def _clean(self, where: str, value: str) -> str:
        text = str.__str__(value)
        if _CONTROL.search(text) or any("\ud800" <= character <= "\udfff" for character in text):
            self._say(f"{where} holds a control character, or half a character")
        return text

    def _list(self, where: str, value: Any, option: Option) -> Any:
        elements = {"type": option.get("elements", "raw"), **{key: option[key] for key in ("options", "choices") if key in option}}
        if isinstance(value, str):
            try:
                value = _entries(value, elements["type"] in ("dict", "list"))
            except ValueError as error:
                self._say(f"{where} is {error}: a list is meant")
                return None
        if not isinstance(value, list | tuple):
            return self._refuse(where, value, _MEANT["list"])
        return [self._inner(f"{where}[{place}]", entry, elements) for place, entry in enumerate(value)]

    def _inner(self, where: str, value: Any, option: Option) -> Any:
        if value is None and option["type"] != "raw":
            return self._refuse(where, value, _MEANT[option["type"]])
        return self.read(where, value, option)

    def _mapping(self, where: str, value: Any, option: Option) -> Any:
        if isinstance(value, str):
            try:
                value = _pairs(value)
            except ValueError as error:
                self._say(f"{where} is {error}: a mapping is meant")
                return None
        if not isinstance(value, Mapping):
            return self._refuse(where, value, _MEANT["dict"])
        name = where.rpartition(".")[2].partition("[")[0]
        if option.get("options"):
            return dict(self._suboptions(where, value, option["options"]))
        if name.endswith(_TEXTS):
            return {self._key(where, key): self._text(f"{where}.{key}", inner) for key, inner in value.items()}
        if name in _QUANTITIES:
            return {self._key(where, key): self._quantity(f"{where}.{key}", inner) for key, inner in value.items()}
        return self._anything(where, value)

    def _suboptions(self, where: str, value: Mapping[Any, Any], options: Mapping[str, Option]) -> Iterator[tuple[str, Any]]:
        for name, inner in value.items():
            if name not in options:
                near = nearest(name, options)
                known = f"did you mean '{near}'?" if near else f"known are: {', '.join(options)}"
                self._say(f"{where}.{name} is not an option; {known}")
            # An empty text is a text; for anything else it says nothing.
            elif inner is not None and (is_given(inner) or options[name]["type"] in ("str", "raw")):
                yield name, self.read(f"{where}.{name}", inner, options[name])

    def _key(self, where: str, key: Any) -> str:
        return self._text(f"a key of {where}", key)

    def _quantity(self, where: str, value: Any) -> Any:
        """Kubernetes takes C(1) as well as C("1")."""
        number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        return value if number else self._text(where, value)

    def _anything(self, where: str, value: Any) -> Any:
        """Plain data, as it came: None in it may mean that something goes."""
        if isinstance(value, str):
            return self._clean(where, value)
        if isinstance(value, Mapping):
            return {
                str.__str__(key) if isinstance(key, str) else key: self._anything(f"{where}.{key}", inner) for key, inner in value.items()
            }
        if isinstance(value, list | tuple):
            return [self._anything(f"{where}[{place}]", inner) for place, inner in enumerate(value)]
        if value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
            return value
        return self._refuse(where, value, "text", ": write it in quotes")


def _entries(text: str, structured: bool) -> Any:
    """What a text that stands for a list holds: JSON, YAML, or names by lines and commas."""
    if not structured and not text.lstrip().startswith(("[", "- ")):
        return [entry for entry in (part.strip() for part in re.split(r"[\n,]", text)) if entry]
    found = structure(text)
    if not isinstance(found, list):
        raise ValueError(f"text that holds {'no list' if isinstance(found, str) else told(found)}")
    return found


def _pairs(text: str) -> Mapping[Any, Any]:
    """What a text that stands for a mapping holds: JSON, YAML, or C(key=value) pairs as Ansible reads them."""
    problem = ""
    try:
        found = structure(text)
    except ValueError as error:
        found, problem = None, str(error)
    if not isinstance(found, Mapping) and "=" in text and not text.lstrip().startswith(("{", "[")):
        try:
            found = check_type_dict(text)
        except TypeError:
            problem = problem or "text that holds no key=value pairs"
    if not isinstance(found, Mapping):
        raise ValueError(problem or f"text that holds {'no mapping' if isinstance(found, str) else told(found)}")
    return found


def _without_none(value: Any, option: Option) -> Any:
    """Without the suboptions that were not given: Ansible's check fills in None for each."""
    options = option.get("options")
    if not options:
        return value
    if isinstance(value, list):
        return [_without_none(entry, {"options": options}) for entry in value]
    return {name: _without_none(inner, options[name]) for name, inner in value.items() if inner is not None}
