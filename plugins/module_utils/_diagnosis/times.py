# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Times as the API writes them."""

from __future__ import annotations

import datetime
from typing import Any


def seconds_of(text: Any, otherwise: float = 0.0) -> float:
    """Seconds since the epoch of an RFC 3339 time; C(otherwise) for what is none."""
    try:
        return datetime.datetime.fromisoformat(str(text).replace("Z", "+00:00")).timestamp()
    except ValueError:
        return otherwise
