# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an object would be once it is taken over. The rewriting and the apply are two writes, and of a dry run nothing stays for the second: so what
the apply would remove is reckoned from the field sets, and the API server asked what it makes of the object without that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._client.http import ApiError, Client
from .._common.deadline import Deadline
from .._objects.field_sets import Path, paths_of, topmost, without
from .adopt import Adoption, rewritten
from .diff import comparable
from .errors import field_managers


def predict_adopted(
    client: Client, path: str, live: dict[str, Any], body: Mapping[str, Any], adoption: Adoption, force: bool, deadline: Deadline
) -> tuple[dict[str, Any], dict[str, Any]]:
    """An object with its managedFields, and as it would be.

    :arg force: whether what controllers hold is taken, too.
    :raises ApiError: when the API server would refuse it, or does not answer until the deadline.
    """
    manager = adoption.field_manager
    nameless = not live["metadata"].get("managedFields")
    entries = rewritten(live, body, adoption)
    kept = {str(entry.get("manager")) for entry in entries or () if entry.get("manager") != manager}
    try:
        answer = client.apply(path, body, manager=manager, force=force or nameless, dry_run=True, deadline=deadline)
    except ApiError as error:
        # By the time of the apply, what is taken over holds nothing any more.
        held = field_managers(error)
        if not held or kept & set(held):
            raise
        answer = client.apply(path, body, manager=manager, force=True, dry_run=True, deadline=deadline)
    if nameless:
        live = {**live, "metadata": {**live["metadata"], "managedFields": answer["metadata"].get("managedFields") or []}}
        entries = rewritten(live, body, adoption)
    if entries is None:
        return live, answer
    predicted = without(answer, _gone(entries, answer["metadata"].get("managedFields") or (), manager))
    change = merge_patch(comparable(live), comparable(predicted))
    if not change:
        return live, answer
    query = {"fieldManager": manager, "dryRun": "All"}
    after = client.request("PATCH", path, query=query, body=change, content_type="application/merge-patch+json", deadline=deadline)
    return live, after


def _gone(entries: list[dict[str, Any]], applied: Any, manager: str) -> list[Path]:
    """What the apply removes: what is ours by then, is not declared, and nobody else's."""

    def sets(of: Any, *, ours: bool) -> set[Path]:
        return {
            path
            for entry in of
            if (entry.get("manager") == manager and entry.get("operation") == "Apply") is ours
            for path in paths_of(entry.get("fieldsV1") or {})
        }

    stay = sets(applied, ours=True) | sets(entries, ours=False)
    held = {path[:depth] for path in stay for depth in range(1, len(path) + 1)}
    return topmost(path for path in sets(entries, ours=True) if path not in held)


def merge_patch(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """RFC 7396: what makes the second object of the first."""
    change: dict[str, Any] = {name: None for name in before if name not in after}
    for name, value in after.items():
        old = before.get(name)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            if inner := merge_patch(old, value):
                change[name] = inner
        elif name not in before or old != value:
            change[name] = value
    return change
