# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which variables are settings, who set them, and what they are."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..module_utils._common.suggest import LIKE, SLIP, nearest
from .values import Option, SettingsError, coerce, is_given, nothing

# The setting that carries others.
BUNDLE = "kubeflow_settings"


@dataclass(frozen=True)
class Variables:
    """A host's variables, as a task sees them.

    * C(values): by name, not templated.
    * C(of_host): names that the inventory, facts or extra variables have: others may be the defaults of a role.
    * C(template): a value templated, by the name of its variable, with variables that go before C(values);
      raises SettingsError when it cannot be.
    """

    values: Mapping[str, Any]
    of_host: Container[str]
    template: Callable[[str, Any, Mapping[str, Any]], Any]

    def is_set(self, name: str, option: Option) -> bool:
        """Whether somebody gave a setting, rather than its role by default."""
        value = self.values.get(name)
        return is_given(value) and not _same(value, option.get("default"))

    def bundled(self, options: Mapping[str, Option]) -> tuple[dict[str, Any], list[str]]:
        """What C(kubeflow_settings) sets, and a line for each of them that counts for nothing: a variable of its own name goes before.

        :arg options: of all settings of all roles, by name.
        :raises SettingsError: when it is no mapping, or holds what is no setting.
        """
        whole = self.template(BUNDLE, self.values.get(BUNDLE), {})
        bundle: dict[str, Any] = coerce({BUNDLE: whole}, {BUNDLE: options[BUNDLE]}).get(BUNDLE, {})
        wrong = [f"'{name}' in {BUNDLE} is not a setting{_near(str(name), options, LIKE)}" for name in bundle if name not in options]
        if BUNDLE in bundle:
            wrong.append(f"{BUNDLE} cannot hold itself")
        if wrong:
            raise SettingsError(wrong)
        given = {name: value for name, value in bundle.items() if is_given(value)}
        beaten = {name for name in given if self._goes_before(name, options[name])}
        lines = [
            f"{name} is set by a variable of its own, and in {BUNDLE}: the variable counts"
            for name in given
            if name in beaten and not _same(self.values[name], given[name])
        ]
        return {name: value for name, value in given.items() if name not in beaten}, lines

    def _goes_before(self, name: str, option: Option) -> bool:
        own = name in self.of_host or self.is_set(name, option)
        return own and is_given(self.template(name, self.values.get(name), {}))

    def settings(self, options: Mapping[str, Option], bundle: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
        """The settings of a role as they were given, not coerced: from a variable, C(kubeflow_settings), or its default.

        :arg bundle: what C(bundled) gave.
        :arg defaults: of the role, not templated.
        :raises SettingsError: with every one that cannot be templated.
        """
        values, wrong = dict[str, Any](), list[str]()
        for name in options:
            try:
                values[name] = bundle[name] if name in bundle else self.template(name, self.values.get(name), bundle)
                if not is_given(values[name]):
                    values[name] = self.template(name, defaults.get(name), bundle)
            except SettingsError as error:
                wrong.extend(error.lines)
        if wrong:
            raise SettingsError(wrong)
        return values


def settle(values: Mapping[str, Any], options: Mapping[str, Option]) -> dict[str, Any]:
    """All settings of a role, as their options say.

    :raises SettingsError: with every one that is not what its option says.
    """
    given = coerce(values, options)
    return {name: given[name] if name in given else nothing(option) for name, option in options.items()}


def unknown_settings(names: Iterable[str], specs: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """Sort out variables that begin like settings of a role: an argument spec does not see a misspelt one.

    :arg names: of variables.
    :arg specs: names of settings by role; of all roles, since one's name may begin with another's.
    :returns: C(misspelt), a line each; by role, names that are like no setting and may be somebody else's.
    """
    found: dict[str, list[str]] = {"misspelt": []}
    for name in sorted(names):
        # The longest: kserve_models_web_app_x is none of kserve's.
        role = max((role for role in specs if name.startswith(f"{role}_")), key=len, default=None)
        if role is None or name in specs[role]:
            continue
        near = _near(name, specs[role], SLIP)
        if near:
            found["misspelt"].append(f"'{name}' is not a setting{near}")
        else:
            found.setdefault(role, []).append(name)
    return found


def _near(name: str, known: Iterable[str], alike: float) -> str:
    near = nearest(name, known, alike=alike)
    return f"; did you mean '{near}'?" if near else ""


def _same(value: Any, other: Any) -> bool:
    """Equal, but for the white space that YAML's folded text makes."""
    if isinstance(value, str) and isinstance(other, str):
        return value.split() == other.split()
    return bool(value == other)
