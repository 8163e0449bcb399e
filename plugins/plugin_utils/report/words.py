# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Figures for people."""

from __future__ import annotations

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB")


def duration(seconds: float) -> str:
    """C(0.4 s), C(12 s), C(3 min 5 s), C(1 h 4 min)."""
    if 0 < seconds < 9.95:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min" + (f" {whole % 60} s" if whole % 60 else "")
    minutes = round(seconds / 60)
    return f"{minutes // 60} h" + (f" {minutes % 60} min" if minutes % 60 else "")


def size(number: float) -> str:
    """Bytes with a binary unit: C(1.5 GiB)."""
    power = 0
    while number >= 1024 and power + 1 < len(_UNITS):
        number, power = number / 1024, power + 1
    return f"{number:.1f}".removesuffix(".0") + f" {_UNITS[power]}"


def cores(number: float) -> str:
    """CPU in cores: C(0.25), C(12.4)."""
    return f"{number:.2f}".rstrip("0").rstrip(".") or "0"


def percent(part: float, whole: float) -> float:
    """How much of it, at most 100."""
    return round(min(100 * part / whole, 100.0), 1) if whole > 0 else 0.0


def moment(rfc3339: str) -> str:
    """A moment in UTC, to the minute."""
    return f"{rfc3339[:10]} {rfc3339[11:16]} UTC"
