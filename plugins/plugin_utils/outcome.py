# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The outcome of a run, and summaries of verdicts, as data that a playbook can branch on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class ResultError(Exception):
    """What was given is no result of the module."""


def parts_of(result: Any) -> list[Mapping[str, Any]]:
    """The verdicts in what module ready has returned, or in its C(parts); none where the task was skipped or never ran.

    :raises ResultError: when it is something else.
    """
    if isinstance(result, Mapping):
        result = result.get("parts") or []
    if not isinstance(result, Sequence) or isinstance(result, str):
        raise ResultError(f"the result of module ready or its parts are meant, and it is a {type(result).__name__}")
    for part in result:
        if not isinstance(part, Mapping) or "name" not in part or "ready" not in part:
            raise ResultError("the result of module ready or its parts are meant: each part has a name and ready")
    return list(result)


def not_ready(result: Any) -> list[dict[str, Any]]:
    """Every object that is not ready, with its part; what has failed for good first."""
    found = [{"part": part["name"], **entry} for part in parts_of(result) for entry in part.get("not_ready") or ()]
    return sorted(found, key=lambda entry: entry.get("state") != "Failed")


def verdict_lines(result: Any, objects: int = 3) -> list[str]:
    """A line for each part, and after it at most so many objects with why they are not ready."""
    lines = []
    for part in parts_of(result):
        if part["ready"]:
            lines.append(f"{part['name']}: ready")
            continue
        entries = not_ready([part])
        stalled = ", stalled" if part.get("stalled") else ""
        lines.append(f"{part['name']}: {len(entries)} of {part.get('objects', len(entries))} not ready{stalled}")
        lines.extend(f"  {entry['object']}: {entry['message']}" for entry in entries[:objects])
        if len(entries) > objects:
            lines.append(f"  and {len(entries) - objects} more")
    return lines


def outcome(results: Mapping[str, Any]) -> dict[str, Any]:
    """What a run came to, in a form that stays small.

    :arg results: C(release), C(cluster) (URL of the API server), C(parts) (names), and what the phases have registered as C(applied), C(pruned),
        C(ready) and C(diagnosed): each may be missing, skipped, or of a task that failed.
    """
    applied, pruned, ready, diagnosed = (_result(results.get(name)) for name in ("applied", "pruned", "ready", "diagnosed"))
    known = {part["name"]: bool(part["ready"]) for part in parts_of(ready)}
    names = list(results.get("parts") or known)
    if "ready" in ready:
        verdict = "ready" if ready["ready"] else "not_ready"
    elif ready.get("failed"):
        verdict = "not_ready"
    elif applied.get("failed") or applied.get("failures"):
        verdict = "not_applied"
    else:
        verdict = "applied" if applied else "not_applied"
    return {
        "release": str(results.get("release") or ""),
        "cluster": str(results.get("cluster") or ""),
        "verdict": verdict,
        "parts": [{"name": name, "ready": known.get(name, False)} for name in names],
        "findings": [{key: finding.get(key, "") for key in ("rule", "cause", "remedy")} for finding in diagnosed.get("findings") or ()],
        "changed": any(bool(_result(results.get(name)).get("changed")) for name in ("applied", "pruned", "diagnosed")),
        "not_in_plan": list(pruned.get("lines") or ()),
    }


def _result(result: Any) -> Mapping[str, Any]:
    """A registered result; nothing for a task that was skipped or never ran."""
    return {} if not isinstance(result, Mapping) or result.get("skipped") else result
