# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How tests are shared out among processes (pytest-xdist, C(--dist loadgroup))."""

from __future__ import annotations

from pathlib import Path

import pytest

# Fixtures that take a minute: all files that use one go to the same process, so that it is made once.
_DEAR = {"release_cluster"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of a file stay together, since they share its fixtures."""
    dear: dict[Path, str] = {}
    for item in items:
        for fixture in _DEAR.intersection(getattr(item, "fixturenames", ())):
            dear[item.path] = fixture
    for item in items:
        item.add_marker(pytest.mark.xdist_group(dear.get(item.path, item.path.name)))
