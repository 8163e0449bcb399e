# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The clock of an API server."""

from __future__ import annotations

import email.utils
import time
from collections.abc import Mapping


def clock_of(headers: Mapping[str, str]) -> tuple[float, float | None]:
    """The cluster's time in seconds since the epoch, and by how many it is before ours; our own and None where no C(Date) tells.

    RFC 9110 gives whole seconds.
    """
    ours = time.time()
    try:
        theirs = email.utils.parsedate_to_datetime(headers["Date"]).timestamp()
    except (KeyError, ValueError, TypeError):
        return ours, None
    return theirs, theirs - ours
