# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""MutatingWebhookConfiguration and ValidatingWebhookConfiguration: the API server can call each of their webhooks."""

from __future__ import annotations

from ..rule import Item, Seen, rule
from ..status import Status
from ..webhook_calls import can_be_called

_GROUP = "admissionregistration.k8s.io"


@rule((_GROUP, "MutatingWebhookConfiguration"), (_GROUP, "ValidatingWebhookConfiguration"))
def status(item: Item, seen: Seen) -> Status:
    webhooks = item.get("webhooks") or ()
    return can_be_called([(f"webhook {webhook['name']}", webhook.get("clientConfig") or {}) for webhook in webhooks], seen)
