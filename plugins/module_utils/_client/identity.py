# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which cluster is at the other end: the UID of its namespace kube-system, which no two clusters share (KEP-2149)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .._common.deadline import Deadline
from .http import NO_CREDENTIALS, ApiError, Client

_KUBE_SYSTEM = "/api/v1/namespaces/kube-system"
_ANONYMOUS = "system:anonymous"
_NOBODY = "no credentials are given: a user in the kubeconfig, or api_key, client_cert, or username and password beside host"


class AnotherClusterError(Exception):
    """It is not the cluster that a run has begun with."""


@dataclass(frozen=True)
class ClusterIdentity:
    """C(host) is the URL of the API server that was asked; C(uid) is empty when the credentials may not read the namespace."""

    host: str
    uid: str


def kubernetes_version(client: Client, deadline: Deadline) -> str:
    """Its version as it says it, like C(v1.34.4) or C(v1.33.5-gke.1).

    :raises ApiError: when it does not answer like an API server.
    """
    answer = client.get("/version", deadline=deadline)
    if not isinstance(answer, dict) or "gitVersion" not in answer:
        raise ApiError(200, f"{client.host} is no Kubernetes API server: /version says {str(answer)[:200]}")
    return str(answer["gitVersion"])


def identify(client: Client, deadline: Deadline) -> ClusterIdentity:
    """Ask the cluster who it is.

    :raises ApiError: when it does not answer, or does not accept the credentials.
    """
    try:
        found = client.get(_KUBE_SYSTEM, deadline=deadline)
    except ApiError as error:
        if error.status == 403 and _ANONYMOUS in error.message:
            # It answers 401 to credentials that it does not accept, so there were none.
            raise ApiError(
                401, f"{client.host} does not say anything to people whom it does not know, and {_NOBODY}", NO_CREDENTIALS
            ) from error
        if error.status not in (403, 404):
            raise
        return ClusterIdentity(client.host, "")
    try:
        return ClusterIdentity(client.host, str(found["metadata"]["uid"]))
    except (KeyError, TypeError) as error:
        raise ApiError(200, f"{client.host} is no Kubernetes API server: {_KUBE_SYSTEM} says {str(found)[:200]}") from error


def same_cluster(client: Client, expected: Mapping[str, str] | None, deadline: Deadline) -> ClusterIdentity:
    """Who the cluster is, when it is the one that a run has begun with.

    :arg expected: C(host) and C(uid) of that one; None when this is the beginning. Without a UID of both, the hosts are compared.
    :raises AnotherClusterError: when it is another one.
    :raises ApiError: when it does not answer, or does not accept the credentials.
    """
    found = identify(client, deadline)
    if expected is None:
        return found
    uid = expected.get("uid") or ""
    if found.uid == uid if found.uid and uid else found.host == expected["host"]:
        return found
    raise AnotherClusterError(
        f"This is another cluster than the one that the run has begun with: {_shown(found.host, found.uid)} now, and "
        f"{_shown(expected['host'], uid)} then. What names it has to be the same for all phases of a run"
    )


def _shown(host: str, uid: str) -> str:
    return f"{host} (kube-system {uid})" if uid else host
