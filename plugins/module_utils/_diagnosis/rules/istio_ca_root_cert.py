# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ConfigMap with Istio's root certificate, which istiod writes into each namespace, is not there."""

from __future__ import annotations

from ..looks import ISTIOD, held_by, lacking, to
from ..rule import rule

rule(
    __name__,
    held_by("ConfigMap", "istio-ca-root-cert"),
    lacking(lambda evidence, key: key.kind == "ConfigMap" and key.name == "istio-ca-root-cert"),
    cause="ConfigMap istio-ca-root-cert is not in the namespaces of pods that mount it; istiod makes it.",
    remedy="Look at istiod: kubectl -n istio-system get deployment istiod. Where it is ready for some minutes and the ConfigMap is "
    "missing in new namespaces only, it is not the leader any more: kubectl -n istio-system rollout restart deployment istiod",
    shown='configmap "istio-ca-root-cert" not found',
    after=180,
    points_to=to(ISTIOD),
)
