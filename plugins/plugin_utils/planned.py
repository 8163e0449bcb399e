# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a part's role adds to the plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .changes import Change, RefusedError, lacking, render_changes
from .roles import Roles
from .values import SettingsError


def plan_part(roles: Roles, name: str, settings: Mapping[str, Any], release: Mapping[str, Any]) -> dict[str, Any]:
    """A part as M(mlplatform.kubeflow.render) takes it.

    :arg settings: all settings of the part, coerced.
    :arg release: what the release's file says.
    :raises SettingsError: when they do not go together, or one has nothing that it could change in this release.
    """
    part = release["parts"][name]
    try:
        # Most parts are left as upstream has them, and a template is compiled anew in each task.
        given = any(value is not None and value not in ("", [], {}) for value in settings.values())
        changes = render_changes(roles.template(name), settings, part) if given else []
    except RefusedError as error:
        raise SettingsError([str(error)]) from error
    if nowhere := lacking(changes):
        raise SettingsError([_nothing_to_change(roles, name, setting, settings, release) for setting in nowhere])
    # Settings that choose what of upstream is built rather than change it.
    paths = next((change["paths"] for change in changes if "paths" in change), part["paths"])
    where = {"namespace": part["namespace"]} if "namespace" in part else {}
    return {"name": name, "paths": paths, **where, "changes": [change for change in changes if "paths" not in change]}


def _nothing_to_change(roles: Roles, name: str, setting: str, settings: Mapping[str, Any], release: Mapping[str, Any]) -> str:
    others = [other for other in roles.releases_with(name) if _has(roles, name, setting, settings, roles.release(other)["parts"][name])]
    where = f"; {', '.join(others)} has" if others else ""
    return f"{setting}: release {release['release']} has nothing that it could change{where}"


def _has(roles: Roles, name: str, setting: str, settings: Mapping[str, Any], part: Mapping[str, Any]) -> bool:
    """Whether a setting changes something in a release."""
    try:
        changes: list[Change] = render_changes(roles.template(name), settings, part)
    except RefusedError:
        return False
    return any(change["setting"] == setting for change in changes) and setting not in lacking(changes)
