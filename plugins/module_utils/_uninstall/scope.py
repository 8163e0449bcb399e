# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which parts go, and whether they may."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from .._common.naming import option_name
from .._common.suggest import nearest
from .._inventory.installed import Installed, InstalledPart


class ScopeError(Exception):
    """What was asked for cannot be done; nothing was changed."""


def parts_to_remove(installed: Installed, wanted: Sequence[str], requires: Mapping[str, Iterable[str]]) -> list[str]:
    """The parts that go: those that were asked for, or all of which something is there.

    :arg wanted: names of parts; none means all.
    :arg requires: by part, what it requires, where the install record does not say.
    :raises ScopeError: for a part that is not installed, or that one requires which stays.
    """
    there = installed.parts
    if not wanted:
        return list(there)
    for name in wanted:
        # One that was removed already is no mistake.
        if name not in installed.parts and name not in requires:
            raise ScopeError(_not_installed(name, installed))
    going = [name for name in there if name in wanted]
    staying = [part for name, part in there.items() if name not in wanted and not part.holds_data_only]
    needed: dict[str, list[str]] = {}
    unknown = []
    for part in staying:
        known = _required_by(part, requires)
        if known is None:
            unknown.append(part.name)
            continue
        for name in going:
            if name in known:
                needed.setdefault(name, []).append(part.name)
    if needed:
        lines = [
            f"part {name} is required by {', '.join(others)}, which {'is' if len(others) == 1 else 'are'} installed"
            for name, others in needed.items()
        ]
        others = _all_that_need(going, staying, requires)
        raise ScopeError(
            f"{'; '.join(lines)}. Remove them together ({option_name('parts')}: [{', '.join([*going, *others])}]), or everything: "
            f"{option_name('parts')}: []"
        )
    if unknown and going:
        raise ScopeError(
            f"It is not known what {', '.join(unknown)} require{'s' if len(unknown) == 1 else ''}: the install record does not say, and this "
            f"collection does not know {'it' if len(unknown) == 1 else 'them'}. Use the collection that installed it, or remove everything: "
            f"{option_name('parts')}: []"
        )
    return going


def _all_that_need(going: Iterable[str], staying: Iterable[InstalledPart], requires: Mapping[str, Iterable[str]]) -> list[str]:
    """Of the parts that stay, those that could not: what requires what goes, and what requires that."""
    lost = set(going)
    staying = list(staying)
    while more := {part.name for part in staying if part.name not in lost and (_required_by(part, requires) or set()) & lost}:
        lost |= more
    return sorted(lost - set(going))


def _required_by(part: InstalledPart, requires: Mapping[str, Iterable[str]]) -> set[str] | None:
    """None when nobody knows."""
    if part.record is not None:
        return set(part.record.requires)
    return set(requires[part.name]) if part.name in requires else None


def _not_installed(name: str, installed: Installed) -> str:
    near = nearest(name, installed.parts)
    there = ", ".join(name for name, part in installed.parts.items() if not part.holds_data_only) or "nothing"
    return f"part '{name}' is not installed on this cluster" + (f"; did you mean '{near}'?" if near else f"; installed is: {there}")
