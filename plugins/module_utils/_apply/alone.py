# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One run at a time on a cluster: the run's Lease, in the namespace of the inventory."""

from __future__ import annotations

from collections.abc import Callable

from .._client.http import ApiError, Client
from .._client.lease import Lease, identity
from .._common.deadline import Deadline
from .._inventory.applysets import HOME, home
from .._objects.objects import is_going
from .going import why_going


def take_lease(
    client: Client, manager: str, deadline: Deadline, on_wait: Callable[[str], None] = lambda _holder: None
) -> tuple[Lease, bool]:
    """Take the Lease; who waits until an uninstall has ended finds no namespace any more, and makes it again.

    :arg manager: our field manager.
    :arg on_wait: called with the name of the holder at every look while that is waited for.
    :returns: the Lease, and whether it had to be waited for, so that what was read of the cluster before may be old.
    :raises LeaseHeldError: when another run is at work.
    :raises ApiError: when the API server refuses, or the namespace of an earlier installation does not go until the deadline.
    """
    waited = False
    while True:
        _make_home(client, manager, deadline)
        lease = Lease(client, HOME, "run", identity(), deadline.cancel)
        try:
            return lease, lease.acquire(deadline, on_wait) or waited
        except ApiError as error:
            # plugin/pkg/admission/namespace/lifecycle refuses with 403 what is made in a namespace that is going.
            if error.status != 404 and not (error.status == 403 and "because it is being terminated" in error.message):
                raise
            if not deadline.wait(0.1):
                raise
        waited = True


def took_over(holder: str) -> str:
    """What to warn of once the Lease was taken from a run that is no more."""
    return f"Took over from {holder}, which ended without giving back its Lease {HOME}/run."


def _make_home(client: Client, manager: str, deadline: Deadline) -> None:
    """The namespace of the inventory and of the run's Lease, where it is not there yet. One that is going is waited for.

    :raises ApiError: when it cannot be read or made, or does not go until the deadline.
    """
    path = f"/api/v1/namespaces/{HOME}"
    pause = 0.1
    while True:
        try:
            found = client.get(path, deadline=deadline)
        except ApiError as error:
            if error.status != 404:
                raise
            client.apply(path, home(), manager=manager, force=True, deadline=deadline)
            return
        if not is_going(found):
            return
        if not deadline.wait(pause):
            raise ApiError(0, f"namespace {HOME}, of an installation that was removed, is still there: {why_going(found)}")
        pause = min(pause * 2, 2.0)
