# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How long things take on the nodes, as the stand-ins are told."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from .layout import KwokError


@dataclass(frozen=True)
class Pace:
    """Seconds: to pull an image, to pull particular ones (by name or pattern), until a pod sees a change of a Secret that it mounts."""

    pull_seconds: float = 0.0
    pull_seconds_by_image: dict[str, float] = field(default_factory=dict)
    secret_refresh_seconds: float = 0.0

    def content(self) -> str:
        """The file that the stand-ins read."""
        return json.dumps(asdict(self), sort_keys=True)

    def __str__(self) -> str:
        special = ", ".join(f"{image}: {seconds:g} s" for image, seconds in sorted(self.pull_seconds_by_image.items()))
        pulls = f"images in {self.pull_seconds:g} s" + (f" ({special})" if special else "")
        return f"{pulls}, changes of Secrets in {self.secret_refresh_seconds:g} s"


def _seconds(what: str, value: Any) -> float:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        seconds = math.nan
    if isinstance(value, bool) or not 0 <= seconds < math.inf:
        raise KwokError(f"{what}: {value!r} is no number of seconds: give 0 or more")
    return seconds


def pace(pull_seconds: Any, pull_seconds_by_image: Mapping[str, Any], secret_refresh_seconds: Any) -> Pace:
    """Checked settings.

    :raises KwokError: for what is not a number of seconds.
    """
    named = {str(image): _seconds(f"Pull time of {image}", value) for image, value in pull_seconds_by_image.items()}
    return Pace(_seconds("Pull time", pull_seconds), named, _seconds("Time until a changed Secret is seen", secret_refresh_seconds))
