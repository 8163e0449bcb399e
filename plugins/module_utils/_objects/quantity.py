# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Quantities of Kubernetes (resource.Quantity): decimal and binary suffixes."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal, InvalidOperation
from typing import Any

_SUFFIXES = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY_SUFFIXES = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}


def parse_quantity(value: Any) -> Decimal | None:
    """The number: cores or bytes; None for what is no quantity."""
    text = str(value)
    number, suffix = text, ""
    for known in (*_BINARY_SUFFIXES, *_SUFFIXES):
        if known and text.endswith(known):
            number, suffix = text.removesuffix(known), known
            break
    factor = Decimal(1024) ** _BINARY_SUFFIXES[suffix] if suffix in _BINARY_SUFFIXES else Decimal(10) ** _SUFFIXES[suffix]
    try:
        return Decimal(number) * factor
    except InvalidOperation:
        return None


def cores(number: Decimal) -> str:
    """In thousandths, rounded up: C(250m)."""
    return f"{(number * 1000).to_integral_value(ROUND_CEILING)}m"


def mebibytes(number: Decimal) -> str:
    """Rounded up: C(100Mi)."""
    return f"{(number / 1024**2).to_integral_value(ROUND_CEILING)}Mi"
