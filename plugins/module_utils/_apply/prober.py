# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which gates look open and are being tried by requests, which have proven to be open, and when the next question is due."""

from __future__ import annotations

import time
from typing import Any, Protocol

from .._client.http import ApiError, Client
from .gates import CrdGate, GoneGate, KindsGate, TriedGate, WebhookGate
from .probe import pod_webhook_fault, remaining_reason, undiscovered_reason, unserved_reason

_FIRST_PAUSE_SECONDS = 0.2
# Reading is cheap; trying a pod runs webhooks.
_LONGEST_PAUSE_SECONDS = {CrdGate: 1.0, KindsGate: 1.0}
_LONGEST_PAUSE_SECONDS_OF_OTHERS = 3.0
# All gates together.
_QUESTIONS_A_SECOND = 100


class WaitingPod(Protocol):
    """Namespace and pod template of a workload that waits for a webhook about its pods; None when none does any more."""

    def __call__(self, gate: WebhookGate) -> tuple[str, dict[str, Any]] | None: ...


class Prober:
    """All methods but C(ask) are for the thread that owns the gates."""

    def __init__(self, client: Client, waiting_pod: WaitingPod) -> None:
        self._client, self._waiting_pod = client, waiting_pod
        self._since: dict[TriedGate, float] = {}
        self._proven: set[TriedGate] = set()

    def is_proven(self, gate: TriedGate) -> bool:
        return gate in self._proven

    def begin(self, gate: TriedGate) -> bool:
        """Count it as tried from now on; whether it was not before."""
        if gate in self._since:
            return False
        self._since[gate] = time.monotonic()
        return True

    def proves(self, gate: TriedGate) -> None:
        """It is open."""
        self._proven.add(gate)

    def ask(self, gate: TriedGate) -> str:
        """From any thread: why it is closed, or an empty string.

        :raises ApiError: when the API server cannot tell at the moment.
        """
        live = time.monotonic() - self._since[gate]
        if isinstance(gate, CrdGate):
            return unserved_reason(self._client, gate, live)
        if isinstance(gate, KindsGate):
            return undiscovered_reason(self._client, gate, live)
        if isinstance(gate, GoneGate):
            return remaining_reason(self._client, gate)
        waiting = self._waiting_pod(gate)
        if not waiting:
            return ""
        namespace, template = waiting
        return pod_webhook_fault(self._client, namespace, template, mutating=gate.webhook.mutating, live_seconds=live)

    def pause(self, gate: TriedGate, answer: str | ApiError) -> float:
        """Seconds until it is asked about again.

        A tenth of the time that it has taken so far: soon at first, and seldom where it lasts.
        """
        if isinstance(answer, ApiError) and answer.retry_after:
            return answer.retry_after
        taken = time.monotonic() - self._since[gate]
        asking = len(self._since) - len(self._proven)
        longest = _LONGEST_PAUSE_SECONDS.get(type(gate), _LONGEST_PAUSE_SECONDS_OF_OTHERS)
        return min(max(_FIRST_PAUSE_SECONDS, taken / 10, asking / _QUESTIONS_A_SECOND), longest)
