# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""cert-manager's Certificate, Issuer and ClusterIssuer."""

from __future__ import annotations

from ..conditions import condition_is_true
from ..rule import Item, Seen, rule
from ..status import Status


@rule(("cert-manager.io", "Certificate"), ("cert-manager.io", "Issuer"), ("cert-manager.io", "ClusterIssuer"))
def status(item: Item, _seen: Seen) -> Status:
    return condition_is_true(item, "Ready")
