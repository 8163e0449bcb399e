# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pods that were refused while a webhook could not be asked. It can now; their controller pauses for up to 17 minutes before it tries again."""

from __future__ import annotations

from ..looks import webhook_call
from ..rule import rule

rule(
    __name__,
    webhook_call(r"no endpoints available|connection refused", answering=True),
    cause="Pods were refused while webhook {webhook} could not be asked; it can be by now, and their controllers will try again.",
    remedy="Wait: controllers pause up to 17 minutes between two tries. At once: kubeflow_repair: true, or kubectl rollout restart.",
    shown="event FailedCreate with failed calling webhook, where the Service has a ready endpoint now",
    after=90,
    heals=True,
)
