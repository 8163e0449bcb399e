# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""istiod: validation fails closed from the moment that istiod can answer. It never goes back, as istiod does not."""

from __future__ import annotations

from .api import Object
from .configurations import VALIDATING, Configurations, calls, guard
from .mirror import Key
from .namespaces import ISTIOD, MANAGER
from .services import Services
from .worker import Worker


def patch_for(thing: Object) -> list[Object]:
    """A JSON patch from Ignore to Fail, for the webhooks that istiod serves and has given its authority."""
    patch: list[Object] = []
    for index, webhook in enumerate(thing.get("webhooks") or []):
        answering = calls(webhook, *ISTIOD) and webhook["clientConfig"].get("caBundle")
        if answering and webhook.get("failurePolicy") != "Fail":
            patch += [guard(thing, index), {"op": "add", "path": f"/webhooks/{index}/failurePolicy", "value": "Fail"}]
    return patch


class IstioValidation:
    def __init__(self, configurations: Configurations, services: Services) -> None:
        self._configurations, self._services = configurations, services
        self.worker = Worker("istio validation", self._reconcile)
        configurations.listen(self._changed)
        services.listen(self._service_turned)

    def start(self) -> None:
        self.worker.start()

    def _changed(self, kind: str, name: str) -> None:
        if kind == VALIDATING:
            self.worker.add(name)

    def _service_turned(self, service: Key) -> None:
        if service == ISTIOD:
            for kind, thing in self._configurations:
                self._changed(kind, thing["metadata"]["name"])

    def _reconcile(self, name: str) -> None:
        thing = self._configurations.get(VALIDATING, name)
        if thing and self._services.ready(*ISTIOD) and (patch := patch_for(thing)):
            self._configurations.patch(VALIDATING, thing, patch, MANAGER)
