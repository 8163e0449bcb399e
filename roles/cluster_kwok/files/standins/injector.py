# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""istiod's sidecar injector: adds to a pod what the live template in its ConfigMap says."""

from __future__ import annotations

import copy
import functools
import json
import posixpath
from collections.abc import Callable, Mapping
from typing import Any

import yaml

from .api import Object
from .gotemplate import Function, Template, text_of

CONFIG = ("istio-system", "istio-sidecar-injector")
MESH = ("istio-system", "istio")
PROXY = "istio-proxy"
_INIT = ("istio-init", "istio-validation")
_INJECT = "sidecar.istio.io/inject"
_TEMPLATES = "inject.istio.io/templates"
_STATUS = "sidecar.istio.io/status"
_PROXY_CONFIG = {"interceptionMode": "REDIRECT", "configPath": "./etc/istio/proxy", "binaryPath": "/usr/local/bin/envoy", "concurrency": 2}


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class InjectionError(Exception):
    """The template cannot be used."""


def _load(text: str) -> Any:
    return yaml.load(text, Loader=_LOADER)


def _dump(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _yaml(value: Any) -> str:
    return str(yaml.safe_dump(value, default_flow_style=False, width=10**6)).rstrip("\n").removesuffix("\n...")


def _indent(spaces: int, text: str) -> str:
    """istiod's own: all lines but the first, which stands where the action does."""
    return text.replace("\n", "\n" + " " * spaces)


def _annotation(metadata: Mapping[str, Any], name: str, default: Any) -> str:
    found = (metadata.get("annotations") or {}).get(name)
    return str(found) if found is not None else ("" if default is None else text_of(default))


def _exclude_inbound_port(port: Any, excluded: Any) -> str:
    ports = [item.strip() for item in text_of(excluded or "").split(",") if item.strip()]
    port = text_of(port)
    return ",".join(ports if port in ("0", "", *ports) else [*ports, port])


def _application_ports(containers: list[Object] | None) -> str:
    ports = (port for container in containers or [] if container["name"] != PROXY for port in container.get("ports") or [])
    return ",".join(str(port["containerPort"]) for port in ports if port.get("protocol", "TCP") == "TCP")


def _multus(existing: str, network: str) -> str:
    if existing.startswith("["):
        return _dump([*json.loads(existing), {"name": network.split("/")[-1], "namespace": network.split("/")[0]}])
    return f"{existing}, {network}" if existing else network


FUNCTIONS: dict[str, Function] = {
    "annotation": _annotation,
    "append": lambda items, item: [*(items or []), item],
    "appendMultusNetwork": _multus,
    "applicationPorts": _application_ports,
    "contains": lambda part, text: part in text_of(text),
    "default": lambda default, value=None: value or default,
    "dict": lambda *pairs: dict(zip(pairs[::2], pairs[1::2], strict=True)),
    "directory": lambda path: posixpath.dirname(path or ""),
    "env": lambda _name, default="": default,
    "excludeInboundPort": _exclude_inbound_port,
    "fromJSON": lambda text: json.loads(text or "{}"),
    "hasPrefix": lambda prefix, text: text_of(text).startswith(prefix),
    "hasSuffix": lambda suffix, text: text_of(text).endswith(suffix),
    "includeInboundPorts": _application_ports,
    "indent": _indent,
    "isset": lambda mapping, name: name in (mapping or {}),
    "join": lambda separator, items: separator.join(text_of(item) for item in items or []),
    "list": lambda *items: list(items),
    "lower": lambda text: text_of(text).lower(),
    "nindent": lambda spaces, text: _indent(spaces, "\n" + text),
    "omit": lambda mapping, *names: {name: value for name, value in (mapping or {}).items() if name not in names},
    "protoToJSON": _dump,
    "quote": lambda *values: " ".join(json.dumps(text_of(value), ensure_ascii=False) for value in values if value is not None),
    "replace": lambda old, new, text: text_of(text).replace(old, new),
    "structToJSON": lambda value: _dump(value) if value else "",
    "toJSON": _dump,
    "toJson": _dump,
    "toLower": lambda text: text_of(text).lower(),
    "toYaml": _yaml,
    "trim": lambda text: text_of(text).strip(),
    "trimPrefix": lambda prefix, text: text_of(text).removeprefix(prefix),
    "trimSuffix": lambda suffix, text: text_of(text).removesuffix(suffix),
    "trunc": lambda length, text: text_of(text)[:length],
    "valueOrDefault": lambda value, default="": value or default,
}


@functools.lru_cache(maxsize=16)
def _parsed(source: str) -> Template:
    return Template(source, FUNCTIONS)


@functools.lru_cache(maxsize=4)
def _read_config(config: str) -> Object:
    """The ConfigMap's settings, read once. Before Istio 1.8 there was one template without a name."""
    read: Object = _load(config)
    if not read.get("templates"):
        read["templates"] = {"sidecar": read.get("template", "")}
    return read


def _selected(labels: Mapping[str, str], selector: Object) -> bool:
    """Whether a label selector matches. An empty one does not count here."""
    for name, value in (selector.get("matchLabels") or {}).items():
        if labels.get(name) != value:
            return False
    for rule in selector.get("matchExpressions") or []:
        has, values = rule["key"] in labels, rule.get("values") or []
        within = has and labels[rule["key"]] in values
        if not {"In": within, "NotIn": not within, "Exists": has, "DoesNotExist": not has}[rule["operator"]]:
            return False
    return bool(selector.get("matchLabels") or selector.get("matchExpressions"))


def wanted(pod: Object, never: list[Object], always: list[Object], *, by_default: bool) -> bool:
    """Whether this pod gets a sidecar, once its namespace's labels sent it here."""
    if (pod.get("spec") or {}).get("hostNetwork"):
        return False
    metadata = pod.get("metadata") or {}
    labels = metadata.get("labels") or {}
    answer = labels.get(_INJECT, (metadata.get("annotations") or {}).get(_INJECT, "")).lower()
    if answer in ("y", "yes", "true", "on", "1"):
        return True
    if answer:
        return False
    if any(_selected(labels, selector) for selector in never):
        return False
    return by_default or any(_selected(labels, selector) for selector in always)


def owner_of(pod: Object) -> tuple[Object, Object]:
    """TypeMeta and ObjectMeta of the workload that makes this pod: of the Deployment when it is a ReplicaSet's."""
    metadata = pod.get("metadata") or {}
    owner = next((found for found in metadata.get("ownerReferences") or [] if found.get("controller")), None)
    name = metadata.get("name") or metadata.get("generateName", "").removesuffix("-")
    if owner is None:
        return {"kind": "Pod", "apiVersion": "v1"}, {"name": name, "namespace": metadata.get("namespace", "")}
    kind, name, version = owner["kind"], owner["name"], owner["apiVersion"]
    suffix = "-" + (metadata.get("labels") or {}).get("pod-template-hash", "")
    if kind == "ReplicaSet" and len(suffix) > 1 and name.endswith(suffix):
        kind, name = "Deployment", name.removesuffix(suffix)
    return {"kind": kind, "apiVersion": version}, {"name": name, "namespace": metadata.get("namespace", "")}


def context_for(pod: Object, values: Object, mesh: Object, native: bool) -> Object:
    """What the template is rendered with."""
    metadata = {"labels": {}, "annotations": {}, **(pod.get("metadata") or {})}
    type_meta, deployment = owner_of(pod)
    settings = values["global"]
    tag, variant = text_of(settings["tag"]), settings.get("variant")
    image = text_of(settings["proxy"].get("image", "proxyv2"))
    proxy_config = {**_PROXY_CONFIG, **(mesh.get("defaultConfig") or {})}
    if "proxy.istio.io/config" in metadata["annotations"]:
        proxy_config |= _load(metadata["annotations"]["proxy.istio.io/config"]) or {}
    return {
        "TypeMeta": type_meta,
        "DeploymentMeta": deployment,
        "ObjectMeta": metadata,
        "Spec": pod["spec"],
        "ProxyConfig": proxy_config,
        "MeshConfig": mesh,
        "Values": values,
        "Revision": values.get("revision") or "default",
        "NativeSidecars": native,
        "ProxyImage": image if "/" in image else f"{settings['hub']}/{image}:{tag}{f'-{variant}' if variant else ''}",
        "ProxyUID": None,
        "ProxyGID": None,
        "InboundTrafficPolicyMode": "passthrough",
        "CompliancePolicy": "",
        "EstimatedConcurrency": 0,
    }


def _overlay(base: Any, over: Any) -> Any:
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    return {**base, **{name: _overlay(base.get(name), value) for name, value in over.items()}}


def _merge_named(base: list[Object], over: list[Object]) -> list[Object]:
    """Lists of named things: same name is laid over, new ones come last."""
    found = {item["name"]: item for item in base}
    for item in over:
        found[item["name"]] = _overlay(found[item["name"]], item) if item["name"] in found else item
    return list(found.values())


def merge(pod: Object, addition: Object) -> Object:
    """The pod with the rendered template laid over it, and the proxy's own containers in istiod's order."""
    result = copy.deepcopy(pod)
    spec = result["spec"]
    for name, value in (addition.get("spec") or {}).items():
        if name in ("containers", "initContainers", "volumes", "imagePullSecrets"):
            spec[name] = _merge_named(spec.get(name) or [], value or [])
        else:
            spec[name] = _overlay(spec.get(name), value)
    metadata = result.setdefault("metadata", {})
    for name, value in (addition.get("metadata") or {}).items():
        metadata[name] = {**(metadata.get(name) or {}), **{key: text_of(item) for key, item in (value or {}).items()}}
    first = [*_INIT, PROXY]
    spec["initContainers"] = sorted(
        spec.get("initContainers") or [], key=lambda item: first.index(item["name"]) if item["name"] in first else len(first)
    )
    spec["containers"] = sorted(spec["containers"], key=lambda item: item["name"] == PROXY)
    return result


def _status_of(addition: Object, revision: str) -> str:
    spec = addition.get("spec") or {}

    def names(kind: str) -> list[str] | None:
        return [item["name"] for item in spec.get(kind) or []] or None

    kinds = ("initContainers", "containers", "volumes", "imagePullSecrets")
    return _dump({**{kind: names(kind) for kind in kinds}, "revision": revision})


def difference(before: Object, after: Object) -> list[Object]:
    """A JSON patch from one pod to the other, two levels deep."""
    patch: list[Object] = []
    for part in ("metadata", "spec"):
        if part not in before:
            patch.append({"op": "add", "path": f"/{part}", "value": after[part]})
            continue
        for name, value in after[part].items():
            if value and before[part].get(name) != value:
                patch.append({"op": "add", "path": f"/{part}/{name}", "value": value})
    return patch


def inject(request: Object, config: str, values: str, mesh: str, *, native: bool) -> list[Object] | None:
    """The JSON patch for one admission request, None when the pod stays as it is.

    :param config: C(config) and C(values) of ConfigMap istio-sidecar-injector, C(mesh) of ConfigMap istio.
    :param native: whether istiod is told to write sidecars as init containers that go on.
    """
    pod = request["object"]
    settings = _read_config(config)
    templates, defaults = settings["templates"], settings.get("defaultTemplates") or ["sidecar"]
    never, always = settings.get("neverInjectSelector") or [], settings.get("alwaysInjectSelector") or []
    by_default = settings.get("policy", "enabled") == "enabled"
    if pod.get("kind") != "Pod" or not wanted(pod, never, always, by_default=by_default):
        return None
    pod.setdefault("metadata", {}).setdefault("namespace", request.get("namespace", ""))
    asked = (pod["metadata"].get("annotations") or {}).get(_TEMPLATES)
    read = json.loads(values)
    context = context_for(pod, read, _load(mesh) or {}, native)
    result = pod
    for name in [name.strip() for name in asked.split(",")] if asked else defaults:
        if name not in templates:
            raise InjectionError(f"requested template {name!r} not found; have {', '.join(sorted(templates))}")
        addition = _load(_parsed(templates[name]).render(context)) or {}
        annotations = addition.setdefault("metadata", {}).setdefault("annotations", {}) or {}
        annotations[_STATUS] = _status_of(addition, context["Revision"])
        addition["metadata"]["annotations"] = annotations
        result = merge(result, addition)
    return difference(pod, result)


class Injector:
    """Answers of istiod's webhook. C(config) and C(mesh) give the live ConfigMaps, C(environment) istiod's own variables."""

    def __init__(
        self, config: Callable[[], Object | None], mesh: Callable[[], Object | None], environment: Callable[[], dict[str, str]]
    ) -> None:
        self._config, self._mesh, self._environment = config, mesh, environment

    def __call__(self, path: str, review: Object) -> list[Object] | None:
        if not path.startswith("/inject"):
            return None
        config = self._config()
        if config is None:
            raise InjectionError(f"ConfigMap {'/'.join(CONFIG)} is not there")
        mesh = ((self._mesh() or {}).get("data") or {}).get("mesh", "")
        native = self._environment().get("ENABLE_NATIVE_SIDECARS", "").lower() == "true"
        return inject(review["request"], config["data"]["config"], config["data"]["values"], mesh, native=native)
