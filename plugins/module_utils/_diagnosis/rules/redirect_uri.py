# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Dex and login service that do not agree on where a login comes back to."""

from __future__ import annotations

from ..rule import rule
from ..signals import log

rule(
    __name__,
    log(r'Unregistered redirect_uri \("(?P<address>[^"]+)"\)'),
    cause="Dex does not know the address to which the login service wants logins to come back: {address}.",
    remedy="Dex and login service are of two releases, or were not restarted after a change: run site.yml with both (--tags "
    "dex,oauth2_proxy or dex,oidc_authservice).",
    shown='Unregistered redirect_uri ("/oauth2/callback")',
)
