# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The first phase: which release, which of its parts, and the settings that all parts share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..module_utils._readiness.own_rules import wrong_rules
from .roles import SHARED, Roles
from .selection import SelectionError, named_parts, select
from .settings import BUNDLE, Variables, settle, unknown_settings
from .values import SettingsError


def release_name(given: Any, known: Sequence[str]) -> str:
    """The name of the release that is meant. A number is taken where it is exactly one release's.

    :raises SettingsError: when there is none of that name.
    """
    if isinstance(given, int | float) and not isinstance(given, bool):
        named = [name for name in known if _number(name) == given]
        if len(named) == 1:
            return named[0]
        raise SettingsError(
            [
                f'kubeflow_release is the number {given}: write it in quotes (kubeflow_release: "{known[0]}"), since YAML reads 26.10 as the '
                f"number 26.1; there are {', '.join(known)}"
            ]
        )
    if isinstance(given, str) and given.strip() in known:
        return str.__str__(given).strip()
    raise SettingsError([f"'{given}' is not a release of Kubeflow that can be installed; there are {', '.join(known)}"])


def _number(name: str) -> float | None:
    try:
        return float(name)
    except ValueError:
        return None


def choose(
    roles: Roles,
    variables: Variables,
    defaults: Mapping[str, Any],
    *,
    run_tags: Sequence[str],
    skip_tags: Sequence[str],
    phases: Sequence[str],
    choose_parts: bool = True,
) -> dict[str, Any]:
    """What a run does.

    :arg defaults: of role kubeflow, not templated.
    :arg run_tags: tags that the run is limited to; C(skip_tags), those that it leaves out.
    :arg phases: names of all phases, in order.
    :arg choose_parts: False for a run that is about what is installed, whatever release that is: parts are not checked.
    :returns: C(release), what its file says; C(selection), as C(select) gives it, and C(named), the parts that were asked for by name;
        C(settings) that all parts share, coerced, and with C(kubeflow_settings) as far as it counts; C(lines) for people; C(known): by release,
        what each is known by on a cluster; C(requires): by part, what it requires in any release.
    :raises SettingsError: with everything that is wrong, a line each. Nothing was changed.
    """
    specs = {role: roles.options(role) for role in roles.names()}
    options = {name: option for some in specs.values() for name, option in some.items()}
    bundle, beaten = variables.bundled(options)
    values = variables.settings(specs[SHARED], bundle, defaults)
    unknown = unknown_settings(variables.values, specs)
    wrong = unknown.pop("misspelt")
    try:
        values["kubeflow_release"] = release_name(values["kubeflow_release"], roles.releases())
    except SettingsError as error:
        wrong.extend(error.lines)
        del values["kubeflow_release"]
    try:
        settings = settle({**values, BUNDLE: bundle}, specs[SHARED])
        wrong.extend(wrong_rules(settings["kubeflow_ready_rules"], "kubeflow_ready_rules"))
    except SettingsError as error:
        wrong.extend(error.lines)
    if wrong:
        raise SettingsError(wrong)
    release = roles.release(settings["kubeflow_release"])
    try:
        if choose_parts:
            selection = select(
                release["parts"],
                wanted=settings["kubeflow_parts"],
                provided=settings["kubeflow_provided_parts"],
                run_tags=run_tags,
                skip_tags=skip_tags,
                phases=phases,
            )
            narrowed = settings["kubeflow_parts"] or set(release["parts"]) & {*run_tags, *skip_tags}
            selection["named"] = selection["requested"] if narrowed else []
        else:
            selection = select(release["parts"], wanted=(), run_tags=(), skip_tags=(), phases=phases)
            selection["named"] = named_parts(settings["kubeflow_parts"], run_tags, skip_tags, phases)
    except SelectionError as error:
        raise SettingsError([str(error)]) from error
    lines = [
        *(_chosen(release["release"], selection) if choose_parts else ()),
        *beaten,
        *(_without_effect(roles, variables, bundle, release, selection) if choose_parts else ()),
        *_unknown(name for role in (SHARED, *selection["parts"]) for name in unknown.get(role, ())),
        *(_recommended(selection["recommends"]) if choose_parts else ()),
    ]
    known = {name: roles.release(name)["recognised_by"] for name in roles.releases()}
    found = {"release": release, "selection": selection, "settings": settings, "lines": lines, "known": known}
    return {**found, "requires": _required_anywhere(roles)}


def _required_anywhere(roles: Roles) -> dict[str, list[str]]:
    required: dict[str, set[str]] = {}
    for name in roles.releases():
        for part, told in roles.release(name)["parts"].items():
            required.setdefault(part, set()).update(told.get("requires") or ())
    return {part: sorted(others) for part, others in required.items()}


def _chosen(release: str, selection: Mapping[str, Any]) -> Iterator[str]:
    requested = selection["requested"]
    named = f" ({', '.join(requested)})" if len(requested) <= 5 else ""
    yield f"Kubeflow {release}: {len(requested)} part{'' if len(requested) == 1 else 's'} asked for{named}"
    if selection["added"]:
        yield f"Needed as well: {_by(selection['added'])}"
    if selection["provided"]:
        yield f"Taken as they are on the cluster: {', '.join(selection['provided'])}"


def _without_effect(
    roles: Roles, variables: Variables, bundle: Mapping[str, Any], release: Mapping[str, Any], selection: Mapping[str, Any]
) -> Iterator[str]:
    """Settings that somebody gave, of parts that are not installed."""
    for role in roles.names():
        if role == SHARED or role in selection["parts"]:
            continue
        names = [name for name, option in roles.options(role).items() if name in bundle or variables.is_set(name, option)]
        if not names:
            continue
        if role in selection["provided"]:
            why = f"{role} is taken as it is on the cluster"
        elif role in release["parts"]:
            why = f"{role} is not chosen"
        else:
            why = f"release {release['release']} has no {role} ({', '.join(roles.releases_with(role))} has)"
        yield f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} set, and {why}: no effect"


def _unknown(names: Iterator[str]) -> Iterator[str]:
    if found := list(names):
        yield f"Variables that are no settings, whatever they begin with: {', '.join(found)}"


def _recommended(recommends: Mapping[str, Sequence[str]]) -> Iterator[str]:
    if recommends:
        yield f"Not chosen, and recommended: {_by(recommends)}"


def _by(parts: Mapping[str, Sequence[str]]) -> str:
    return ", ".join(f"{name} (for {', '.join(others)})" for name, others in parts.items())
