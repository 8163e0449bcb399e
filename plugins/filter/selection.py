# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.mlplatform.kubeflow.plugins.module_utils import _selection


def selection(
    parts: Mapping[str, Any],
    wanted: str | Sequence[str] | None,
    run_tags: Sequence[str] = (),
    skip_tags: Sequence[str] = (),
    rooms: Sequence[str] = (),
) -> dict[str, Any]:
    # What comes from a command line is one string.
    names = [name.strip() for name in wanted.split(",")] if isinstance(wanted, str) else list(wanted or ())
    try:
        selected = _selection.select(parts, wanted=[name for name in names if name], run_tags=run_tags, skip_tags=skip_tags, rooms=rooms)
    except _selection.SelectionError as error:
        # A result rather than an error: a task can then say it without Ansible's own words around it.
        return {"refusal": str(error)}
    return {"refusal": "", **selected}


class FilterModule:
    """Choosing parts."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"selection": selection}
