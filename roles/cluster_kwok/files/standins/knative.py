# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Knative's webhooks: each fills in its own configurations once its Secret holds a certificate, and again when they change.

What a manifest says there is replaced. What a program is for is compiled into it: the rules are the same whatever the API
server serves. Two versions are known, those of Kubeflow 1.4 and 26.03.

- knative.dev/pkg@v0.0.0-20210331065221-952fdd90dbb0 and @v0.0.0-20260120122510-4a022ed9999a: C(reconcileMutatingWebhook) and
  C(reconcileValidatingWebhook) below C(webhook/resourcesemantics), C(webhook/configmaps), C(webhook/psbinding).
- cmd/webhook/main.go of knative.dev/serving@v0.48.1 (1.21), knative.dev/eventing@v0.22.1 and @v0.48.1, and of net-istio;
  knative.dev/eventing@v0.48.1 cmd/in_memory/channel_controller/main.go.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass

from .api import Api, Object
from .configurations import MUTATING, VALIDATING, Configurations, guard
from .mirror import Key
from .own_certificates import OwnCertificates
from .programs import version_by_labels
from .worker import Worker

# The name of the program, in all of them.
MANAGER = "webhook"
# The newer of the two known versions: its configurations belong to their namespace and are called again after others.
_OWNED = (1, 0)

# Plural names by version, by group.
Types = dict[str, dict[str, tuple[str, ...]]]

_SERVING_0: Types = {
    "autoscaling.internal.knative.dev": {"v1alpha1": ("metrics", "podautoscalers")},
    "networking.internal.knative.dev": {"v1alpha1": ("certificates", "ingresses", "serverlessservices")},
    "serving.knative.dev": {"v1": ("configurations", "revisions", "routes", "services")},
}
_SERVING: Types = {**_SERVING_0, "serving.knative.dev": {**_SERVING_0["serving.knative.dev"], "v1beta1": ("domainmappings",)}}
_EVENTING_0: Types = {
    "eventing.knative.dev": {"v1beta1": ("brokers", "eventtypes", "triggers"), "v1": ("brokers", "triggers")},
    "flows.knative.dev": {"v1beta1": ("parallels", "sequences"), "v1": ("parallels", "sequences")},
    "messaging.knative.dev": {
        "v1beta1": ("channels", "inmemorychannels", "subscriptions"),
        "v1": ("channels", "inmemorychannels", "subscriptions"),
    },
    "sources.knative.dev": {
        "v1alpha1": ("apiserversources", "sinkbindings"),
        "v1alpha2": ("apiserversources", "containersources", "pingsources", "sinkbindings"),
        "v1beta1": ("apiserversources", "containersources", "pingsources", "sinkbindings"),
        "v1beta2": ("pingsources",),
        "v1": ("apiserversources", "containersources", "sinkbindings"),
    },
}
_EVENTING: Types = {
    "eventing.knative.dev": {
        "v1alpha1": ("eventpolicies", "eventtransforms", "requestreplies"),
        "v1beta1": ("eventtypes",),
        "v1beta2": ("eventtypes",),
        "v1": ("brokers", "triggers"),
    },
    "flows.knative.dev": {"v1": ("parallels", "sequences")},
    "messaging.knative.dev": {"v1": ("channels", "subscriptions")},
    "sinks.knative.dev": {"v1alpha1": ("integrationsinks", "jobsinks")},
    "sources.knative.dev": {
        "v1alpha1": ("integrationsources",),
        "v1beta2": ("pingsources",),
        "v1": ("apiserversources", "containersources", "pingsources", "sinkbindings"),
    },
}
_CHANNELS: Types = {"messaging.knative.dev": {"v1": ("inmemorychannels",)}}
_DEPLOYMENTS: Types = {"apps": {"v1": ("deployments",)}}

_NOT_EXCLUDED = [{"key": "webhooks.knative.dev/exclude", "operator": "DoesNotExist"}]
_NOT_BOUND = [{"key": "bindings.knative.dev/exclude", "operator": "NotIn", "values": ["true"]}]


@dataclass(frozen=True)
class Hook:
    """One configuration: what kind it is, what path it is called at, which types it is for, and was for in 0.22 if others."""

    kind: str
    path: str
    types: Types | None = None
    types_0: Types | None = None


HOOKS = {
    "webhook.serving.knative.dev": Hook(MUTATING, "/defaulting", _SERVING, _SERVING_0),
    "validation.webhook.serving.knative.dev": Hook(VALIDATING, "/resource-validation", _SERVING, _SERVING_0),
    "config.webhook.serving.knative.dev": Hook(VALIDATING, "/config-validation"),
    "webhook.istio.networking.internal.knative.dev": Hook(MUTATING, "/defaulting", _DEPLOYMENTS),
    "config.webhook.istio.networking.internal.knative.dev": Hook(VALIDATING, "/config-validation"),
    "webhook.eventing.knative.dev": Hook(MUTATING, "/defaulting", _EVENTING, _EVENTING_0),
    "validation.webhook.eventing.knative.dev": Hook(VALIDATING, "/resource-validation", _EVENTING, _EVENTING_0),
    "config.webhook.eventing.knative.dev": Hook(VALIDATING, "/config-validation"),
    "inmemorychannel.eventing.knative.dev": Hook(MUTATING, "/defaulting", _CHANNELS),
    "validation.inmemorychannel.eventing.knative.dev": Hook(VALIDATING, "/resource-validation", _CHANNELS),
    "sinkbindings.webhook.sources.knative.dev": Hook(MUTATING, "/sinkbindings"),
}
_BINDINGS = "sinkbindings.webhook.sources.knative.dev"


def _rule(operations: Iterable[str], group: str, version: str, resources: list[str], scope: str = "*") -> Object:
    return {"operations": list(operations), "apiGroups": [group], "apiVersions": [version], "resources": resources, "scope": scope}


def rules_of(hook: Hook, version: tuple[int, int]) -> list[Object]:
    """One rule for each type, in order of group, version and name."""
    types = hook.types_0 or hook.types if version < _OWNED else hook.types
    if types is None:
        return [_rule(("CREATE", "UPDATE"), "", "v1", ["configmaps/*"], "Namespaced")]
    operations = ("CREATE", "UPDATE", "DELETE") if hook.kind == VALIDATING else ("CREATE", "UPDATE")
    known = [(group, version, name) for group, versions in types.items() for version, names in versions.items() for name in names]
    return [_rule(operations, group, version, [name, f"{name}/status"]) for group, version, name in sorted(known)]


def _selector(found: Object | None, expressions: list[Object], version: tuple[int, int]) -> Object:
    """Expressions that are not Knative's own stay, and labels but in the older version (webhook/helper.go)."""
    found = found or {}
    others = [rule for rule in found.get("matchExpressions") or [] if "knative.dev" not in rule["key"]]
    labels = {"matchLabels": found["matchLabels"]} if version >= _OWNED and found.get("matchLabels") else {}
    return labels | {"matchExpressions": [*expressions, *others]}


def wanted_fields(name: str, webhook: Object, version: tuple[int, int], bundle: str) -> Object:
    """What Knative makes of one webhook: paths below it, and values."""
    hook = HOOKS[name]
    fields: Object = {"clientConfig/service/path": hook.path, "clientConfig/caBundle": bundle}
    if hook.kind == MUTATING and version >= _OWNED:
        fields["reinvocationPolicy"] = "IfNeeded"
    if name == _BINDINGS:
        # Its rules come from the SinkBindings that there are. Nobody makes any in a rehearsal.
        selector = _selector(webhook.get("namespaceSelector"), _NOT_BOUND, version)
        return fields | {"matchPolicy": "Equivalent", "namespaceSelector": selector, "objectSelector": selector}
    fields["rules"] = rules_of(hook, version)
    if hook.types is not None:
        fields["namespaceSelector"] = _selector(webhook.get("namespaceSelector"), _NOT_EXCLUDED, version)
    return fields


def owners(namespace: Object, version: tuple[int, int]) -> list[Object]:
    """To whom the configurations belong."""
    if version < _OWNED:
        return []
    metadata = namespace["metadata"]
    reference = {"apiVersion": "v1", "kind": "Namespace", "name": metadata["name"], "uid": metadata["uid"]}
    return [reference | {"controller": False, "blockOwnerDeletion": True}]


def _at(thing: Object, path: str) -> object:
    found: object = thing
    for step in path.split("/"):
        found = found.get(step) if isinstance(found, dict) else None
    return found


def patch_for(thing: Object, namespace: Object, bundle: bytes) -> list[Object]:
    """A JSON patch for what differs."""
    name, version = thing["metadata"]["name"], version_by_labels(thing)
    patch: list[Object] = []
    if name != _BINDINGS and (thing["metadata"].get("ownerReferences") or []) != (owned := owners(namespace, version)):
        patch.append({"op": "add", "path": "/metadata/ownerReferences", "value": owned})
    for index, webhook in enumerate(thing.get("webhooks") or []):
        if webhook["name"] != name:
            continue
        wanted = wanted_fields(name, webhook, version, base64.b64encode(bundle).decode())
        changes = {path: value for path, value in wanted.items() if _at(webhook, path) != value}
        if changes:
            patch.append(guard(thing, index))
            patch += [{"op": "add", "path": f"/webhooks/{index}/{path}", "value": value} for path, value in changes.items()]
    return patch


class Knative:
    def __init__(self, api: Api, configurations: Configurations, programs: OwnCertificates) -> None:
        self._api, self._configurations, self._programs = api, configurations, programs
        self.worker = Worker("knative", self._reconcile)
        configurations.listen(self._changed)
        programs.listen(self._program_turned)

    def start(self) -> None:
        self.worker.start()

    def _changed(self, kind: str, name: str) -> None:
        if name in HOOKS and HOOKS[name].kind == kind:
            self.worker.add(name)

    def _program_turned(self, service: Key) -> None:
        if service[0].startswith("knative-"):
            for kind, thing in self._configurations:
                self._changed(kind, thing["metadata"]["name"])

    def _reconcile(self, name: str) -> None:
        kind = HOOKS[name].kind
        thing = self._configurations.get(kind, name)
        service = next((webhook["clientConfig"].get("service") for webhook in (thing or {}).get("webhooks") or []), None)
        if thing is None or not service:
            return
        bundle = self._programs.bundle((service["namespace"], service["name"]))
        namespace = self._api.find(f"/api/v1/namespaces/{service['namespace']}") if bundle else None
        if namespace and (patch := patch_for(thing, namespace, bundle)):
            self._configurations.patch(kind, thing, patch, MANAGER)
