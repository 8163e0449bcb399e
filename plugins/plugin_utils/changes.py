# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a part's settings change: templates in which an expression writes data, and never text that is read anew.

C({{ secret_name }}) is that very value, be it C("007"), C("{{ x }}") or a mapping: nothing has to be quoted and nothing can be. What a macro
writes is part of the template.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Any

import jinja2
import yaml
from ansible.plugins.filter.core import FilterModule as CoreFilters
from ansible.plugins.filter.mathstuff import FilterModule as MathFilters
from ansible.plugins.test.core import TestModule as CoreTests
from markupsafe import Markup

Change = dict[str, Any]
# Where a value stands in the written text: two characters that no text in a template has (Unicode's private use).
_PLACE = re.compile("\ue000([0-9]+)\ue001")


class ChangesError(Exception):
    """A template that cannot be rendered: a fault of the part's role."""


class RefusedError(Exception):
    """Settings that do not go together, in the words of the part's template."""


def render_changes(template: str, settings: Mapping[str, Any], part: Mapping[str, Any]) -> list[Change]:
    """The changes that a part's template makes of its settings.

    The template has each setting by its name, C(settings) with all of them, C(part) and its C(names) of the release file, Ansible's filters
    and tests by their short names, and two helpers: C(refuse(message)), and filter C(data), what a macro wrote, as data.

    :arg template: text of C(changes.yml.j2).
    :arg settings: coerced values by name.
    :arg part: the part's entry in the release file.
    :raises RefusedError: when the template refuses the settings.
    :raises ChangesError: when it cannot be rendered, or does not give a list.
    """
    data = _Data()
    try:
        text = _template(template).render(
            {**settings, "settings": settings, "part": part, "names": part.get("names") or {}, "refuse": _refuse, _Data.NAME: data}
        )
        changes = data.read(text) or []
    except (jinja2.TemplateError, yaml.YAMLError, TypeError, ValueError, KeyError) as error:
        raise ChangesError(" ".join(str(error).split())) from error
    if not isinstance(changes, list) or not all(isinstance(change, dict) and "setting" in change for change in changes):
        raise ChangesError("what it gives is not a list of changes, each with its setting")
    return changes


def lacking(changes: list[Change]) -> list[str]:
    """Settings that have nothing to change: the template asked the release for the name of an object, and the release has none."""
    return list(dict.fromkeys(change["setting"] for change in changes if change.get("name") == ""))


def _refuse(message: str) -> str:
    raise RefusedError(message)


class _Data:
    """Values beside the text that a template writes: in the text stand their places."""

    # In the template's context.
    NAME = "__data"

    def __init__(self) -> None:
        self._values: list[Any] = []

    def place(self, value: Any) -> Markup:
        """What stands in the text for a value."""
        self._values.append(value)
        return Markup(f"\ue000{len(self._values) - 1}\ue001")

    def read(self, text: str) -> Any:
        """The document of a text that was written here, with the values in their places."""
        return self._filled(yaml.load(str(text), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))

    def _filled(self, node: Any) -> Any:
        if isinstance(node, dict):
            return {self._filled(key): self._filled(value) for key, value in node.items()}
        if isinstance(node, list):
            return [self._filled(value) for value in node]
        if not isinstance(node, str):
            return node
        whole = _PLACE.fullmatch(node)
        return self._values[int(whole[1])] if whole else _PLACE.sub(self._as_text, node)

    def _as_text(self, place: re.Match[str]) -> str:
        value = self._values[int(place[1])]
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise TypeError(f"{value!r} cannot be a piece of a text")
        return str(value)


# Jinja would work out constants beforehand, and escape them, if this could be called without the context.
@jinja2.pass_context
def _write(context: jinja2.runtime.Context, value: Any) -> Markup:
    """What an expression writes."""
    if isinstance(value, Markup):
        return value
    if isinstance(value, jinja2.Undefined):
        # Says which.
        str(value)
    place: Markup = context[_Data.NAME].place(value)
    return place


@jinja2.pass_context
def _read(context: jinja2.runtime.Context, text: Any) -> Any:
    """Filter C(data)."""
    if not isinstance(text, Markup):
        raise TypeError("filter data reads what a macro wrote, and no value")
    return context[_Data.NAME].read(text)


@functools.cache
def _template(text: str) -> jinja2.Template:
    # Autoescape only tells what macros write from what values hold: nothing is escaped, since _write() has been there before.
    environment = jinja2.Environment(autoescape=True, finalize=_write, trim_blocks=True, undefined=jinja2.StrictUndefined)
    environment.filters = {**CoreFilters().filters(), **MathFilters().filters(), **environment.filters, "data": _read}
    environment.tests = {**CoreTests().tests(), **environment.tests}
    return environment.from_string(text)
