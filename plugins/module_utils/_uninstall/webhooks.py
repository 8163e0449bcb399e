# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Webhooks that go and cannot be called: they hold what they are asked about, which may have to go before them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .._client.http import ApiError, Client
from .._client.refusals import stranger_in
from .._common.deadline import Deadline
from .deleting import delete
from .doomed import Doomed, Step


class OutOfTheWay:
    """Deletes a webhook configuration of ours when a refusal names it, rather than in its step; called with the refusal.

    :arg doomed: all that goes. A configuration that stays is never touched.
    :arg may_write: whether we hold the run's Lease.
    """

    def __init__(self, client: Client, doomed: Sequence[Doomed], deadline: Deadline, may_write: Callable[[], bool]) -> None:
        # APIServices go in the same step.
        self._configurations = [entry for entry in doomed if entry.step is Step.WEBHOOKS and entry.key.kind != "APIService"]
        self._client, self._deadline, self._may_write = client, deadline, may_write
        self._by_webhook: dict[str, Doomed] | None = None

    def __call__(self, refusal: ApiError) -> None:
        """:raises ApiError: when the configurations cannot be read, or the one that is named not be deleted."""
        if self._by_webhook is None:
            self._by_webhook = self._read()
        words = stranger_in(refusal)
        found = next((doomed for name, doomed in self._by_webhook.items() if f'"{name}"' in words), None)
        if found:
            delete(self._client, found, self._deadline, self._may_write)

    def _read(self) -> dict[str, Doomed]:
        """By the names of their webhooks, which refusals tell."""
        found: dict[str, Doomed] = {}
        for doomed in self._configurations:
            try:
                item = self._client.get(doomed.path, deadline=self._deadline)
            except ApiError as error:
                if error.status != 404:
                    raise
                continue
            found.update({webhook["name"]: doomed for webhook in item.get("webhooks") or ()})
        return found
