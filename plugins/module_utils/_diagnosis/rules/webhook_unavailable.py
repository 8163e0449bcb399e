# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An admission webhook whose Service has no pod that is ready."""

from __future__ import annotations

from ..looks import behind_the_service, held_by, webhook_call
from ..rule import rule

rule(
    __name__,
    held_by("Service", pattern="has no ready endpoint"),
    webhook_call(
        r"no endpoints available|connection refused|context deadline exceeded|Client\.Timeout|i/o timeout|no route to host|EOF|"
        r"connection reset",
        answering=False,
    ),
    cause="Webhook {webhook} cannot be asked, since no pod behind Service {service} is ready; what it is asked about is refused.",
    remedy="Look at the pods behind {service}: they are the cause. Once they are ready, the refused is tried again by itself, up to 17 "
    "minutes later; kubeflow_repair: true does it at once.",
    shown='failed calling webhook "…": no endpoints available for service, connection refused',
    after=120,
    points_to=behind_the_service,
    general=True,
)
