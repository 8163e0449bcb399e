# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Objects of a kind that the cluster does not have."""

from __future__ import annotations

from collections.abc import Iterable

from ..._objects.objects import Key
from ..evidence import Evidence
from ..rule import Match, rule
from ..signals import refused


def its_definition(evidence: Evidence, match: Match) -> Iterable[Key]:
    """CRDs of the plan that would serve it, or what the cluster has of them."""
    return [key for key in {*evidence.objects, *(evidence.planned or {})} if _defines(key, match.about)]


def _defines(key: Key, about: Key) -> bool:
    return key.kind == "CustomResourceDefinition" and key.name.partition(".")[2] == about.group and key.name.startswith(about.kind.lower())


rule(
    __name__,
    refused(
        r"no matches for kind|the server could not find the requested resource|neither the cluster nor the plan (?:knows|serves)|"
        r"is not served"
    ),
    cause="The cluster does not have kinds that objects are of: {kind}.",
    remedy="The part that brings the kind is not chosen (kubeflow_parts, kubeflow_provided_parts), or Kubernetes does not have it in "
    "this version (preflight: kubernetes_version).",
    shown="no matches for kind … in version …",
    points_to=its_definition,
    general=True,
)
