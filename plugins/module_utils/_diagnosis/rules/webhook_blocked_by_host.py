# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A firewall of the nodes between API server and webhook."""

from __future__ import annotations

from ..looks import webhook_call
from ..rule import rule

rule(
    __name__,
    webhook_call(r"no route to host", answering=True),
    cause="A firewall of the nodes keeps the API server from webhook {webhook}.",
    remedy="Open the webhooks' ports on the nodes, for example 15017, 8443, 9443 and 10250 (firewall-cmd --add-port), or the network "
    "between pods.",
    shown='failed calling webhook "…": connect: no route to host',
)
