# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Waiting until a plan is ready, by watches, with a verdict per part."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from pathlib import Path

from .._client.http import ApiError, Client
from .._common.deadline import Deadline
from .._objects.objects import Key
from .._render.plan import Plan
from .failure import Failure, Graces
from .journal import Journal
from .judge import OwnRules, status_of
from .progress import Progress
from .status import CURRENT, Status, failed, in_progress
from .timeline import timeline
from .verdicts import Ended, NotReady, Verdict
from .wait_progress import WaitProgress
from .watched import WORKLOADS, Expected, View, Watched
from .workloads import Judged, Workloads

# Changes come in bursts: a look at everything costs some milliseconds.
_PAUSE = 0.2
# When something has failed for good, others are about to: how long the wait goes on so that all are said at once.
_COLLECT_SECONDS = 8.0


class Wait:
    """One wait for a plan.

    :arg deadline: for all of it, from discovery on.
    :arg told: who is told how far it is.
    :arg own: the user's own rules, by group and kind.
    :arg events: file in which to keep what the cluster says meanwhile.
    """

    def __init__(
        self,
        client: Client,
        plan: Plan,
        deadline: Deadline,
        told: WaitProgress | None = None,
        *,
        own: OwnRules | None = None,
        events: Path | None = None,
    ) -> None:
        """:raises ApiError: when the API server refuses, or does not answer until the deadline."""
        self._deadline, self._told, self._own = deadline, told or WaitProgress(), own or {}
        self._changed = threading.Event()
        self._watched = Watched(client, plan, self._own, deadline, self._changed.set)
        self._journal = Journal(events) if events else None
        expected = self._watched.expected
        self._verdicts = {part.name: Verdict(part.name, objects=len(part.objects)) for part in plan.parts}
        self._workloads = Workloads(self._watched.events, self._watched.declared, (entry.key for entry in expected))
        self._graces = Graces()
        self._failed_since: float | None = None
        self._known: dict[Key, Status] = {}
        self._view: View | None = None

    def run(self, *, stall_seconds: float, once: bool = False) -> Ended:
        """Until everything is ready, something has failed for good, or there is no use in waiting any longer.

        :arg stall_seconds: end also when every part that is not ready has stood still for so long.
        :arg once: look once, and do not wait.
        :raises ApiError: when a list is refused or has no answer until the deadline, or a watch is refused for good.
        :raises OSError: when the file of events cannot be written.
        """
        started = time.monotonic()
        try:
            self._watched.start(self._deadline)
            progress = Progress(time.monotonic())
            while True:
                self._changed.clear()
                self._look(started)
                progress.look(self._by_part(), time.monotonic())
                self._say_stalled(progress, stall_seconds)
                ended = Ended(list(self._verdicts.values()))
                if not ended.ready and not once:
                    ended.reason = self._why_end(stall_seconds)
                over = ended.ready or bool(ended.reason) or once
                self._told.look(ended.verdicts, self._known, last=over)
                if over:
                    return self._end(ended)
                if refusal := self._watched.refusal:
                    raise ApiError(403, refusal)
                self._changed.wait(min(1.0, self._deadline.remaining))
                self._deadline.wait(_PAUSE)
        finally:
            self._watched.stop()
            if self._journal:
                self._journal.write()

    def _why_end(self, stall_seconds: float) -> str:
        """Why not to wait any longer, or an empty string."""
        now = time.monotonic()
        failures = [f"{key} failed: {status.message}" for key, status in self._known.items() if status.state == "Failed"]
        if failures:
            self._failed_since = self._failed_since or now
            if not self._graces.pending or now - self._failed_since >= _COLLECT_SECONDS or self._deadline.expired:
                return "; ".join(failures[:3]) + (f"; and {len(failures) - 3} more" if len(failures) > 3 else "")
        if self._deadline.expired:
            return self._deadline.reason
        if all(verdict.ready or verdict.stalled for verdict in self._verdicts.values()):
            return f"no progress for {stall_seconds:g} s, the stall_timeout"
        return ""

    def _end(self, ended: Ended) -> Ended:
        if self._view:
            statuses = [(expected, self._known[expected.key]) for expected in self._watched.expected]
            ended.timeline = timeline(statuses, self._view, self._watched.events)
        return ended

    def _by_part(self) -> Mapping[str, Mapping[Key, Status]]:
        found: dict[str, dict[Key, Status]] = {name: {} for name in self._verdicts}
        for expected in self._watched.expected:
            found[expected.part][expected.key] = self._known[expected.key]
        return found

    def _say_stalled(self, progress: Progress, stall_seconds: float) -> None:
        now = time.monotonic()
        for verdict in self._verdicts.values():
            verdict.stalled = not verdict.ready and progress.still(verdict.name, now) > stall_seconds
            for entry in verdict.not_ready if verdict.stalled else ():
                entry.reason = entry.reason or "Stalled"

    def _look(self, started: float) -> None:
        news = self._watched.take_events()
        if self._journal:
            self._journal.take(news)
        view = self._view = self._watched.view()
        now, wall = time.monotonic(), time.time()
        self._workloads.look(view.pods, now)
        judged = [(expected, self._judge(expected, view, now, wall)) for expected in self._watched.expected]
        shown: dict[Key, Failure] = {expected.key: entry.failure for expected, entry in judged if entry.failure}
        final = self._graces.look(shown, now, _COLLECT_SECONDS)
        for verdict in self._verdicts.values():
            verdict.not_ready, verdict.restarted = [], []
        for expected, entry in judged:
            status = entry.status
            if expected.key in final:
                status = failed(status.message, status.reason)
            self._known[expected.key] = status
            verdict = self._verdicts[expected.part]
            if entry.restarts:
                verdict.restarted.append(f"{expected.key} {entry.restarts} times")
            if status != CURRENT:
                verdict.not_ready.append(NotReady(str(expected.key), status.state, status.message, status.reason))
        for verdict in self._verdicts.values():
            was_ready, verdict.ready = verdict.ready, not verdict.not_ready
            if not (was_ready and verdict.ready):
                verdict.seconds = round(time.monotonic() - started, 2)

    def _judge(self, expected: Expected, view: View, now: float, wall: float) -> Judged:
        key, item = expected.key, view.of(expected)
        if expected.resource and (unreadable := view.unreadable.get(expected.resource)):
            return Judged(in_progress(f"cannot be read yet: {unreadable}"))
        status = status_of(key.group, key.kind, item, view.seen, self._own)
        # A rule of the user's own has the last word about its kind.
        if item is None or (key.group, key.kind) in self._own:
            return Judged(status)
        if (key.group, key.kind) in WORKLOADS:
            return self._workloads.judge(key, item, status, view, now, wall)
        if (key.group, key.kind) == ("", "PersistentVolumeClaim"):
            return self._workloads.judge_claim(key, item, status)
        if status != CURRENT and (word := self._workloads.last_word(item)):
            return Judged(in_progress(f"{status.message}; {word}", *status.progress) if status.state == "InProgress" else status)
        return Judged(status)
