# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Kubernetes objects of a plan: their keys, and the form in which they are sent."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any, NamedTuple

from .normalised import EXACT, NORMALISED, Place


class Key(NamedTuple):
    """What identifies an object, whatever version it is written in."""

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        kind = f"{self.kind}.{self.group}" if "." in self.group and not self.group.endswith(".k8s.io") else self.kind
        return f"{kind} {self.namespace}/{self.name}" if self.namespace else f"{kind} {self.name}"


def group_resource(group: str, plural: str) -> str:
    """C(deployments.apps), C(pods): as a CustomResourceDefinition is named (apimachinery pkg/runtime/schema, GroupResource)."""
    return f"{plural}.{group}" if group else plural


def split_version(api_version: str) -> tuple[str, str]:
    """Group and version: C(apps/v1) gives C(("apps", "v1")), C(v1) gives C(("", "v1"))."""
    group, _slash, version = api_version.rpartition("/")
    return group, version


def key_of(item: dict[str, Any]) -> Key:
    """The key of an object as it is written."""
    metadata = item["metadata"]
    return Key(split_version(item["apiVersion"])[0], item["kind"], metadata.get("namespace") or "", metadata["name"])


def crd_key(name: str) -> Key:
    """The key of a CustomResourceDefinition; its name is I(plural).I(group)."""
    return Key("apiextensions.k8s.io", "CustomResourceDefinition", "", name)


def is_going(item: Mapping[str, Any]) -> bool:
    """Whether an object is being deleted: it will be gone once nothing holds it any more."""
    return bool(item["metadata"].get("deletionTimestamp"))


_POD_TEMPLATES: dict[tuple[str, str], tuple[str, ...]] = {
    ("", "Pod"): (),
    ("apps", "Deployment"): ("spec", "template"),
    ("apps", "StatefulSet"): ("spec", "template"),
    ("apps", "DaemonSet"): ("spec", "template"),
    ("apps", "ReplicaSet"): ("spec", "template"),
    ("batch", "Job"): ("spec", "template"),
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template"),
}


def pod_template(item: dict[str, Any]) -> dict[str, Any] | None:
    """The pod template of a workload, a bare Pod itself, or None for any other kind."""
    path = template_path(item)
    if path is None:
        return None
    found: dict[str, Any] = item
    for step in path:
        found = found.get(step) or {}
    return found


def template_path(item: dict[str, Any]) -> tuple[str, ...] | None:
    """Where the pod template is in an object: nowhere is None, a bare Pod is one itself."""
    return _POD_TEMPLATES.get((split_version(item["apiVersion"])[0], item["kind"]))


def to_send(item: dict[str, Any], *, namespaced: bool) -> dict[str, Any]:
    """The object as it is applied: without what the server or a controller owns, with what server-side apply needs.

    * no C(status) and no C(creationTimestamp): the server's;
    * no C(caBundle): upstream ships placeholders that would undo what cert-manager or the controller put there;
    * no C(rules) of an aggregated ClusterRole: the aggregation controller's, and empty ones would empty it;
    * C(stringData) as C(data): a key that is removed from C(stringData) stays in C(data) for ever;
    * C(protocol: TCP) where a port has none: a merge key, which Kubernetes 1.20 does not default;
    * no empty list or map that others fill (C(data: {}) of a Secret for certificates): with each of their writes the API server
      takes its field set from us, and it would be ours again with each of our runs;
    * a namespace where the kind has one, and none where it has not.
    """
    item = _copy(item)
    item.pop("status", None)
    _drop_creation_timestamps(item)
    if namespaced:
        item["metadata"].setdefault("namespace", "default")
    else:
        item["metadata"].pop("namespace", None)
    kind = (split_version(item["apiVersion"])[0], item["kind"])
    if kind == ("", "Secret"):
        _encode_string_data(item)
    elif kind == ("", "Service"):
        _default_protocol((item.get("spec") or {}).get("ports"))
    elif kind == ("rbac.authorization.k8s.io", "ClusterRole") and item.get("aggregationRule"):
        item.pop("rules", None)
    elif kind[0] in ("admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io"):
        for client_config in ca_bundle_holders(item):
            client_config.pop("caBundle", None)
    template = pod_template(item)
    for containers in ("containers", "initContainers"):
        for container in ((template or {}).get("spec") or {}).get(containers) or ():
            _default_protocol(container.get("ports"))
    _drop_empty(item, NORMALISED.get(kind, EXACT))
    return item


def _copy(value: Any) -> Any:
    """What came from JSON holds nothing twice, so this can do without C(copy.deepcopy)'s book of what it has seen: a third of the time."""
    if isinstance(value, dict):
        return {name: _copy(child) for name, child in value.items()}
    return [_copy(child) for child in value] if isinstance(value, list) else value


def ca_bundle_holders(item: dict[str, Any]) -> list[dict[str, Any]]:
    """The places of an object that hold a C(caBundle): webhooks, a CRD's conversion (v1 and v1beta1), an APIService."""
    spec = item.get("spec") or {}
    if item["kind"] == "APIService":
        return [spec]
    if item["kind"] == "CustomResourceDefinition":
        conversion = spec.get("conversion") or {}
        places = [(conversion.get("webhook") or {}).get("clientConfig"), conversion.get("webhookClientConfig")]
    else:
        places = [webhook.get("clientConfig") for webhook in item.get("webhooks") or ()]
    return [place for place in places if place]


def is_filled(ca_bundle: str | None) -> bool:
    """Whether a C(caBundle) holds anything. Upstream's placeholders are an empty string and an encoded newline (C(Cg==))."""
    try:
        return bool(base64.b64decode(ca_bundle or "").strip())
    except binascii.Error:
        return False


def _drop_creation_timestamps(item: dict[str, Any]) -> None:
    item["metadata"].pop("creationTimestamp", None)
    template = pod_template(item)
    if template:
        (template.get("metadata") or {}).pop("creationTimestamp", None)
    for claim in (item.get("spec") or {}).get("volumeClaimTemplates") or ():
        claim.pop("status", None)
        (claim.get("metadata") or {}).pop("creationTimestamp", None)


def _drop_empty(value: Any, place: Place) -> None:
    """Take out what declares nothing."""
    if isinstance(value, list):
        for element in value:
            _drop_empty(element, place)
    elif isinstance(value, dict):
        for name, inner in place.inside.items():
            if name in value and value[name] in inner.empty:
                del value[name]
            elif name in value:
                _drop_empty(value[name], inner)


def _encode_string_data(secret: dict[str, Any]) -> None:
    plain = secret.pop("stringData", None) or {}
    if plain:
        encoded = {name: base64.b64encode(str(value).encode()).decode() for name, value in plain.items()}
        secret["data"] = {**(secret.get("data") or {}), **encoded}


def _default_protocol(ports: list[dict[str, Any]] | None) -> None:
    for port in ports or ():
        port.setdefault("protocol", "TCP")
