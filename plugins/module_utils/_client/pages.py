# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Collections, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .._common.deadline import Deadline
from .http import METADATA_LIST, Client

_PAGE = 500


def pages(client: Client, path: str, deadline: Deadline, *, names: bool = False) -> Iterator[dict[str, Any]]:
    """All objects of a collection; a page is asked for once the one before it is used up.

    :arg names: without their contents.
    :raises ApiError: when they cannot be read.
    """
    query: dict[str, Any] = {"limit": _PAGE}
    while True:
        answer = client.get(path, query=query, accept=METADATA_LIST if names else "application/json", deadline=deadline)
        yield from answer.get("items") or ()
        query["continue"] = (answer.get("metadata") or {}).get("continue")
        if not query["continue"]:
            return
