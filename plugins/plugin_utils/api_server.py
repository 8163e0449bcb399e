# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the API says while one of its servers is changed: whether it is ready, whether TokenRequest works, how long it was away."""

from __future__ import annotations

import base64
import binascii
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ..module_utils._apiserver.errors import NodeError
from ..module_utils._client.cluster_source import ConnectionOptionsError
from ..module_utils._client.http import NO_CREDENTIALS, ApiError
from ..module_utils._common.deadline import Deadline

_ACCOUNT = "/api/v1/namespaces/kube-system/serviceaccounts/default"
_PODS = "/api/v1/namespaces/kube-system/pods"
_KUBEADM = "/api/v1/namespaces/kube-system/configmaps/kubeadm-config"
_CONFIGURATION = "ClusterConfiguration"
ISTIO_AUDIENCE = "istio-ca"
"""The audience of the tokens that Istio's proxies and istiod have."""
_SAMPLE_SECONDS = 0.2
_SECONDS = 20.0


class Client(Protocol):
    """The part of C(_client.http.Client) that is used."""

    def get(self, path: str, *, deadline: Deadline | None = None) -> Any: ...

    def request(
        self, method: str, path: str, *, body: Any = None, content_type: str = "application/json", deadline: Deadline | None = None
    ) -> Any: ...


@dataclass(frozen=True)
class Issued:
    """What a token says of itself."""

    issuer: str
    audiences: tuple[str, ...]


class ApiServer:
    """The API, by a client.

    :arg connect: makes another one like it, with connections of its own.
    """

    def __init__(self, client: Client, connect: Callable[[], Client]) -> None:
        self._client, self._connect = client, connect

    def anew(self) -> ApiServer:
        """The same by a new connection, for which a load balancer chooses among the servers again; what is asked one after the other of
        it is answered by one server.

        :raises ApiError: when the credentials cannot be had any more.
        """
        try:
            return ApiServer(self._connect(), self._connect)
        except ConnectionOptionsError as error:
            raise ApiError(401, str(error), NO_CREDENTIALS) from error

    def ready(self) -> bool:
        """Whether /readyz says so now."""
        try:
            self._client.get("/readyz")
        except ApiError as error:
            # It says ok, which is no JSON.
            return error.status == 200
        return True

    def serves_token_requests(self, deadline: Deadline | None = None) -> bool:
        """What the kubelet and istioctl look for.

        :raises ApiError: when the API does not say.
        """
        listed = self._client.get("/api/v1", deadline=deadline or Deadline(_SECONDS))
        return any(resource.get("name") == "serviceaccounts/token" for resource in listed.get("resources", ()))

    def issue(self, deadline: Deadline | None = None) -> Issued:
        """Ask for tokens and have them reviewed, one for the API and one as Istio's are.

        :raises NodeError: when a token is not accepted.
        :raises ApiError: when there is none.
        """
        deadline = deadline or Deadline(_SECONDS)
        told = self._issue([], deadline)
        self._issue([ISTIO_AUDIENCE], deadline)
        return told

    def _issue(self, audiences: list[str], deadline: Deadline) -> Issued:
        asked = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"audiences": audiences, "expirationSeconds": 600},
        }
        token = str(self._client.request("POST", f"{_ACCOUNT}/token", body=asked, deadline=deadline)["status"]["token"])
        review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token, "audiences": audiences}}
        status = self._client.request("POST", "/apis/authentication.k8s.io/v1/tokenreviews", body=review, deadline=deadline)["status"]
        if not status.get("authenticated"):
            raise NodeError(
                f"The API server does not accept a token that it issued (audience {', '.join(audiences) or 'its own'}):"
                f" {str(status.get('error') or 'no reason is given')[:300]}"
            )
        return _claims(token)

    def nodes(self) -> list[Mapping[str, Any]]:
        """All nodes.

        :raises ApiError: when they cannot be listed.
        """
        found: list[Mapping[str, Any]] = self._client.get("/api/v1/nodes", deadline=Deadline(_SECONDS))["items"]
        return found

    def server_pod(self, node: str) -> Mapping[str, Any] | None:
        """The mirror pod of a node's kube-apiserver, or None."""
        return self._get(f"{_PODS}/kube-apiserver-{node}")

    def kubeadm_configuration(self) -> str | None:
        """What kubeadm keeps of the cluster, as YAML, or None."""
        found = self._get(_KUBEADM)
        return None if found is None else (found.get("data") or {}).get(_CONFIGURATION)

    def keep(self, configuration: str) -> None:
        """Have kubeadm keep another configuration.

        :raises ApiError: when it is refused.
        """
        change = {"data": {_CONFIGURATION: configuration}}
        self._client.request("PATCH", _KUBEADM, body=change, content_type="application/merge-patch+json", deadline=Deadline(_SECONDS))

    def _get(self, path: str) -> Mapping[str, Any] | None:
        try:
            found: Mapping[str, Any] = self._client.get(path, deadline=Deadline(_SECONDS))
        except ApiError as error:
            if error.status != 404:
                raise
            return None
        return found


class Absence:
    """Measures, within C(with), for how many seconds the API is not ready, to a fifth of a second."""

    def __init__(self, ready: Callable[[], bool]) -> None:
        self._ready = ready
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._lost: float | None = None
        self._sum = 0.0

    def __enter__(self) -> Absence:
        self._thread.start()
        return self

    def __exit__(self, *_raised: object) -> None:
        self._ended.set()

    @property
    def seconds(self) -> float:
        lost = self._lost
        return round(self._sum + (time.monotonic() - lost if lost is not None else 0.0), 1)

    def _sample(self) -> None:
        while not self._ended.wait(_SAMPLE_SECONDS):
            asked = time.monotonic()
            if not self._ready():
                self._lost = asked if self._lost is None else self._lost
            elif self._lost is not None:
                self._sum, self._lost = self._sum + time.monotonic() - self._lost, None


def _claims(token: str) -> Issued:
    payload = token.split(".")[1]
    try:
        told = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (binascii.Error, ValueError) as error:
        raise NodeError("The API server issued something that is no JSON Web Token") from error
    audiences = told.get("aud") or ()
    return Issued(str(told.get("iss", "")), (audiences,) if isinstance(audiences, str) else tuple(audiences))
