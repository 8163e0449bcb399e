# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The name that somebody may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

# Ratios of difflib.get_close_matches. So much alike that the one is taken for a slip of the other, and refused:
SLIP = 0.85
# worth a question:
LIKE = 0.5


def nearest(name: object, known: Iterable[str], *, alike: float = LIKE) -> str:
    """The known name that is most like C(name), an empty string when none is.

    :arg alike: from 0 to 1, how much alike they have to be.
    """
    found = difflib.get_close_matches(str(name), sorted(known), n=1, cutoff=alike)
    return found[0] if found else ""
