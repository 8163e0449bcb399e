# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which parts of a release are installed, and which phases run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..module_utils._common.suggest import nearest

# Ansible's own tags, and those that Molecule skips in every run: they choose nothing here.
_SPECIAL_TAGS = {"all", "always", "never", "tagged", "untagged", "notest", "molecule-notest", "molecule-idempotence-notest"}


class SelectionError(Exception):
    """A choice that cannot be made; nothing was changed."""


def unknown_name(name: Any, known: Iterable[str], what: str) -> str:
    """What to say of a name that is not known: C("'katbi' is not a part; did you mean 'katib'?")."""
    known = sorted(known)
    near = nearest(name, known)
    return f"'{name}' is not a {what}; " + (f"did you mean '{near}'?" if near else f"known are: {', '.join(known)}")


def select(
    parts: Mapping[str, Mapping[str, Any]],
    *,
    wanted: Sequence[str],
    run_tags: Sequence[str],
    skip_tags: Sequence[str],
    phases: Sequence[str],
    provided: Sequence[str] = (),
) -> dict[str, Any]:
    """Choose parts, with all that they require, and phases.

    :arg parts: the parts of a release file, in order.
    :arg wanted: names of parts; none means the release's default.
    :arg run_tags: tags that the run was limited to. Names of parts take the place of C(wanted), names of phases limit the phases.
    :arg skip_tags: parts and phases to leave out.
    :arg provided: parts that the cluster has from elsewhere: never chosen, and enough for those that require them.
    :returns: C(parts) and C(phases) in order; C(requested), the parts that were asked for; C(added), the others with what
        requires them; C(recommends), parts that are not chosen with what is of little use without them; C(provided) in order;
        C(partial), whether a part of the default is missing; C(whole), whether the parts are all that is wanted, not some of them for this run.
    :raises SelectionError: for a name that is neither, when a chosen part requires a skipped one, or a part is asked for and provided.
    """
    run = [tag for tag in run_tags if tag not in _SPECIAL_TAGS]
    skip = [tag for tag in skip_tags if tag not in _SPECIAL_TAGS]
    for tag in (*run, *skip):
        if tag not in parts and tag not in phases:
            raise SelectionError(unknown_name(tag, (*parts, *phases), "part or phase of this release"))
    for name in (*wanted, *provided):
        if name not in parts:
            raise SelectionError(unknown_name(name, parts, "part of this release"))
    by_name = [name for name in run if name in parts] or list(wanted)
    if twice := [name for name in by_name if name in provided]:
        raise SelectionError(f"'{twice[0]}' is asked for, and also given as provided: it is either installed or taken as it is")
    default = [name for name, part in parts.items() if not part.get("optional") and name not in provided]
    requested = [name for name in parts if name in (by_name or default) and name not in skip]
    if not requested:
        raise SelectionError("no part is left to install: every part that was asked for is skipped or provided")
    chosen, added = _closure(parts, requested, skip, provided)
    recommends: dict[str, list[str]] = {}
    for name in (name for name in parts if name in chosen):
        for other in parts[name].get("recommends") or ():
            if other not in chosen and other not in provided:
                recommends.setdefault(other, []).append(name)
    wanted_phases = [tag for tag in run if tag in phases]
    return {
        "parts": [name for name in parts if name in chosen],
        "requested": requested,
        "added": {name: added[name] for name in parts if name in added},
        "recommends": recommends,
        "provided": [name for name in parts if name in provided],
        "partial": not {name for name, part in parts.items() if not part.get("optional")} <= chosen | {*provided},
        "whole": not any(tag in parts for tag in (*run, *skip)),
        "phases": [phase for phase in phases if (not wanted_phases or phase in wanted_phases) and phase not in skip],
    }


def named_parts(wanted: Sequence[str], run_tags: Sequence[str], skip_tags: Sequence[str], phases: Sequence[str]) -> list[str]:
    """The parts that a removal names, whether a release has them or not: by its tags, or else as C(wanted); none means all.

    :raises SelectionError: for tags that are skipped, as that leaves open what is to stay, and for phases, as a removal has none of an install's:
        who limits a run to C(render) does not want all to go.
    """
    if skipped := [tag for tag in skip_tags if tag not in _SPECIAL_TAGS]:
        raise SelectionError(
            f"--skip-tags {','.join(skipped)} does not say what goes: name the parts that go by --tags, or in kubeflow_parts"
        )
    named = [tag for tag in run_tags if tag not in _SPECIAL_TAGS]
    if limited := [tag for tag in named if tag in phases]:
        raise SelectionError(
            f"--tags {','.join(limited)} does not say what goes: {limited[0]} is a phase of an install. Name the parts that go by --tags, or in "
            "kubeflow_parts; --check lists what would go"
        )
    return named or list(wanted)


def _closure(
    parts: Mapping[str, Mapping[str, Any]], requested: Sequence[str], skip: Sequence[str], provided: Sequence[str]
) -> tuple[set[str], dict[str, list[str]]]:
    chosen, added = set(requested), dict[str, list[str]]()
    todo = list(requested)
    while todo:
        name = todo.pop(0)
        for needed in parts[name].get("requires") or ():
            if needed in provided:
                continue
            if needed in skip:
                raise SelectionError(f"'{needed}' is skipped, but '{name}' requires it: skip both, or neither")
            if needed not in requested:
                added.setdefault(needed, []).append(name)
            if needed not in chosen:
                chosen.add(needed)
                todo.append(needed)
    return chosen, added
