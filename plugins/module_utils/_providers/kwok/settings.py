# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What kwokctl, the API server and kubeconfig readers are told, as data."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

Json = dict[str, Any]

PORTS = ("etcd", "etcd-peer", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok-controller")
SERVER = {"etcd", "kube-apiserver"}
CLIENTS = ("kube-controller-manager", "kube-scheduler", "kwok-controller")
COMPONENTS = ("etcd", "kube-apiserver", *CLIENTS)
BINARIES = ("kwokctl", "kwok", "etcd", "kubectl", "kube-apiserver", "kube-controller-manager", "kube-scheduler")


# The last Kubernetes whose kube-apiserver starts without the flags of TokenRequest is 1.19; 1.20 calls them required
# (k8s.io/kubernetes@v1.20.0 cmd/kube-apiserver/app/options/validation.go).
_FIRST_WITH_TOKEN_REQUEST = 20


def kwokctl_configuration(
    version: str, binaries: dict[str, str], ports: dict[str, int], egress: Path, *, token_request: bool = True
) -> Json:
    """KwokctlConfiguration: every binary named, so that nothing is downloaded; everything on loopback.

    :param token_request: whether the API server gets the flags of TokenRequest.
    """
    options = {
        "runtime": "binary",
        "kubeVersion": f"v{version}",
        "bindAddress": "127.0.0.1",
        "disableQPSLimits": True,
        "etcdBinary": binaries["etcd"],
        "kubectlBinary": binaries["kubectl"],
        "kubeApiserverBinary": binaries["kube-apiserver"],
        "kubeControllerManagerBinary": binaries["kube-controller-manager"],
        "kubeSchedulerBinary": binaries["kube-scheduler"],
        "kwokControllerBinary": binaries["kwok"],
        "etcdPort": ports["etcd"],
        "etcdPeerPort": ports["etcd-peer"],
        "kubeApiserverPort": ports["kube-apiserver"],
        "kubeControllerManagerPort": ports["kube-controller-manager"],
        "kubeSchedulerPort": ports["kube-scheduler"],
        "kwokControllerPort": ports["kwok-controller"],
    }
    # Up to Kubernetes 1.22 both also serve plain HTTP, on the same port of every address for every cluster.
    no_plain_port = {"port": "0"} if _minor(version) < 23 else {}
    # Up to 1.19 the API server does too, on port 8080, and asks nobody who they are.
    no_insecure_port = {"insecure-port": "0"} if _minor(version) < 20 else {}
    patches = {
        "kube-apiserver": {
            # Webhook calls go to ready endpoints, and through the socket.
            "enable-aggregator-routing": "true",
            "egress-selector-config-file": str(egress),
            # Its own default has room for 254 Services, kubeadm's for a million: of this size all versions take it.
            "service-cluster-ip-range": "10.96.0.0/16",
            **no_insecure_port,
        },
        # There is one of each: it need not wait until the lease of one that was killed has run out.
        "kube-controller-manager": {"leader-elect": "false", **no_plain_port},
        "kube-scheduler": {"leader-elect": "false", **no_plain_port},
        # Killed processes lose nothing by it, only a machine that loses power would.
        "etcd": {"unsafe-no-fsync": "true"},
    }
    return {
        "apiVersion": "config.kwok.x-k8s.io/v1alpha1",
        "kind": "KwokctlConfiguration",
        "options": options,
        "componentsPatches": [
            {
                "name": name,
                "extraArgs": [
                    *({"key": key, "value": value} for key, value in arguments.items()),
                    *(_without_token_request() if name == "kube-apiserver" and not token_request else ()),
                ],
            }
            for name, arguments in patches.items()
        ],
    }


def _without_token_request() -> list[Json]:
    # kwokctl sets both, and can change but not leave out what it sets. Empty is their default: it says the same as their absence.
    return [{"key": key, "value": "", "override": True} for key in ("service-account-signing-key-file", "service-account-issuer")]


def can_lack_token_request(version: str) -> bool:
    """Whether a kube-apiserver of this version starts without the flags of TokenRequest."""
    return _minor(version) < _FIRST_WITH_TOKEN_REQUEST


def _minor(version: str) -> int:
    return int(version.split(".")[1])


def egress_configuration(socket: Path) -> Json:
    """EgressSelectorConfiguration: what the API server calls in the cluster goes to the stand-ins."""
    return {
        "apiVersion": "apiserver.k8s.io/v1beta1",
        "kind": "EgressSelectorConfiguration",
        "egressSelections": [
            {
                "name": "cluster",
                "connection": {"proxyProtocol": "HTTPConnect", "transport": {"uds": {"udsName": str(socket)}}},
            },
            {"name": "etcd", "connection": {"proxyProtocol": "Direct"}},
        ],
    }


def context_name(name: str) -> str:
    """Name of the context, the cluster and the user in the kubeconfig."""
    return f"kwok-{name}"


def kubeconfig(name: str, server: str, pki: Path) -> Json:
    """A kubeconfig that holds its certificates, so that it can be copied."""

    def encoded(file: str) -> str:
        return base64.b64encode((pki / file).read_bytes()).decode()

    context = context_name(name)
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": context, "cluster": {"server": server, "certificate-authority-data": encoded("ca.crt")}}],
        "users": [{"name": context, "user": {"client-certificate-data": encoded("admin.crt"), "client-key-data": encoded("admin.key")}}],
        "contexts": [{"name": context, "context": {"cluster": context, "user": context}}],
        "current-context": context,
    }
