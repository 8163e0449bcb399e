# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How tests are shared out among processes (pytest-xdist)."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadFileScheduling

# How long an example takes is that of the machine.
settings.register_profile("patient", settings.default, deadline=None)
settings.load_profile("patient")

# A fixture that takes minutes: all files that use it go to the same process, so that it is made once.
_DEAR = "release_cluster"
# Files that take minutes, mostly waiting: whoever begins with one at the end is waited for by the others.
_LONG = {
    f"tests/integration/test_{name}.py" for name in ("adopt_release", "awx", "killed", "kubeadm", "runner", "uninstall", "uninstall_stuck")
}
# The test that removes what it has made.
_ENDS = "tests/integration/test_uninstall_release.py"


@functools.cache
def _room(path: str) -> str:
    return _DEAR if _DEAR in (Path(__file__).parents[1] / path).read_text(encoding="utf-8") else path


class _ByFile(LoadFileScheduling):
    """The tests of a file stay together, since they share its fixtures."""

    def _split_scope(self, nodeid: str) -> str:
        return _room(nodeid.partition("::")[0])


def pytest_xdist_make_scheduler(config: Any, log: Any) -> _ByFile:
    # In the order of below, not the files with most tests first: those are quick.
    config.option.loadscopereorder = False
    return _ByFile(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first and the quickest last, so that no process is left with a long one when the others are done."""
    items.sort(key=_place)


def _place(item: pytest.Item) -> tuple[bool | str, ...]:
    path = item.nodeid.partition("::")[0]
    return _room(path) != _DEAR, path not in _LONG, path.startswith("tests/unit/"), *_turn(item)


def _turn(item: pytest.Item) -> tuple[str, bool]:
    """A release after the other, and who removes it comes last."""
    parameters = getattr(item, "callspec", None)
    release = parameters.params.get(_DEAR, "") if parameters else ""
    return release, bool(release) and item.nodeid.startswith(_ENDS)
