# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Objects of one step deleted side by side, and waited for."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .._client.http import ApiError, Client
from .._client.parallel import in_parallel
from .._client.refusals import is_uncallable_webhook
from .._common.deadline import Deadline
from .doomed import Doomed, Step
from .ending import Ending
from .look import Live
from .progress import UninstallProgress
from .waiting import Gone

# Between two looks at what is left; changes come in bursts.
_LOOK_SECONDS = 0.05
# What nobody tells of (the deadline, another's Lease) is seen this soon.
_WAKE_SECONDS = 1.0
_AGAIN_SECONDS = 2.0


@dataclass(eq=False)
class Remaining:
    """An object that is not gone: refused with an error, or accepted and held."""

    object: Doomed | Live
    metadata: Any
    refusal: ApiError | None = None


@dataclass(frozen=True)
class Patience:
    """How long; C(stall) in seconds without any progress. A pod that ends in the time that it was given is progress."""

    deadline: Deadline
    stall: float


def delete(client: Client, doomed: Doomed, deadline: Deadline, may_write: Callable[[], bool]) -> bool:
    """Delete exactly the object that was read; what belongs to a workload goes first, else by itself later.

    :returns: whether it is gone at once, or was already.
    :raises ApiError: when it is refused.
    """
    if not may_write():
        raise ApiError(0, "the run's Lease cannot be renewed at the moment, and nothing is deleted without it")
    options = {
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        # A workload is gone when its pods are, so that no program runs without its webhooks, roles and kinds.
        "propagationPolicy": "Foreground" if doomed.step is Step.WORKLOADS else "Background",
        "preconditions": {"uid": doomed.uid},
    }
    try:
        answer = client.request("DELETE", doomed.path, body=options, deadline=deadline)
    except ApiError as error:
        # 409: another object has taken its name, so this one is gone.
        if error.status == 404 or (error.status == 409 and "UID in precondition" in error.message):
            return True
        raise
    return (answer or {}).get("kind") == "Status"


def delete_all(
    client: Client,
    doomed: Sequence[Doomed],
    awaited: Iterable[Live],
    patience: Patience,
    may_write: Callable[[], bool],
    told: UninstallProgress,
    on_refusal: Callable[[ApiError], None],
) -> list[Remaining]:
    """Delete objects and wait until they are gone.

    :arg awaited: what goes by itself with them.
    :arg on_refusal: told that a webhook cannot be called, before it is tried again.
    :returns: what is left when all but that is gone, or nothing has moved for so long.
    :raises ApiError: when the deadline is over, or nothing can be watched any more.
    """
    deadline = patience.deadline
    refused: dict[str, ApiError] = {}
    by_uid: dict[str, Doomed | Live] = {}
    with Gone(client, deadline) as gone:
        for live in awaited:
            by_uid[live.uid] = live
            gone.follow(live.uid, live.resource, live.key)
        todo: Sequence[Doomed] = doomed
        again_at, moved = 0.0, time.monotonic()
        left_before, ending = -1, Ending()
        while True:
            if todo:
                again_at = time.monotonic() + _AGAIN_SECONDS
                for entry, answer in zip(todo, _ask(client, todo, deadline, may_write, told), strict=True):
                    by_uid[entry.uid] = entry
                    if isinstance(answer, ApiError):
                        refused[entry.uid] = answer
                        continue
                    refused.pop(entry.uid, None)
                    if not answer:
                        gone.follow(entry.uid, entry.resource, entry.key)
                todo = ()
            left = gone.left()
            told.look(left_count(doomed, left, refused), by_uid, left, refused)
            if not left and not refused:
                return []
            now = time.monotonic()
            if len(left) + len(refused) != left_before or ending.has_time(left, now):
                left_before, moved = len(left) + len(refused), now
            if why := gone.refusal():
                raise ApiError(0, why)
            if deadline.expired or now - moved > patience.stall:
                break
            if refused and now >= again_at:
                todo = _worth_another(refused, by_uid, on_refusal)
                if not todo and not left:
                    break
            deadline.wait(_LOOK_SECONDS)
            gone.wait(_WAKE_SECONDS)
        held = [Remaining(by_uid[uid], metadata) for uid, metadata in left.items()]
        return held + [Remaining(by_uid[uid], by_uid[uid].metadata, error) for uid, error in refused.items()]


def left_count(doomed: Sequence[Doomed], left: Iterable[str], refused: Iterable[str]) -> int:
    """How many of them are not gone."""
    there = {*left, *refused}
    return sum(entry.uid in there for entry in doomed)


def _ask(
    client: Client, todo: Sequence[Doomed], deadline: Deadline, may_write: Callable[[], bool], told: UninstallProgress
) -> list[bool | ApiError]:
    def ask(entry: Doomed) -> bool | ApiError:
        try:
            return delete(client, entry, deadline, may_write)
        except ApiError as error:
            if deadline.expired:
                raise
            return error

    return in_parallel([functools.partial(ask, entry) for entry in todo], deadline)


def _worth_another(refused: dict[str, ApiError], by_uid: dict[str, Doomed | Live], on_refusal: Callable[[ApiError], None]) -> list[Doomed]:
    """Those that may be accepted now: whose webhook was put out of the way or may be up again, or that nobody has refused for good."""
    found = []
    for uid, error in refused.items():
        entry = by_uid[uid]
        if isinstance(entry, Doomed) and (error.transient or error.status == 409 or is_uncallable_webhook(error)):
            if is_uncallable_webhook(error):
                on_refusal(error)
            found.append(entry)
    return found
