# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All webhook configurations, followed once for everybody who rewrites some of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .api import JSON_PATCH, Api, Object
from .mirror import Change, Mirror

VALIDATING, MUTATING = "validating", "mutating"
_PATH = "/apis/admissionregistration.k8s.io/v1/{}webhookconfigurations"


def guard(thing: Object, index: int) -> Object:
    """A step of a JSON patch that fails when another webhook has taken this place."""
    return {"op": "test", "path": f"/webhooks/{index}/name", "value": thing["webhooks"][index]["name"]}


def calls(webhook: Object, namespace: str, service: str) -> bool:
    """Whether this webhook calls that service."""
    found = webhook["clientConfig"].get("service") or {}
    return (found.get("namespace"), found.get("name")) == (namespace, service)


class Configurations:
    def __init__(self, api: Api) -> None:
        self._api = api
        self._mirrors = {kind: Mirror(api, _PATH.format(kind)) for kind in (VALIDATING, MUTATING)}

    def listen(self, changed: Callable[[str, str], None]) -> None:
        """Call this with kind and name of what changes. To be used before C(start)."""

        def listener(kind: str) -> Change:
            return lambda key, _found: changed(kind, key[1])

        for kind, mirror in self._mirrors.items():
            mirror.listen(listener(kind))

    def start(self) -> None:
        for mirror in self._mirrors.values():
            mirror.start()

    def get(self, kind: str, name: str) -> Object | None:
        """None also for what is being deleted."""
        found = self._mirrors[kind].get("", name)
        return None if found is None or "deletionTimestamp" in found["metadata"] else found

    def __iter__(self) -> Iterator[tuple[str, Object]]:
        return iter([(kind, thing) for kind, mirror in self._mirrors.items() for thing in mirror])

    def patch(self, kind: str, thing: Object, patch: list[Object], manager: str) -> None:
        path = f"{_PATH.format(kind)}/{thing['metadata']['name']}"
        self._api.request("PATCH", path, patch, content_type=JSON_PATCH, manager=manager)
