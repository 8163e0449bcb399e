# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Versions of Kubernetes."""

from __future__ import annotations

import re


def minor(version: str) -> tuple[int, int] | None:
    """The numbers of a version like C(1.34.4) or C(v1.34), None when it is none."""
    found = re.match(r"v?(\d+)\.(\d+)", version)
    return (int(found.group(1)), int(found.group(2))) if found else None
