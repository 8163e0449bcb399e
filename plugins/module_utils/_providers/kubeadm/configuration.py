# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The configuration of kubeadm for a single machine that is control plane and node, in the form that a version of it reads."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..outcome import flag_text

Document = dict[str, Any]

# The newest form that each version reads, by the first that does
# (https://kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta4/ and the pages of older ones).
_FORMS = (((1, 31), "v1beta4"), ((1, 22), "v1beta3"), ((1, 15), "v1beta2"))
# From here on options of programs are a list, so that one may be given twice.
_OPTIONS_ARE_LISTS = "v1beta4"
# Before it, sockets are given without a scheme (cmd/kubeadm/app/preflight/checks.go@v1.21.14 asks for the file).
_SOCKETS_ARE_URLS = (1, 24)
_SOCKET = "/run/containerd/containerd.sock"
# What a patch may leave out.
_API_VERSIONS = {"KubeletConfiguration": "kubelet.config.k8s.io/v1beta1", "KubeProxyConfiguration": "kubeproxy.config.k8s.io/v1alpha1"}


class ConfigurationError(Exception):
    """What is asked for and cannot be; one line for people."""


@dataclass(frozen=True)
class Shape:
    """What the cluster shall be.

    :arg version: of Kubernetes, without a leading C(v).
    :arg address: under which others reach the API server, beside those that kubeadm finds; empty for none.
    :arg image_repository: where Kubernetes' own images come from.
    :arg apiserver_flags: options of kube-apiserver, without dashes.
    :arg patches: documents that are merged into those of the same C(kind).
    """

    name: str
    version: str
    pod_cidr: str
    service_cidr: str
    image_repository: str
    address: str = ""
    apiserver_flags: Mapping[str, Any] = field(default_factory=dict)
    patches: Sequence[Mapping[str, Any]] = ()


def documents(shape: Shape) -> list[Document]:
    """Those that C(kubeadm init --config) reads.

    :raises ConfigurationError: for a version that kubeadm cannot have, or a patch that says not of what.
    """
    form, version = _form(shape.version)
    server: Document = {"certSANs": [shape.address]} if shape.address else {}
    if shape.apiserver_flags:
        flags = {name: flag_text(value) for name, value in shape.apiserver_flags.items()}
        server["extraArgs"] = [{"name": name, "value": value} for name, value in flags.items()] if form == _OPTIONS_ARE_LISTS else flags
    found: dict[str, Document] = {
        "InitConfiguration": {
            "apiVersion": f"kubeadm.k8s.io/{form}",
            "kind": "InitConfiguration",
            # No taints: the only machine runs all pods.
            "nodeRegistration": {"criSocket": f"unix://{_SOCKET}" if version >= _SOCKETS_ARE_URLS else _SOCKET, "taints": []},
        },
        "ClusterConfiguration": {
            "apiVersion": f"kubeadm.k8s.io/{form}",
            "kind": "ClusterConfiguration",
            "clusterName": shape.name,
            "kubernetesVersion": f"v{shape.version}",
            "imageRepository": shape.image_repository,
            "networking": {"podSubnet": shape.pod_cidr, "serviceSubnet": shape.service_cidr},
            **({"apiServer": server} if server else {}),
        },
        # Of the containerd that the role configures, and what kubeadm takes by itself from 1.22 on.
        "KubeletConfiguration": {
            "apiVersion": _API_VERSIONS["KubeletConfiguration"],
            "kind": "KubeletConfiguration",
            "cgroupDriver": "systemd",
        },
    }
    for patch in shape.patches:
        kind = str(patch.get("kind") or "")
        known = found.get(kind) or {"apiVersion": patch.get("apiVersion") or _API_VERSIONS.get(kind), "kind": kind}
        if not kind or not known["apiVersion"]:
            raise ConfigurationError(
                f"patch {dict(patch)} needs a kind of kubeadm's configuration, with its apiVersion where that is not known"
            )
        found[kind] = _merged(known, patch)
    return list(found.values())


def _form(text: str) -> tuple[str, tuple[int, int]]:
    numbers = re.fullmatch(r"(\d+)\.(\d+)\.\d+", text)
    if not numbers:
        raise ConfigurationError(f"'{text}' is no version of Kubernetes like 1.34.4")
    version = (int(numbers[1]), int(numbers[2]))
    for first, form in _FORMS:
        if version >= first:
            return form, version
    raise ConfigurationError(f"Kubernetes {text} is too old: the oldest whose kubeadm is configured here is 1.15")


def _merged(one: Any, other: Any) -> Any:
    """Mappings key by key, everything else as the second has it."""
    if not isinstance(one, Mapping) or not isinstance(other, Mapping):
        return other
    return {**one, **{key: _merged(one.get(key), value) for key, value in other.items()}}
