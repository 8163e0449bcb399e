# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.selection import SelectionError, select


def selection(
    parts: Mapping[str, Any],
    wanted: str | Sequence[str] | None,
    run_tags: Sequence[str] = (),
    skip_tags: Sequence[str] = (),
    phases: Sequence[str] = (),
    provided: str | Sequence[str] | None = (),
) -> dict[str, Any]:
    try:
        selected = select(parts, wanted=_names(wanted), run_tags=run_tags, skip_tags=skip_tags, phases=phases, provided=_names(provided))
    except SelectionError as error:
        # A result rather than an error: a task can then say it without Ansible's own words around it.
        return {"refusal": str(error)}
    return {"refusal": "", **selected}


def _names(given: str | Sequence[str] | None) -> list[str]:
    """What comes from a command line is one string."""
    names = [name.strip() for name in given.split(",")] if isinstance(given, str) else list(given or ())
    return [name for name in names if name]


class FilterModule:
    """Choosing parts."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"selection": selection}
