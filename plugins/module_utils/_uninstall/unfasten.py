# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Volume claims that stay are let off from owners that go: the garbage collector would take them along."""

from __future__ import annotations

from collections.abc import Sequence

from .._client.http import ApiError, Client
from .._common.deadline import Deadline
from .look import Live

_MERGE = "application/merge-patch+json"


def unfasten(client: Client, claim: Live, owners: Sequence[str], deadline: Deadline) -> None:
    """Take the owners of these uids away from a claim.

    :raises ApiError: when it is refused; nothing was deleted then.
    """
    path = claim.resource.path(claim.key.namespace, claim.key.name)
    while True:
        try:
            live = client.get(path, deadline=deadline)
            rest = [owner for owner in live["metadata"].get("ownerReferences") or () if owner["uid"] not in owners]
            change = {"metadata": {"ownerReferences": rest, "resourceVersion": live["metadata"]["resourceVersion"]}}
            client.request("PATCH", path, body=change, content_type=_MERGE, deadline=deadline)
        except ApiError as error:
            if error.status == 409 and deadline.wait(0.1):
                # Changed meanwhile.
                continue
            if error.status != 404:
                raise
        return
