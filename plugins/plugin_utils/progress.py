# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lines for people out of what a module tells through its channel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

# A part that passes through several states within a breath has one line: the last.
_BREATH_SECONDS = 1.0
_TERMINAL_SECONDS = 5.0
_LOG_SECONDS = 15.0
# Who waits for longer than this reads a log afterwards, if at all.
_LONG_SECONDS = 300.0
_LONG_LOG_SECONDS = 30.0


class Progress:
    """What to show, and when. Times are seconds of one clock that only goes on; lines are without a newline at their end.

    :arg title: name of the task, since its header may be shown only when it has ended (C(display_skipped_hosts)).
    :arg host: what each line begins with; empty for none.
    :arg terminal: whether somebody looks on: totals are then shown more often.
    :arg now: when the task began.
    """

    def __init__(self, title: str, host: str, terminal: bool, now: float) -> None:
        self._title, self._terminal, self._began = title, terminal, now
        self._prefix = f"[{host}] " if host else ""
        self._begun_to_speak = False
        self._changed: dict[str, tuple[str, str]] = {}
        """States of parts that are not shown yet."""
        self._changed_at = 0.0
        self._totals: Mapping[str, Any] = {}
        self._waiting: Mapping[str, Any] | None = None
        self._told_at = now
        """When the last line was shown that says where it stands."""

    def hear(self, told: Mapping[str, Any], now: float) -> None:
        """Take notice of a line of the channel."""
        if "part" in told:
            self._changed_at = self._changed_at if self._changed else now
            # The newest comes last.
            self._changed.pop(told["part"], None)
            self._changed[told["part"]] = (told["state"], told.get("message") or "")
        if "waiting" in told:
            self._totals = told.get("totals") or {}
            self._waiting = told["waiting"]

    def due(self, now: float) -> list[str]:
        """The lines that are to be shown by now."""
        lines: list[str] = []
        totals_are_due = now - self._told_at >= self._interval(now)
        if self._changed and (totals_are_due or now - self._changed_at >= _BREATH_SECONDS):
            lines += self._states()
        if totals_are_due:
            self._told_at = now
            lines += self._where_it_stands()
            if not lines and not self._begun_to_speak:
                # That it works is all that is known.
                return [self._heading()]
        return self._with_heading(lines)

    def end(self) -> list[str]:
        """What is left to be shown when the module has ended."""
        return self._with_heading(list(self._states()))

    def _interval(self, now: float) -> float:
        if self._terminal:
            return _TERMINAL_SECONDS
        return _LOG_SECONDS if now - self._began < _LONG_SECONDS else _LONG_LOG_SECONDS

    def _with_heading(self, lines: list[str]) -> list[str]:
        prefixed = [self._prefix + line for line in lines]
        return [self._heading(), *prefixed] if lines and not self._begun_to_speak else prefixed

    def _heading(self) -> str:
        self._begun_to_speak = True
        return f"\n{self._prefix}{self._title}"

    def _states(self) -> Iterator[str]:
        silent: dict[str, list[str]] = {}
        """Parts of which there is no more to say than the state: an apply begins nearly all of them at once."""
        for part, (state, message) in self._changed.items():
            if not message:
                silent.setdefault(state, []).append(part)
        for state, parts in silent.items():
            yield f"{', '.join(parts)}: {state}"
        for part, (state, message) in self._changed.items():
            if message:
                yield f"{part}: {state}{'' if state == 'ready' else ':'} {message}"
        self._changed = {}

    def _where_it_stands(self) -> Iterator[str]:
        words = [f"{done} of {of_all} {_DONE[what]}" for what, (done, of_all) in self._totals.items() if of_all]
        if not self._waiting and all(done == of_all for done, of_all in self._totals.values()):
            return
        if self._waiting:
            name, why = self._waiting["object"], self._waiting["why"]
            where = f"{self._waiting['part']}: " if self._waiting["part"] else ""
            # Some messages name their subject.
            what = why if why.startswith(name) else f"{name}: {why}"
            words.append(f"waiting for {duration(self._waiting['since'])} for {where}{what}")
        if words:
            yield "; ".join(words)


_DONE = {"objects": "objects applied", "workloads": "workloads ready", "removed": "objects gone"}


def duration(seconds: float) -> str:
    """For people: C(42 s), C(3 min 5 s), C(1 h 2 min)."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60} min {whole % 60} s" if whole < 3600 else f"{whole // 3600} h {whole % 3600 // 60} min"
