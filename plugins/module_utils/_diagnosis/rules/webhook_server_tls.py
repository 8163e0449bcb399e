# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The certificate of pipelines' cache, which a Deployment of its own makes in old releases."""

from __future__ import annotations

from ..looks import deployment, held_by, lacking, to
from ..rule import rule

rule(
    __name__,
    held_by("Secret", "webhook-server-tls"),
    lacking(lambda evidence, key: key.kind == "Secret" and key.name == "webhook-server-tls" and not evidence.certificate_of(key)),
    cause="Secret webhook-server-tls is not there; cache-deployer-deployment makes it.",
    remedy="Look at cache-deployer-deployment: kubectl -n {namespace} logs deployment/cache-deployer-deployment. To have it try once "
    "more: kubectl -n {namespace} rollout restart deployment cache-deployer-deployment",
    shown='secret "webhook-server-tls" not found',
    after=120,
    points_to=to(deployment("kubeflow", "cache-deployer-deployment")),
)
