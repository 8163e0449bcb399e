# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Binaries at exact versions: accepted from PATH, else from the cache, a mirror, the release page, or built from source.

C(recipe) says what a binary is and where it comes from, C(release) gets published files, C(build) builds Go modules,
C(version) asks one for its version; C(obtain) puts them in a row.
"""

from __future__ import annotations

from .obtain import DEFAULT_SOURCES, Obtained, Timeouts, obtain
from .recipe import Binary, BinaryError, Build, Download, Recipe, host_platform, resolve

__all__ = [
    "DEFAULT_SOURCES",
    "Binary",
    "BinaryError",
    "Build",
    "Download",
    "Obtained",
    "Recipe",
    "Timeouts",
    "host_platform",
    "obtain",
    "resolve",
]
