# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Gates: what an object waits for before it is sent, each answerable from a view of the cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, TypeGuard

from .._objects.objects import Key, ca_bundle_holders, crd_key, is_filled, is_going
from .._objects.webhooks import Webhook
from .going import why_going
from .view import View


class Gate(Protocol):
    """Something that has to be there first. Gates compare by value, so that objects share them."""

    def closed(self, view: View) -> str:
        """Why it is closed, for people; empty when it is open."""


@dataclass(frozen=True)
class NamespaceGate:
    """The namespace, with the labels that the plan gives it: selectors of webhooks look at them."""

    name: str
    labels: tuple[tuple[str, str], ...]

    def closed(self, view: View) -> str:
        live = view.namespaces.get(("", self.name))
        if not live:
            return f"{self} is not there"
        if is_going(live):
            return f"{self}: {why_going(live)}"
        labels = live["metadata"].get("labels") or {}
        missing = [name for name, value in self.labels if labels.get(name) != value]
        return f"{self} lacks the labels {', '.join(missing)}" if missing else ""

    def __str__(self) -> str:
        return f"Namespace {self.name}"


@dataclass(frozen=True)
class CrdGate:
    """The CRD as the plan wants it: one of an earlier release would drop fields that it does not know.

    That it is served is asked for by a request (C(_probe)), since watching CRDs costs more than it tells: each is sent
    whole, with its schema and the list of its managed fields, at every change of a condition.
    """

    name: str
    version: str
    collection: str
    """Path of its objects in that version."""

    def closed(self, view: View) -> str:
        applied = crd_key(self.name) in view.applied
        return "" if applied else f"{self} is not applied yet"

    def __str__(self) -> str:
        return f"CustomResourceDefinition {self.name}"


@dataclass(frozen=True)
class KindsGate:
    """The kinds of one part in one group and version, for its workloads: controllers look them up when they start.

    Discovery tells it (C(_probe)), as it tells them. One answer is for all kinds of a version, and it costs the API server less
    than a list of one of them, for which it first has to build the kind's storage.
    """

    group: str
    version: str
    crds: tuple[str, ...]
    """Names of the CRDs, which are I(plural).I(group)."""

    def closed(self, view: View) -> str:
        missing = [name for name in self.crds if crd_key(name) not in view.applied]
        return f"{self}: {missing[0]} is not applied yet" if missing else ""

    def __str__(self) -> str:
        return f"CustomResourceDefinition {self.crds[0]}" if len(self.crds) == 1 else f"the kinds of {self.group}/{self.version}"


@dataclass(frozen=True)
class ConversionGate:
    """The conversion webhook of a CRD, for objects in another version than the stored one. Without it not even LIST works."""

    crd: str
    service: tuple[str, str]

    def closed(self, view: View) -> str:
        live = view.crds.get(("", self.crd))
        holders = ca_bundle_holders({**live, "kind": "CustomResourceDefinition"}) if live else []
        if not holders:
            return f"{self} is not configured"
        return _service_closed(str(self), self.service, holders[0], view)

    def __str__(self) -> str:
        return f"conversion webhook of {self.crd}"


@dataclass(frozen=True)
class WebhookGate:
    """A fail-closed admission webhook that is asked about the object, or (C(for_pods)) about its pods.

    For an object this only saves refusals: nothing wrong can get in while it is closed. For pods it is needed for
    correctness: one that is made before the injector's configuration is live runs without its sidecar, unrefused.
    """

    webhook: Webhook
    for_pods: bool = False

    def closed(self, view: View) -> str:
        config = view.webhook_configs.get((self.webhook.config_kind, self.webhook.config))
        entry = next((entry for entry in (config or {}).get("webhooks") or () if entry["name"] == self.webhook.name), None)
        if not entry:
            return f"{self} is not there"
        return _service_closed(str(self), self.webhook.service, entry["clientConfig"], view)

    def __str__(self) -> str:
        return f"webhook {self.webhook.name} of {self.webhook.config_kind} {self.webhook.config}"


@dataclass(frozen=True)
class ObjectGate:
    """Another object of the plan, which a pod mounts or names: a kubelet backs off for minutes when it comes later."""

    key: Key

    def closed(self, view: View) -> str:
        return "" if self.key in view.applied else f"{self.key} is not there"

    def __str__(self) -> str:
        return str(self.key)


@dataclass(frozen=True)
class MadeGate:
    """What a pod mounts or names and a controller makes: cert-manager for a Certificate of the plan, or a Deployment of it."""

    key: Key
    by: Key

    def closed(self, view: View) -> str:
        maker = f"cert-manager makes for {self.by}" if self.by.kind == "Certificate" else f"{self.by} makes"
        return "" if self.key in view.made else f"{self}, which {maker}, is not there"

    def __str__(self) -> str:
        return str(self.key)


@dataclass(frozen=True)
class GoneGate:
    """An object of the same name that is being deleted. What is sent before it is gone goes with it.

    That it is gone is asked for by a request (C(_probe)): the kinds of what is deleted are not watched.
    """

    key: Key
    path: str
    uid: str

    def closed(self, view: View) -> str:
        return ""

    def __str__(self) -> str:
        return f"the end of {self.key}"


TriedGate: TypeAlias = "CrdGate | KindsGate | WebhookGate | GoneGate"


def needs_proof(gate: Gate) -> TypeGuard[TriedGate]:
    """Whether a gate that looks open is tried by a request, too (C(_probe))."""
    return isinstance(gate, CrdGate | KindsGate | GoneGate) or (isinstance(gate, WebhookGate) and gate.for_pods)


def _service_closed(what: str, service: tuple[str, str], client_config: Mapping[str, Any], view: View) -> str:
    if service not in view.ready_services:
        return f"{what}: Service {service[0]}/{service[1]} has no ready endpoint"
    return "" if is_filled(client_config.get("caBundle")) else f"{what}: its caBundle is not filled in"
