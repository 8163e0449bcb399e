# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sentences for people."""

from __future__ import annotations

from collections.abc import Sequence


def few(names: Sequence[str], most: int = 3) -> str:
    """The first of a list, and how many more there are: C(a, b, c and 4 more)."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
