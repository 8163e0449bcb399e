# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A login service that does not reach Dex."""

from __future__ import annotations

from ..looks import DEX, to
from ..rule import rule
from ..signals import log

rule(
    __name__,
    log(
        r"OIDC provider setup failed|error performing request: .*(?:/dex/|openid-configuration)|failed to discover OIDC configuration|"
        r"id token issued by a different provider"
    ),
    cause="The login service does not reach Dex, or finds another issuer there.",
    remedy="Dex is ready: compare dex_issuer with the address in the evidence, which has to be the same for both; 'no such host' is the "
    "cluster's DNS, 'i/o timeout' its network.",
    shown="OIDC provider setup failed, retrying in 10 seconds",
    after=120,
    points_to=to(DEX),
)
