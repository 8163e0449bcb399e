# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Times as the API of Kubernetes writes them."""

from __future__ import annotations

import datetime
from typing import Any


def seconds_of(text: Any) -> float | None:
    """Seconds since the epoch of an RFC 3339 time (metav1.Time, metav1.MicroTime); None for what is none."""
    if not isinstance(text, str):
        return None
    try:
        read = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    # The API has no times without a zone.
    return None if read.tzinfo is None else read.timestamp()


def seconds_or(text: Any, otherwise: float) -> float:
    """The same; C(otherwise) for what is none."""
    found = seconds_of(text)
    return otherwise if found is None else found
