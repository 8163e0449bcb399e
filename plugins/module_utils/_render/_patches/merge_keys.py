# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lists whose entries a strategic merge patch knows by a key: those with a C(patchMergeKey) in k8s.io/api, v0.34.4.

All other lists, and every list of a custom resource, are replaced as a whole. C(status) is left out, since no setting is about it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from ..._objects.objects import key_of, template_path
from .change import Object


@dataclass(frozen=True)
class Keyed:
    """A list of entries that C(key) tells apart, with C(fields) inside of them.

    C(also) are further fields that tell two entries of one key apart, with what counts where they are missing: server-side
    apply (C(x-kubernetes-list-map-keys)) and kustomize 5 compare them too, kustomize 3 does not.
    """

    key: str
    fields: Fields = field(default_factory=dict)
    also: Mapping[str, str] = field(default_factory=dict)


Fields: TypeAlias = "Mapping[str, Fields | Keyed]"
"""By the name of a field: what is inside of it, where that holds a list with a key."""

_PROTOCOL = {"protocol": "TCP"}
_CONTAINER: Fields = {
    "ports": Keyed("containerPort", also=_PROTOCOL),
    "env": Keyed("name"),
    "volumeMounts": Keyed("mountPath"),
    "volumeDevices": Keyed("devicePath"),
}
_POD: Fields = {
    "containers": Keyed("name", _CONTAINER),
    "initContainers": Keyed("name", _CONTAINER),
    "ephemeralContainers": Keyed("name", _CONTAINER),
    "volumes": Keyed("name"),
    "imagePullSecrets": Keyed("name"),
    "hostAliases": Keyed("ip"),
    "topologySpreadConstraints": Keyed("topologyKey", also={"whenUnsatisfiable": ""}),
    "resourceClaims": Keyed("name"),
    "schedulingGates": Keyed("name"),
}
_WEBHOOKS: Fields = {"webhooks": Keyed("name", {"matchConditions": Keyed("name")})}
_ADMISSION_POLICY: Fields = {"spec": {"matchConditions": Keyed("name"), "variables": Keyed("name")}}
_OTHERS: Mapping[tuple[str, str], Fields] = {
    ("", "Service"): {"spec": {"ports": Keyed("port", also=_PROTOCOL)}},
    ("", "ServiceAccount"): {"secrets": Keyed("name")},
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"): _WEBHOOKS,
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"): _WEBHOOKS,
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicy"): _ADMISSION_POLICY,
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"): _ADMISSION_POLICY,
}


def fields_of(item: Object) -> Fields:
    """Where an object holds lists with keys."""
    path = template_path(item)
    if path is None:
        key = key_of(item)
        return _OTHERS.get((key.group, key.kind), {})
    fields: Fields = {"spec": _POD}
    for step in reversed(path):
        fields = {step: fields}
    return fields
