# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What there is to stand in for where no node is real: kubelets, volumes, and the network between the API server and pods."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from .api import Api
from .broken import Broken
from .faults import Faults
from .injector import Injector
from .kubelet import Kubelet
from .logs import Logs
from .mounts import Mounts
from .namespaces import ISTIOD
from .own_certificates import OwnCertificates
from .pace import Pace
from .pulls import Pulls
from .secret_data import SecretData
from .services import Services
from .serving import Serving
from .storage import Storage
from .webhooks import Webhooks


class Nodes:
    """C(pace) tells how fast they are, C(faults) what is wrong with them."""

    def __init__(
        self,
        api: Api,
        secrets: SecretData,
        mounts: Mounts,
        programs: OwnCertificates,
        services: Services,
        pace: Callable[[], Pace],
        faults: Faults,
    ) -> None:
        self._mounts, self._programs, self._services, self._faults = mounts, programs, services, faults
        self._storage, self._broken = Storage(api, faults), Broken(api, faults)
        pulls = Pulls(lambda image: pace().pull(image))
        self._kubelet = Kubelet(api, self._storage.claims, secrets, mounts, programs, pulls, faults)

    def start(self) -> None:
        self._storage.start()
        self._kubelet.start()
        self._broken.start()

    def serve(self, socket: Path, injector: Injector) -> None:
        """Answer webhooks, among them those of istiod. The socket says that all is in place, so it comes last."""
        serving = Serving(self._mounts, self._programs, self._services, self._kubelet.pod)
        logs = Logs(self._faults, self._kubelet.pod)
        webhooks = Webhooks(socket, serving, self._services.ready, {(ISTIOD[0], ISTIOD[1]): injector}, logs, self._hangs)
        self._storage.class_there.wait()
        self._services.listed.wait()
        self._kubelet.listed.wait()
        webhooks.start()

    def _hangs(self, namespace: str, service: str) -> bool:
        return self._faults.of_service("webhook_hangs", namespace, service)
