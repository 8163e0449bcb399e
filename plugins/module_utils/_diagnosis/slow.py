# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Objects that are on their way: not as they should be yet, and nothing is wrong."""

from __future__ import annotations

from .._objects.objects import Key
from .evidence import Evidence
from .trouble import overdue, trouble


def is_only_slow(evidence: Evidence, key: Key) -> bool:
    """Whether an object is not ready, without anything that speaks against its becoming so."""
    return key in evidence.unwell and not trouble(evidence, key) and not overdue(evidence, key)
