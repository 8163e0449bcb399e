# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which gates each object of a plan has, and what opens each of them. Order is inferred from here, not written down."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from .._client.discovery import Resource, Resources, conversion_service
from .._objects.objects import Key, crd_key, key_of, pod_template, split_version
from .._objects.references import references
from .._objects.webhooks import Labels, Subject, Webhook, selects, webhooks_of
from .._objects.webhooks import check_form as check_webhook_form
from .gates import ConversionGate, CrdGate, Gate, KindsGate, MadeGate, NamespaceGate, ObjectGate, WebhookGate
from .made import Made, maker_of
from .readers import Readers
from .view import View

_CERT_MANAGER = "cert-manager.io"
_INJECTED_FROM = "cert-manager.io/inject-ca-from"


class Graph:
    """The objects of a plan, their gates and the openers of the gates.

    :arg objects: as they are sent, by key.
    :arg view: the cluster before the first request: webhook configurations that are live count as they are there,
        since some controllers fill in their rules.
    :arg made: what controllers of the plan make.
    :arg parts: the part of each object: its workloads wait for its kinds.
    """

    def __init__(
        self,
        objects: Mapping[Key, dict[str, Any]],
        resources: Resources,
        view: View,
        made: Sequence[Made] = (),
        parts: Mapping[Key, str] = MappingProxyType({}),
    ) -> None:
        self._objects, self._resources, self._view, self._made, self._parts = objects, resources, view, made, parts
        self._crds = {
            (item["spec"]["group"], item["spec"]["names"]["kind"]): item
            for item in objects.values()
            if item["kind"] == "CustomResourceDefinition"
        }
        self._kinds_of = self._kinds_by_part()
        self._readers = Readers(objects)
        self._workloads: dict[str, list[tuple[Key, Labels]]] = defaultdict(list)
        for key, item in objects.items():
            template = pod_template(item)
            if template is not None:
                self._workloads[key.namespace].append((key, (template.get("metadata") or {}).get("labels") or {}))
        self._certificates = {
            (key.namespace, item["spec"]["secretName"]): key
            for key, item in objects.items()
            if (key.group, key.kind) == (_CERT_MANAGER, "Certificate")
        }
        self._webhooks = list(self._planned_webhooks())
        gates = {key: frozenset(self._gates_of(key, item)) for key, item in objects.items()}
        self.gates: dict[Key, frozenset[Gate]] = self._without_cycles(gates)
        """What each object waits for."""

    def _kinds_by_part(self) -> dict[str, list[KindsGate]]:
        names: dict[tuple[str, str, str], list[str]] = defaultdict(list)
        for (group, _kind), crd in self._crds.items():
            part = self._parts.get(key_of(crd))
            version = _served_version(crd)
            if part is not None and version:
                names[part, group, version].append(crd["metadata"]["name"])
        found: dict[str, list[KindsGate]] = defaultdict(list)
        for (part, group, version), some in names.items():
            found[part].append(KindsGate(group, version, tuple(sorted(some))))
        return found

    def _planned_webhooks(self) -> Iterator[Webhook]:
        """Fail-closed webhooks whose service is in the plan. A stranger's is not waited for: its refusal is an answer."""
        for key, item in self._objects.items():
            if not key.kind.endswith("WebhookConfiguration"):
                continue
            live = self._view.webhook_configs.get((key.kind, key.name))
            rules = {webhook.name: webhook for webhook in webhooks_of(live)} if live else {}
            for webhook in webhooks_of(item):
                effective = rules.get(webhook.name, webhook)
                if effective.fail_closed and Key("", "Service", *effective.service) in self._objects:
                    yield effective

    def _gates_of(self, key: Key, item: dict[str, Any]) -> Iterator[Gate]:
        namespace = self._objects.get(Key("", "Namespace", "", key.namespace)) if key.namespace else None
        if namespace:
            yield NamespaceGate(key.namespace, tuple(sorted((namespace["metadata"].get("labels") or {}).items())))
        resource = self._resources.of(item)
        if resource:
            yield from self._crd_gates(key, item, resource)
            yield from (WebhookGate(webhook) for webhook in self._matching(self._subject(key, item, resource)))
        template = pod_template(item)
        if template is not None:
            yield from (WebhookGate(webhook, for_pods=True) for webhook in self._matching(self._pod_subject(key, template)))
            yield from self._reference_gates(key, template)
            # Controllers list their kinds when they start, and end with "no matches for kind" where one is missing.
            yield from (
                gate
                for gate in self._kinds_of.get(self._parts.get(key, ""), ())
                if self._readers.may_read(key.namespace, template.get("spec") or {}, gate.group)
            )

    def _crd_gates(self, key: Key, item: dict[str, Any], resource: Resource) -> Iterator[Gate]:
        crd = self._crds.get((key.group, key.kind))
        if not crd:
            return
        version = split_version(item["apiVersion"])[1]
        yield CrdGate(crd["metadata"]["name"], version, resource.collection)
        stored = _stored_version(crd) or version
        service = conversion_service(crd)
        if version != stored and service and Key("", "Service", *service) in self._objects:
            yield ConversionGate(crd["metadata"]["name"], service)

    def _reference_gates(self, key: Key, template: dict[str, Any]) -> Iterator[Gate]:
        for reference in references(template.get("spec") or {}, key.namespace):
            certificate = self._certificates.get((reference.namespace, reference.name)) if reference.kind == "Secret" else None
            maker = certificate or maker_of(reference, self._made)
            if reference in self._objects:
                yield ObjectGate(reference)
            elif maker is not None and maker in self._objects:
                yield MadeGate(reference, maker)

    def _matching(self, subject: Subject) -> list[Webhook]:
        return [webhook for webhook in self._webhooks if webhook.matches(subject)]

    def _subject(self, key: Key, item: dict[str, Any], resource: Resource) -> Subject:
        labels = item["metadata"].get("labels") or {}
        namespace_labels = self._namespace_labels(key.namespace) if key.namespace else None
        return Subject(resource.group, resource.version, resource.plural, resource.namespaced, labels, namespace_labels)

    def _pod_subject(self, key: Key, template: dict[str, Any]) -> Subject:
        labels = (template.get("metadata") or {}).get("labels") or {}
        return Subject("", "v1", "pods", True, labels, self._namespace_labels(key.namespace))

    def _namespace_labels(self, name: str) -> dict[str, str]:
        live = self._view.namespaces.get(("", name)) or {"metadata": {}}
        planned = self._objects.get(Key("", "Namespace", "", name)) or {"metadata": {}}
        # The API server gives every namespace this label from 1.21 on (KEP-2161).
        return {**(live["metadata"].get("labels") or {}), **(planned["metadata"].get("labels") or {}), "kubernetes.io/metadata.name": name}

    def openers(self, gate: Gate) -> Iterator[Key]:
        """The objects of the plan that have to be applied for a gate to open."""
        match gate:
            case NamespaceGate():
                yield Key("", "Namespace", "", gate.name)
            case CrdGate():
                yield crd_key(gate.name)
            case KindsGate():
                yield from (crd_key(name) for name in gate.crds)
            case ObjectGate():
                yield gate.key
            case MadeGate():
                yield gate.by
                if gate.by.kind == "Certificate":
                    yield from self._issuer(gate.by)
            case ConversionGate():
                yield from self._providers(gate.service)
                yield from self._injected_from(crd_key(gate.crd))
            case WebhookGate():
                config = Key("admissionregistration.k8s.io", gate.webhook.config_kind, "", gate.webhook.config)
                yield config
                yield from self._providers(gate.webhook.service)
                yield from self._injected_from(config)

    def _providers(self, service: tuple[str, str]) -> Iterator[Key]:
        key = Key("", "Service", *service)
        yield key
        selector = (self._objects[key].get("spec") or {}).get("selector") if key in self._objects else None
        if selector:
            yield from (workload for workload, labels in self._workloads[service[0]] if selects({"matchLabels": selector}, labels))

    def _injected_from(self, key: Key) -> Iterator[Key]:
        """The Certificate that a caBundle comes from, where cert-manager fills it in."""
        source = (self._objects[key]["metadata"].get("annotations") or {}).get(_INJECTED_FROM, "")
        namespace, _slash, name = source.partition("/")
        certificate = Key(_CERT_MANAGER, "Certificate", namespace, name)
        if certificate in self._objects:
            yield certificate

    def _issuer(self, certificate: Key) -> Iterator[Key]:
        reference = self._objects[certificate]["spec"].get("issuerRef") or {}
        kind = reference.get("kind") or "Issuer"
        issuer = Key(_CERT_MANAGER, kind, "" if kind == "ClusterIssuer" else certificate.namespace, reference.get("name", ""))
        if issuer in self._objects:
            yield issuer

    def _without_cycles(self, gates: dict[Key, frozenset[Gate]]) -> dict[Key, frozenset[Gate]]:
        """A gate never holds what opens it: drop gates whose openers, through their own gates, wait for the object.

        Of a circle the gate goes that is missed least: a webhook that is asked about an object (that only saves refusals),
        then one about pods, then what the object mounts.
        """
        edges = {
            gate: frozenset(opener for opener in self.openers(gate) if opener in gates)
            for gate in {gate for some in gates.values() for gate in some}
        }
        while True:
            reached = {gate: _reachable(first, gates, edges) for gate, first in edges.items()}
            circular = {(key, gate) for key, some in gates.items() for gate in some if key in reached[gate]}
            if not circular:
                return gates
            least = min(_weight(gate) for _key, gate in circular)
            gates = {
                key: frozenset(gate for gate in some if (key, gate) not in circular or _weight(gate) > least) for key, some in gates.items()
            }


def check_form(key: Key, item: dict[str, Any], resources: Resources) -> None:
    """Read everything of an object that a graph may read, so that a malformed one is known by name.

    :raises AttributeError, KeyError, TypeError, ValueError: when it is not of the form of its kind.
    """
    alone = Graph({key: item}, resources, View(), parts={key: ""})
    list(alone.openers(MadeGate(Key("", "Secret", "", ""), key)) if alone._certificates else ())
    for _key, labels in (entry for some in alone._workloads.values() for entry in some):
        selects({"matchLabels": {"": ""}}, labels)
    if (key.group, key.kind) == ("", "Service"):
        selects({"matchLabels": (item.get("spec") or {}).get("selector")}, {})
    if item["kind"] == "CustomResourceDefinition":
        hash(conversion_service(item))
    for webhook in webhooks_of(item):
        check_webhook_form(webhook.definition)


def _weight(gate: Gate) -> int:
    if isinstance(gate, WebhookGate | ConversionGate):
        return 1 if isinstance(gate, WebhookGate) and gate.for_pods else 0
    return 2


def _reachable(first: Iterable[Key], gates: Mapping[Key, frozenset[Gate]], edges: Mapping[Gate, frozenset[Key]]) -> set[Key]:
    seen: set[Key] = set()
    todo = list(first)
    while todo:
        key = todo.pop()
        if key not in seen:
            seen.add(key)
            todo.extend(opener for gate in gates[key] for opener in edges[gate])
    return seen


def _stored_version(crd: Mapping[str, Any]) -> str:
    """Empty for a v1beta1 that names a single version at its top."""
    return next((entry["name"] for entry in crd["spec"].get("versions") or () if entry.get("storage")), "")


def _served_version(crd: Mapping[str, Any]) -> str:
    """The stored one where it is served; empty where none is."""
    versions = [entry["name"] for entry in crd["spec"].get("versions") or () if entry.get("served")]
    stored = _stored_version(crd)
    return stored if stored in versions else next(iter(versions), "" if stored else crd["spec"].get("version", ""))
