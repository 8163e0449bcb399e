# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""kind's configuration file (kind.x-k8s.io/v1alpha4, https://kind.sigs.k8s.io/docs/user/configuration/)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Mount:
    """A folder of this machine in every node."""

    host_path: str
    container_path: str
    read_only: bool = False


@dataclass(frozen=True)
class Shape:
    """What a cluster is made like. It cannot be changed later.

    C(apiserver_flags): options of kube-apiserver without dashes. C(registry_mirrors): URLs by host of a registry.
    C(kubeadm_patches): documents that are merged into kubeadm's.
    """

    control_planes: int = 1
    workers: int = 0
    apiserver_flags: Mapping[str, str] = field(default_factory=dict)
    registry_mirrors: Mapping[str, Sequence[str]] = field(default_factory=dict)
    mounts: Sequence[Mount] = ()
    kubeadm_patches: Sequence[Mapping[str, Any]] = ()

    @property
    def nodes(self) -> int:
        return self.control_planes + self.workers


# Where nodes look for mirrors of registries.
_CERTS = "/etc/containerd/certs.d"
_CERTS_PATCH = f'[plugins."io.containerd.grpc.v1.cri".registry]\n  config_path = "{_CERTS}"'


# On cgroup v1, systemd in a node mounts the controllers that the machine has and the engine left out. Their roots are the machine's own:
# all nodes share them, what kubelets leave there stays, and a kubelet does not start unless its own cgroup is in each one
# (https://github.com/kubernetes/kubernetes/issues/109182). kind's entrypoint made that cgroup in the engine's, and unmounts the others
# only where there are no cgroup namespaces (images/base/files/usr/local/bin/entrypoint@v0.30.0, fix_cgroup).
_KUBELET = """[Service]
ExecStartPre=-/bin/sh -euc 'for at in $$(findmnt --list --noheadings --types cgroup --output TARGET); do \
  case $$at in */kubelet|*/kubelet.slice) ;; *) [ -d $$at/kubelet.slice ] || umount $$at ;; esac; done'
"""
_KUBELET_FILE, _CERTS_FOLDER = "kubelet.conf", "certs.d"
_KUBELET_PATH = "/etc/systemd/system/kubelet.service.d/20-cgroups.conf"


def files(shape: Shape) -> dict[str, str]:
    """What nodes mount of the cluster's folder, by path in it."""
    return {_KUBELET_FILE: _KUBELET} | {f"{_CERTS_FOLDER}/{path}": text for path, text in hosts_files(shape.registry_mirrors).items()}


def kept_files(folder: Path) -> dict[str, str]:
    """What a cluster's folder has of C(files) that settings decide, which are the mirrors of registries."""
    found = (folder / _CERTS_FOLDER).glob("*/hosts.toml")
    return {f"{path.parent.name}/{path.name}": path.read_text(encoding="utf-8") for path in found}


def configuration(name: str, shape: Shape, folder: Path) -> dict[str, Any]:
    """What C(kind create cluster --config) reads. Patches are texts in it: JSON is YAML, too.

    :arg folder: the folder of this machine with C(files).
    """
    wanted = [*shape.mounts, Mount(str(folder / _KUBELET_FILE), _KUBELET_PATH, read_only=True)]
    if shape.registry_mirrors:
        wanted.append(Mount(str(folder / _CERTS_FOLDER), _CERTS, read_only=True))
    mounts = [
        {"hostPath": mount.host_path, "containerPath": mount.container_path, **({"readOnly": True} if mount.read_only else {})}
        for mount in wanted
    ]
    roles = ["control-plane"] * shape.control_planes + ["worker"] * shape.workers
    patches = [dict(patch) for patch in shape.kubeadm_patches]
    if shape.apiserver_flags:
        patches.append({"kind": "ClusterConfiguration", "apiServer": {"extraArgs": dict(shape.apiserver_flags)}})
    return {
        "kind": "Cluster",
        "apiVersion": "kind.x-k8s.io/v1alpha4",
        "name": name,
        "nodes": [{"role": role, "extraMounts": mounts} for role in roles],
        **({"kubeadmConfigPatches": [_json(patch) for patch in patches]} if patches else {}),
        **({"containerdConfigPatches": [_CERTS_PATCH]} if shape.registry_mirrors else {}),
    }


def _json(patch: Mapping[str, Any]) -> str:
    return json.dumps(patch, sort_keys=True)


def hosts_files(mirrors: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The files below certs.d by which containerd knows the mirrors of registries, which it asks before the registry itself.

    https://github.com/containerd/containerd/blob/main/docs/hosts.md; a host is C(_default) for all others.
    """
    return {f"{host}/hosts.toml": "".join(map(_host, urls)) for host, urls in mirrors.items()}


def _host(url: str) -> str:
    # A string of JSON is one of TOML, too, but for pairs of surrogates.
    return f'[host.{json.dumps(url, ensure_ascii=False)}]\n  capabilities = ["pull", "resolve"]\n'
