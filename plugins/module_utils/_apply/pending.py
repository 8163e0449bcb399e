# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An object of the plan on its way to the cluster: what it waits for, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from .compare import Item
from .gates import Gate, WebhookGate


class State(Enum):
    """How far an object is."""

    WAITING = "waits for gates"
    SENT = "sent, or to be sent after a pause"
    BEHIND = "refused, and sent again when another that was refused for the same cause has passed"
    LAST_TRY = "sent, and whatever the server answers is final"
    APPLIED = "as the plan wants it"
    FAILED = "refused for good, or waited in vain"


@dataclass(eq=False)
class Pending:
    """One object; C(priority): lower goes first, of those that may go."""

    item: Item
    priority: int = 0
    state: State = State.WAITING
    waiting: set[Gate] = field(default_factory=set)
    """Its closed gates."""
    refusal: str = ""
    """The server's last one that may pass later."""

    @property
    def only_the_server_knows(self) -> bool:
        """Held by webhooks at most, and not by those for its pods, which would not refuse the object itself."""
        return all(isinstance(gate, WebhookGate) and not gate.for_pods for gate in self.waiting)
