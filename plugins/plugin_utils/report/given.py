# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Results of modules, read so that nothing that is missing or of another shape stops a report: it is most wanted when something failed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

# A wait has a limit of its own, half an hour by default.
_LONGEST_RUN = 30 * 24 * 3600.0


def mapping(value: Any) -> Mapping[str, Any]:
    """A mapping, empty for anything else."""
    return value if isinstance(value, Mapping) else {}


def mappings(value: Any) -> list[Mapping[str, Any]]:
    """The mappings of a list."""
    return [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, list | tuple) else []


def texts(value: Any) -> list[str]:
    """The texts of a list; a text alone is one."""
    if isinstance(value, str):
        return [value] if value else []
    return [str(entry) for entry in value if entry is not None] if isinstance(value, list | tuple) else []


def text(value: Any) -> str:
    """A text, empty for None."""
    return "" if value is None else str(value)


def number(value: Any) -> float | None:
    """A finite number, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def count(value: Any) -> int | None:
    """A whole number of things, or None."""
    found = number(value)
    return None if found is None or found < 0 else int(found)


def moment_of_run(value: Any, now: float) -> float | None:
    """Seconds since the epoch at which a run that ends now may have begun; None for anything else, like a clock that was wrong."""
    found = number(value)
    return found if found is not None and now - _LONGEST_RUN <= found <= now else None
