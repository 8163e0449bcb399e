# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An admission webhook and a Service of different versions."""

from __future__ import annotations

from ..looks import webhook_call
from ..rule import rule

rule(
    __name__,
    webhook_call(r"no service port \d+ found for service"),
    cause="Webhook {webhook} calls a port that Service {service} does not have: they are of two versions.",
    remedy="Apply the part again: ansible-playbook -i <inventory> mlplatform.kubeflow.site; a configuration that is of another install "
    "has to be removed.",
    shown='no service port 443 found for service "…"',
)
