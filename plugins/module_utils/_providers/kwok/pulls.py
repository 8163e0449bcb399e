# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How long images take to be pulled, as the stand-ins are told."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .layout import KwokError


@dataclass(frozen=True)
class PullTimes:
    """Seconds in general, and by image or pattern."""

    seconds: float = 0.0
    by_image: dict[str, float] = field(default_factory=dict)

    def content(self) -> str:
        """The file that the stand-ins read."""
        return json.dumps({"seconds": self.seconds, "by_image": dict(sorted(self.by_image.items()))})

    def __str__(self) -> str:
        special = ", ".join(f"{image}: {seconds:g} s" for image, seconds in sorted(self.by_image.items()))
        return f"{self.seconds:g} s" + (f" ({special})" if special else "")


def _seconds(what: str, value: Any) -> float:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        seconds = math.nan
    if isinstance(value, bool) or not 0 <= seconds < math.inf:
        raise KwokError(f"{what}: {value!r} is no number of seconds: give 0 or more")
    return seconds


def pull_times(seconds: Any, by_image: Mapping[str, Any]) -> PullTimes:
    """Checked settings.

    :raises KwokError: for what is not a number of seconds.
    """
    named = {str(image): _seconds(f"Pull time of {image}", value) for image, value in by_image.items()}
    return PullTimes(_seconds("Pull time", seconds), named)
