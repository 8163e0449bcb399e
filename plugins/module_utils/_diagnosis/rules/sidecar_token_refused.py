# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sidecars whose token istiod does not accept."""

from __future__ import annotations

from ..looks import ISTIOD
from ..rule import rule
from ..signals import log

rule(
    __name__,
    log(
        r"invalid bearer token|Authenticator KubeJWTAuthenticator at index|failed to validate the JWT|error in cryptographic primitive|"
        r"could not parse JWT|authentication failure.*(?:token|JWT)",
        container="discovery|istio-proxy",
        about=lambda key, words: ISTIOD,
    ),
    cause="istiod does not accept the tokens of sidecars: the API server's issuer or keys were changed, or do not belong together.",
    remedy="--service-account-signing-key-file has to be the private key to --service-account-key-file (role apiserver_patch checks it: "
    "mlplatform.kubeflow.nodes --tags apiserver_patch --check). Pods with tokens of before have to be made anew: kubectl rollout restart.",
    shown="Authenticator KubeJWTAuthenticator … invalid bearer token",
    after=60,
)
