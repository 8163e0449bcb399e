# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Waiting for what comes by itself."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any


def until(condition: Callable[[], Any], seconds: float = 60, told: Callable[[], str] = str) -> Any:
    """The first true answer.

    :arg told: what is there instead, when none came.
    """
    end, pause = time.monotonic() + seconds, 0.05
    while not (answer := condition()):
        assert time.monotonic() < end, f"not within {seconds} s: {told()}"
        time.sleep(pause)
        pause = min(0.5, pause * 1.5)
    return answer


@contextlib.contextmanager
def sooner_than(seconds: float) -> Iterator[None]:
    """What is within it does not wait for a limit that is far longer; a machine may stand still for a while."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds
