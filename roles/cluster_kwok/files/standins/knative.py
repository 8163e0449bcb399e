# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Knative's webhooks: each fills in the rules, selectors and paths of its own configurations, and says who owns them.

What a manifest says there is replaced. The authority (caBundle) is written with that of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from .api import Api, Object
from .configurations import MUTATING, VALIDATING, Configurations, guard
from .mirror import Key
from .services import Services
from .worker import Worker

# The name of the program, in all three.
MANAGER = "webhook"

_SERVING = {
    "autoscaling.internal.knative.dev": ("metrics", "podautoscalers"),
    "networking.internal.knative.dev": ("certificates", "ingresses", "serverlessservices"),
    "serving.knative.dev": ("configurations", "domainmappings", "revisions", "routes", "services"),
}
_EVENTING = {
    "eventing.knative.dev": ("brokers", "eventtypes", "triggers"),
    "flows.knative.dev": ("parallels", "sequences"),
    "messaging.knative.dev": ("channels", "inmemorychannels", "subscriptions"),
    "sources.knative.dev": ("apiserversources", "containersources", "pingsources", "sinkbindings"),
}
_DEPLOYMENTS = {"apps": ("deployments",)}
_NOT_EXCLUDED = [{"key": "webhooks.knative.dev/exclude", "operator": "DoesNotExist"}]
_NOT_BOUND = {
    "matchExpressions": [
        {"key": "bindings.knative.dev/exclude", "operator": "NotIn", "values": ["true"]},
        {"key": "control-plane", "operator": "DoesNotExist"},
    ]
}


@dataclass(frozen=True)
class Hook:
    """One configuration: what kind it is, what path it is called at, and which resources it is for."""

    kind: str
    path: str
    resources: Mapping[str, tuple[str, ...]] | None = None


HOOKS = {
    "webhook.serving.knative.dev": Hook(MUTATING, "/defaulting", _SERVING),
    "validation.webhook.serving.knative.dev": Hook(VALIDATING, "/resource-validation", _SERVING),
    "config.webhook.serving.knative.dev": Hook(VALIDATING, "/config-validation"),
    "webhook.istio.networking.internal.knative.dev": Hook(MUTATING, "/defaulting", _DEPLOYMENTS),
    "config.webhook.istio.networking.internal.knative.dev": Hook(VALIDATING, "/config-validation"),
    "webhook.eventing.knative.dev": Hook(MUTATING, "/defaulting", _EVENTING),
    "validation.webhook.eventing.knative.dev": Hook(VALIDATING, "/resource-validation", _EVENTING),
    "config.webhook.eventing.knative.dev": Hook(VALIDATING, "/config-validation"),
    "sinkbindings.webhook.sources.knative.dev": Hook(MUTATING, "/sinkbindings"),
}
_BINDINGS = "sinkbindings.webhook.sources.knative.dev"

# The plural names that the server has in each version of a group.
Served = Callable[[str], dict[str, set[str]]]


def _rule(operations: Iterable[str], group: str, version: str, resources: list[str], scope: str = "*") -> Object:
    return {"operations": list(operations), "apiGroups": [group], "apiVersions": [version], "resources": resources, "scope": scope}


def rules_of(hook: Hook, served: Served) -> list[Object]:
    """One rule for each kind and version, in order."""
    if hook.resources is None:
        return [_rule(("CREATE", "UPDATE"), "", "v1", ["configmaps/*"], "Namespaced")]
    operations = ("CREATE", "UPDATE", "DELETE") if hook.kind == VALIDATING else ("CREATE", "UPDATE")
    found = [
        (group, version, name)
        for group, names in hook.resources.items()
        for version, there in served(group).items()
        for name in names
        if name in there
    ]
    return [_rule(operations, group, version, [name, f"{name}/status"]) for group, version, name in sorted(found)]


def _namespace_selector(found: Object) -> Object:
    """Whatever is not Knative's own stays."""
    others = [rule for rule in found.get("matchExpressions") or [] if "knative.dev" not in rule["key"]]
    return {key: value for key, value in found.items() if key == "matchLabels"} | {"matchExpressions": [*_NOT_EXCLUDED, *others]}


def wanted_fields(name: str, webhook: Object, served: Served) -> Object:
    """What Knative makes of one webhook: paths below it, and values."""
    hook = HOOKS[name]
    fields: Object = {"clientConfig/service/path": hook.path}
    if name == _BINDINGS:
        # Its rules come from the SinkBindings that there are. Nobody makes any in a rehearsal.
        return fields | {"matchPolicy": "Equivalent", "namespaceSelector": _NOT_BOUND, "objectSelector": _NOT_BOUND}
    fields["rules"] = rules_of(hook, served)
    if hook.resources is not None:
        fields["namespaceSelector"] = _namespace_selector(webhook.get("namespaceSelector") or {})
    return fields


def owner(namespace: Object) -> Object:
    metadata = namespace["metadata"]
    reference = {"apiVersion": "v1", "kind": "Namespace", "name": metadata["name"], "uid": metadata["uid"]}
    return reference | {"controller": True, "blockOwnerDeletion": True}


def _at(thing: Object, path: str) -> object:
    found: object = thing
    for step in path.split("/"):
        found = found.get(step) if isinstance(found, dict) else None
    return found


def patch_for(thing: Object, namespace: Object, served: Served) -> list[Object]:
    """A JSON patch for what differs."""
    name = thing["metadata"]["name"]
    patch: list[Object] = []
    if name != _BINDINGS and thing["metadata"].get("ownerReferences") != [owner(namespace)]:
        patch.append({"op": "add", "path": "/metadata/ownerReferences", "value": [owner(namespace)]})
    for index, webhook in enumerate(thing.get("webhooks") or []):
        if webhook["name"] != name:
            continue
        changes = {path: value for path, value in wanted_fields(name, webhook, served).items() if _at(webhook, path) != value}
        if changes:
            patch.append(guard(thing, index))
            patch += [{"op": "add", "path": f"/webhooks/{index}/{path}", "value": value} for path, value in changes.items()]
    return patch


class Knative:
    def __init__(self, api: Api, configurations: Configurations, services: Services) -> None:
        self._api, self._configurations, self._services = api, configurations, services
        self._worker = Worker("knative", self._reconcile)
        configurations.listen(self._changed)
        services.listen(self._service_turned)

    def start(self) -> None:
        self._worker.start()

    def _changed(self, kind: str, name: str) -> None:
        if name in HOOKS and HOOKS[name].kind == kind:
            self._worker.add(name)

    def _service_turned(self, service: Key) -> None:
        if service[0].startswith("knative-"):
            for kind, thing in self._configurations:
                self._changed(kind, thing["metadata"]["name"])

    def _served(self, group: str) -> dict[str, set[str]]:
        found = self._api.find(f"/apis/{group}")
        versions = [entry["version"] for entry in (found or {}).get("versions") or []]
        answers = {version: self._api.find(f"/apis/{group}/{version}") or {} for version in versions}
        return {version: {entry["name"] for entry in answer.get("resources") or []} for version, answer in answers.items()}

    def _reconcile(self, name: str) -> None:
        kind = HOOKS[name].kind
        thing = self._configurations.get(kind, name)
        service = next((webhook["clientConfig"].get("service") for webhook in (thing or {}).get("webhooks") or []), None)
        if thing is None or not service or not self._services.ready(service["namespace"], service["name"]):
            return
        namespace = self._api.find(f"/api/v1/namespaces/{service['namespace']}")
        if namespace and (patch := patch_for(thing, namespace, self._served)):
            self._configurations.patch(kind, thing, patch, MANAGER)
