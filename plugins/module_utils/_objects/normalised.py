# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the API server makes of what it is sent, by kind and place: all in which a declared value and the live one may differ.

Only what manifests do write: a fact that is missing here costs a PATCH that changes nothing. Custom resources have no
entry, they are stored as they are sent. Sources are files of k8s.io/kubernetes, C(types.go) those of k8s.io/api; each
fact is tried on the API servers of all releases by tests/integration/test_normalised.py.

PRIVATE: for the modules of this collection only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .quantity import canonical_quantity

MISSING: Any = object()
"""The value of a field that is not there."""


@dataclass(frozen=True)
class Place:
    """What the API server makes of a value at this place, or of each element where that is a list."""

    inside: Mapping[str, Place] = field(default_factory=dict)
    """By field; C(*) is every field of a map with free keys."""
    nothing: tuple[Any, ...] = ()
    """Values that are the same as none to it: it leaves them out, or puts them where there is none."""
    quantity: bool = False
    empty: tuple[Any, ...] = ()
    """Values that declare nothing and are not sent (C(objects.to_send)), of a list or map whose entries have owners of their own."""

    def at(self, name: str) -> Place:
        """The place of a field of what stands here."""
        return self.inside.get(name) or self.inside.get("*") or EXACT

    def stored(self, value: Any) -> Any:
        """A form that two values have in common only if they are the same to the API server here."""
        if self.quantity and value is not MISSING:
            value = canonical_quantity(value) or value
        return MISSING if any(type(value) is type(none) and value == none for none in self.nothing) else value


EXACT = Place()
"""Where it stores what it is sent."""


def _absent(*values: Any) -> Place:
    return Place(nothing=values)


def _inside(**fields: Place) -> Place:
    return Place(inside=fields)


def _elements(**fields: Place) -> Place:
    return Place(inside=fields, empty=([], None))


def _each(place: Place) -> Place:
    return Place(inside={"*": place})


_QUANTITY = Place(quantity=True)
_ENTRIES = Place(empty=({}, None))
# Zero values of fields that are no pointers and have omitempty in types.go. What is a pointer is stored as it is sent.
_FALSE, _ZERO, _EMPTY, _NO_LIST, _NO_MAP = _absent(False), _absent(0), _absent(""), _absent([]), _absent({})

# pkg/apis/core/v1/defaults.go: SetDefaults_ObjectFieldSelector, SetDefaults_ResourceList, SetDefaults_ServiceAccountTokenProjection.
_FIELD_REF = _inside(apiVersion=_absent("v1"))
_RESOURCE_FIELD_REF = _inside(divisor=Place(nothing=("0",), quantity=True))
_VALUE_FROM = Place(inside={"fieldRef": _FIELD_REF, "resourceFieldRef": _RESOURCE_FIELD_REF}, nothing=(None,))
_RESOURCES = _inside(limits=_each(_QUANTITY), requests=_each(_QUANTITY))
_PROBE = _inside(initialDelaySeconds=_ZERO)
_CONTAINER = _inside(
    args=_NO_LIST,
    command=_NO_LIST,
    env=_elements(value=_EMPTY, valueFrom=_VALUE_FROM),
    envFrom=_NO_LIST,
    livenessProbe=_PROBE,
    ports=_elements(),
    readinessProbe=_PROBE,
    resources=_RESOURCES,
    startupProbe=_PROBE,
    stdin=_FALSE,
    tty=_FALSE,
    volumeMounts=_elements(readOnly=_FALSE, subPath=_EMPTY),
)
_DOWNWARD_API = _inside(items=_inside(fieldRef=_FIELD_REF, resourceFieldRef=_RESOURCE_FIELD_REF))
_PROJECTED = _inside(sources=_inside(downwardAPI=_DOWNWARD_API, serviceAccountToken=_inside(expirationSeconds=_absent(3600))))
_POD_SPEC = _inside(
    containers=_CONTAINER,
    hostIPC=_FALSE,
    hostNetwork=_FALSE,
    hostPID=_FALSE,
    imagePullSecrets=_elements(),
    initContainers=Place(inside=_CONTAINER.inside, empty=([], None)),
    nodeSelector=_NO_MAP,
    tolerations=_NO_LIST,
    volumes=_elements(
        downwardAPI=_DOWNWARD_API,
        emptyDir=_inside(sizeLimit=_QUANTITY),
        persistentVolumeClaim=_inside(readOnly=_FALSE),
        projected=_PROJECTED,
    ),
)
# apimachinery/pkg/apis/meta/v1/types.go, ObjectMeta.
_METADATA = _inside(annotations=_ENTRIES, labels=_ENTRIES)
_TEMPLATE = _inside(metadata=_METADATA, spec=_POD_SPEC)

# pkg/apis/core/v1/defaults.go: SetDefaults_PersistentVolumeClaim, SetDefaults_PersistentVolumeClaimSpec.
# pkg/apis/apps/v1/conversion.go: Convert_apps_StatefulSetSpec_To_v1_StatefulSetSpec gives a claim its kind.
_CLAIM_SPEC = _inside(resources=_RESOURCES, volumeMode=_absent("Filesystem"))
_CLAIM_TEMPLATES = Place(
    inside={
        "apiVersion": _absent("v1"),
        "kind": _absent("PersistentVolumeClaim"),
        "metadata": _inside(creationTimestamp=_absent(None)),
        "spec": _CLAIM_SPEC,
        "status": _absent({"phase": "Pending"}),
    },
    nothing=([],),
)

# types.go of autoscaling/v2; of v2beta1, the fields that are called target.
_TARGET = _inside(averageValue=_QUANTITY, value=_QUANTITY)
_METRIC = Place(inside={**dict.fromkeys(("averageValue", "targetAverageValue", "targetValue"), _QUANTITY), "target": _TARGET})
_METRICS = Place(inside=dict.fromkeys(("containerResource", "external", "object", "pods", "resource"), _METRIC))


def _kind(**fields: Place) -> Place:
    return _inside(metadata=_METADATA, **fields)


# types.go of rbac/v1: rules has no omitempty, so that none is written as null. pkg/apis/rbac/v1/defaults.go.
_ROLE = _kind(rules=_absent([], None))
_BINDING = _kind(roleRef=_inside(apiGroup=_absent("", "rbac.authorization.k8s.io")), subjects=_inside(apiGroup=_EMPTY))
# pkg/apis/admissionregistration/v1/defaults.go, SetDefaults_Rule.
_WEBHOOKS = _kind(webhooks=_inside(rules=_inside(scope=_absent("*"))))
# pkg/apis/networking/v1/defaults.go, SetDefaults_NetworkPolicyPort.
_POLICY_RULES = _inside(ports=_inside(protocol=_absent("TCP")))

NORMALISED: Mapping[tuple[str, str], Place] = {
    ("", "ConfigMap"): _kind(binaryData=_ENTRIES, data=_ENTRIES),
    ("", "Namespace"): _kind(),
    ("", "PersistentVolumeClaim"): _kind(spec=_CLAIM_SPEC),
    ("", "Pod"): _kind(spec=_POD_SPEC),
    ("", "Secret"): _kind(data=_ENTRIES),
    ("", "Service"): _kind(spec=_inside(publishNotReadyAddresses=_FALSE)),
    ("", "ServiceAccount"): _kind(imagePullSecrets=_NO_LIST),
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"): _WEBHOOKS,
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"): _WEBHOOKS,
    # In v1beta1 it is a pointer: stored as it is sent, and never none (SetDefaults_CustomResourceDefinitionSpec).
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _kind(spec=_inside(preserveUnknownFields=_FALSE)),
    ("apps", "DaemonSet"): _kind(spec=_inside(minReadySeconds=_ZERO, template=_TEMPLATE)),
    ("apps", "Deployment"): _kind(spec=_inside(minReadySeconds=_ZERO, paused=_FALSE, template=_TEMPLATE)),
    ("apps", "StatefulSet"): _kind(spec=_inside(template=_TEMPLATE, volumeClaimTemplates=_CLAIM_TEMPLATES)),
    ("autoscaling", "HorizontalPodAutoscaler"): _kind(spec=_inside(metrics=_METRICS)),
    ("batch", "CronJob"): _kind(spec=_inside(jobTemplate=_inside(spec=_inside(template=_TEMPLATE)))),
    ("batch", "Job"): _kind(spec=_inside(template=_TEMPLATE)),
    ("networking.k8s.io", "NetworkPolicy"): _kind(spec=_inside(egress=_POLICY_RULES, ingress=_POLICY_RULES)),
    ("rbac.authorization.k8s.io", "ClusterRole"): _ROLE,
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): _BINDING,
    ("rbac.authorization.k8s.io", "Role"): _ROLE,
    ("rbac.authorization.k8s.io", "RoleBinding"): _BINDING,
}
"""By group and kind."""
