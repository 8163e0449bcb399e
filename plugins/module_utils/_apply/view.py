# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What gates look at on the live cluster, kept up to date by watches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from .._client.discovery import CRDS
from .._client.endpoints import endpoint_slices_path, ready_services
from .._client.http import Client
from .._client.watch import Objects, Reflector
from .._common.deadline import Deadline
from .._objects.objects import Key

_ADMISSION = "/apis/admissionregistration.k8s.io/v1"


@dataclass(frozen=True)
class View:
    """The cluster at one moment."""

    namespaces: Objects = field(default_factory=dict)
    crds: Objects = field(default_factory=dict)
    """Those that C(Observer.follow_crds) was asked for."""
    webhook_configs: Mapping[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    """By kind and name."""
    ready_services: frozenset[tuple[str, str]] = frozenset()
    """Namespace and name of the services with at least one ready endpoint."""
    made: frozenset[Key] = frozenset()
    """Secrets, and ConfigMaps that controllers make."""
    applied: frozenset[Key] = frozenset()
    """Objects of the plan that are live."""


class Observer:
    """Watches over what gates need to know.

    :arg on_change: called after every change, from any thread.
    :arg config_maps: names of ConfigMaps that controllers make.
    """

    def __init__(self, client: Client, on_change: Callable[[], None], config_maps: Iterable[str] = ()) -> None:
        self._client = client
        self._reflectors = {
            "namespaces": Reflector(client, "/api/v1/namespaces", on_change),
            "MutatingWebhookConfiguration": Reflector(client, f"{_ADMISSION}/mutatingwebhookconfigurations", on_change),
            "ValidatingWebhookConfiguration": Reflector(client, f"{_ADMISSION}/validatingwebhookconfigurations", on_change),
            # Names only: what is in the Secrets is nobody's business here. Of any type: cert-manager keeps that of one it finds.
            "secrets": Reflector(client, "/api/v1/secrets", on_change, metadata_only=True),
        }
        self._config_maps = [
            Reflector(client, "/api/v1/configmaps", on_change, query=_named(name), metadata_only=True) for name in sorted(set(config_maps))
        ]
        self._crds: list[Reflector] = []
        self._on_change = on_change

    def start(self, deadline: Deadline) -> None:
        """List everything and begin to watch.

        :raises ApiError: when a list is refused, or has no answer until the deadline.
        """
        self._reflectors["slices"] = Reflector(self._client, endpoint_slices_path(self._client, deadline), self._on_change)
        _start([*self._reflectors.values(), *self._config_maps], deadline)

    def follow_crds(self, names: Iterable[str], deadline: Deadline) -> None:
        """Watch these CRDs too: each alone, since all of them are many megabytes, at every change of a condition.

        :raises ApiError: as C(start).
        """
        self._crds = [Reflector(self._client, CRDS.collection, self._on_change, query=_named(name)) for name in sorted(names)]
        _start(self._crds, deadline)

    def _all(self) -> Iterator[Reflector]:
        yield from (*self._reflectors.values(), *self._config_maps, *self._crds)

    def stop(self) -> None:
        for reflector in self._all():
            reflector.stop()

    def refusal(self) -> str:
        """Why a watch sees nothing any more, empty while all do."""
        return next((reflector.refusal for reflector in self._all() if reflector.refusal), "")

    def view(self, applied: frozenset[Key]) -> View:
        """The cluster now; C(applied) is what the caller knows to be live."""
        configs = {
            (kind, name): {**config, "kind": kind, "apiVersion": "admissionregistration.k8s.io/v1"}
            for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
            for (_namespace, name), config in self._reflectors[kind].objects().items()
        }
        return View(
            self._reflectors["namespaces"].objects(),
            {name: crd for reflector in self._crds for name, crd in reflector.objects().items()},
            configs,
            ready_services(self._reflectors["slices"].objects()),
            frozenset(self._made()),
            applied,
        )

    def _made(self) -> Iterator[Key]:
        yield from (Key("", "Secret", *name) for name in self._reflectors["secrets"].objects())
        for reflector in self._config_maps:
            yield from (Key("", "ConfigMap", *name) for name in reflector.objects())


def _named(name: str) -> dict[str, str]:
    return {"fieldSelector": f"metadata.name={name}"}


def _start(reflectors: Sequence[Reflector], deadline: Deadline) -> None:
    if reflectors:
        with ThreadPoolExecutor(max_workers=len(reflectors)) as pool:
            list(pool.map(lambda reflector: reflector.start(deadline), reflectors))
