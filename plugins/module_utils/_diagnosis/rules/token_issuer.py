# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A gateway that knows another issuer of tokens than the cluster's."""

from __future__ import annotations

from collections.abc import Iterator

from ..evidence import Evidence
from ..rule import Match, rule
from ..signals import log, short

_OWN = "kubernetes.default.svc"


def see(evidence: Evidence) -> Iterator[Match]:
    """A RequestAuthentication for tokens of the cluster (upstream's names say kind or eks), of which the issuer is another."""
    for key, item in evidence.of("security.istio.io", "RequestAuthentication"):
        for given in (item.get("spec") or {}).get("jwtRules") or ():
            issuer = given.get("issuer") or ""
            if evidence.issuer and _OWN in issuer and issuer.rstrip("/") != evidence.issuer.rstrip("/"):
                words = {"given": issuer, "issuer": evidence.issuer}
                yield Match(key, (short(f"{key} has issuer {issuer}; the API server's tokens are of {evidence.issuer}"),), words=words)


rule(
    __name__,
    see,
    log(r"Jwt issuer is not configured|Jwks doesn't have key to match kid"),
    cause="The gateway does not know the issuer of the cluster's tokens, and refuses them: it has {given}, the cluster {issuer}.",
    remedy="oauth2_proxy_token_issuer: {issuer} with oauth2_proxy_overlay: m2m-dex-and-kind, then run site.yml again. The issuer: "
    "kubectl get --raw /.well-known/openid-configuration",
    shown="Jwt issuer is not configured; Jwks doesn't have key to match kid or alg from Jwt",
)
