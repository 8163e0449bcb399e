# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Quantities of Kubernetes (resource.Quantity): decimal and binary suffixes."""

from __future__ import annotations

import re
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


# Three digits behind the point are kept as they are written, and so are leading zeros; signs and exponents are not written in manifests.
_REWRITTEN = re.compile(r"(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,2})?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|)", re.ASCII)
_LARGEST = 2**63 - 1


def canonical_quantity(value: Any) -> str | None:
    """A quantity as the API server stores it: C(1000m) is C(1), C(1024Mi) is C(1Gi), 0.5 is C(500m).

    Two that are the same number need not be stored the same: C(1Gi) and C(1073741824) are not.

    :returns: None for what is no quantity, and for what is one whose stored form is not known here.

    Source: C(ParseQuantity) and C(CanonicalizeBytes) of apimachinery/pkg/api/resource/quantity.go, the same in v0.21.14 and v0.34.4.
    """
    text = str(value)
    match = None if isinstance(value, bool) else _REWRITTEN.fullmatch(text)
    number = parse_quantity(text) if match else None
    if match is None or number is None or number > _LARGEST or number * 1000 % 1:
        return None
    if match[1] in _BINARY_SUFFIXES and number >= 1024 and not number % 1:
        return _shortest(number, 1024, "", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
    return _shortest(number * 1000, 1000, "m", "", "k", "M", "G", "T", "P", "E")


def _shortest(number: Decimal, base: int, *suffixes: str) -> str:
    """The whole number with the largest suffix that leaves it whole."""
    if not number:
        return "0"
    whole, power = int(number), 0
    while whole % base == 0 and power + 1 < len(suffixes):
        whole, power = whole // base, power + 1
    return f"{whole}{suffixes[power]}"


def cores(number: Decimal) -> str:
    """In thousandths, rounded up: C(250m)."""
    return f"{(number * 1000).to_integral_value(ROUND_CEILING)}m"


def mebibytes(number: Decimal) -> str:
    """Rounded up: C(100Mi)."""
    return f"{(number / 1024**2).to_integral_value(ROUND_CEILING)}Mi"
