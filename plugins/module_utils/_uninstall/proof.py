# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an uninstall says at its end: what of ours is still on the cluster, and why."""

from __future__ import annotations

from collections import Counter
from typing import Protocol

from .._common.naming import option_name
from .._common.words import few
from .doomed import Doomed, Kept, Step, Stuck

# A screen of them; the result has all.
_SHOWN = 10


class Ended(Protocol):
    """An uninstall that has ended, or what one would come to."""

    parts: list[str]
    releases: list[str]
    doomed: list[Doomed]
    kept: list[Kept]
    unfastened: list[str]
    stuck: list[Stuck]
    left: list[Doomed]
    kinds: int
    unread: dict[str, str]
    staying: list[str]
    empty: bool


def listing(ended: Ended) -> list[dict[str, str]]:
    """The objects that go, in order."""
    order = sorted(ended.doomed, key=lambda doomed: (doomed.step, doomed.part, doomed.key))
    return [{"step": str(doomed.step), "part": doomed.part, "object": str(doomed.key)} for doomed in order]


def proof(ended: Ended, *, check: bool) -> list[str]:
    """Lines for people.

    :arg check: nothing was done, so it says what would be.
    """
    if check:
        return [*_would(ended), *_kept(ended, "would stay"), *_staying(ended)]
    if not ended.kinds:
        # It ended before it came to look again.
        return []
    lines = [f"Looked at {ended.kinds} kinds: {_found(ended)}"]
    lines += [f"  {left.key} (part {left.part}): still there" for left in ended.left[:_SHOWN]]
    if len(ended.left) > _SHOWN:
        lines.append(f"  and {len(ended.left) - _SHOWN} more")
    lines += [f"Could not be looked at: {name}: {why}" for name, why in sorted(ended.unread.items())]
    return [*lines, *_kept(ended, "stay"), *_staying(ended)]


def _staying(ended: Ended) -> list[str]:
    return [f"Still installed: {', '.join(ended.staying)}. Everything goes with {option_name('parts')}: []"] if ended.staying else []


def _found(ended: Ended) -> str:
    if ended.left:
        return f"{len(ended.left)} objects are still there"
    if ended.empty:
        return "nothing of ours is left"
    what = ", ".join(ended.parts) or "what was named"
    return f"nothing of {what} is left{', but for what is kept' if ended.kept else ''}"


def _would(ended: Ended) -> list[str]:
    if not ended.doomed:
        return ["Nothing would be removed."]
    releases = f" of Kubeflow {', '.join(ended.releases)}" if ended.releases else ""
    counts = Counter(doomed.step for doomed in ended.doomed)
    lines = [f"{len(ended.doomed)} objects{releases} would be removed, in this order:"]
    for step in Step:
        if counts[step]:
            names = sorted(str(doomed.key) for doomed in ended.doomed if doomed.step is step)
            shown = few(names)
            # Which ones of the users' go is what nobody else can tell.
            lines += [f"  {step}: {counts[step]}: {', '.join(names) if step is Step.USERS else shown}"]
    lines += [f"  {stuck.object} would not go: {stuck.why}. {stuck.remedy}" for stuck in ended.stuck]
    return lines


def _kept(ended: Ended, word: str) -> list[str]:
    lines = [f"  {kept.key} (part {kept.part}): {kept.why}" for kept in sorted(ended.kept, key=lambda kept: kept.key)]
    lines += [f"  {claim}: no longer belongs to what was removed" for claim in ended.unfastened]
    return [f"{len(lines)} objects {word}:", *lines] if lines else []


def stuck_text(ended: Ended) -> str:
    """What is stuck, for people."""
    lines = [f"{len(ended.stuck)} objects do not go:"]
    for stuck in ended.stuck[:_SHOWN]:
        lines.append(f"{stuck.object}: {stuck.why}")
        lines.append(f"  {stuck.remedy}")
    if len(ended.stuck) > _SHOWN:
        lines.append(f"and {len(ended.stuck) - _SHOWN} more, see stuck")
    return "\n".join(lines)
