# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Several calls at a time, and what ends them."""

from __future__ import annotations

import threading
import time

import pytest

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.http import ApiError
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.parallel import in_parallel
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.deadline import Deadline


def test_results_are_in_the_order_of_the_calls() -> None:
    last_begins_first = threading.Event()

    def first() -> str:
        assert last_begins_first.wait(5)
        return "first"

    def last() -> str:
        last_begins_first.set()
        return "last"

    assert in_parallel([first, lambda: "between", last], Deadline(10)) == ["first", "between", "last"]
    assert in_parallel([lambda number=number: number for number in range(100)], Deadline(10)) == list(range(100))
    assert in_parallel([], Deadline(10)) == []


def test_the_first_that_fails_ends_all() -> None:
    over, begun = threading.Event(), list[int]()

    def fails() -> None:
        raise ApiError(403, "no")

    def hangs() -> None:
        begun.append(1)
        over.wait(100)

    started = time.monotonic()
    with pytest.raises(ApiError, match="no"):
        in_parallel([fails, *[hangs] * 100], Deadline(100))
    over.set()
    assert time.monotonic() - started < 50
    assert len(begun) < 100


@pytest.mark.parametrize("before", [True, False], ids=["cancelled before", "cancelled meanwhile"])
def test_a_call_that_hangs_is_left_alone_once_the_deadline_is_cancelled(before: bool) -> None:
    over, deadline = threading.Event(), Deadline(100)

    def hangs() -> None:
        if not before:
            deadline.cancel("interrupted")
        over.wait(100)

    if before:
        deadline.cancel("interrupted")
    started = time.monotonic()
    with pytest.raises(ApiError, match=r"^interrupted$"):
        in_parallel([hangs], deadline)
    over.set()
    assert time.monotonic() - started < 50


def test_a_call_that_does_not_end_with_the_deadline_is_left_alone() -> None:
    over = threading.Event()
    with pytest.raises(ApiError, match=r"the time of 0\.1 s is over, the timeout"):
        in_parallel([lambda: over.wait(100)], Deadline(0.1, "timeout"))
    over.set()


def test_what_a_request_says_at_the_end_of_its_time_is_not_lost() -> None:
    deadline = Deadline(0.1)

    def unanswered() -> None:
        deadline.wait(1)
        raise ApiError(0, "no answer from https://host:6443")

    with pytest.raises(ApiError, match="no answer from"):
        in_parallel([unanswered], deadline)
