# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The control planes of a cluster, as its API shows them: which of them are down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .flags import ISSUER, SIGNING_KEY_FILE, read_flags

LABELS = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")
"""What kubeadm calls a control plane, the second until 1.24."""


def control_planes(nodes: Sequence[Mapping[str, Any]]) -> list[str]:
    """Names of the control planes among all nodes."""
    return [node["metadata"]["name"] for node in nodes if any(label in (node["metadata"].get("labels") or {}) for label in LABELS)]


def own_name(nodes: Sequence[Mapping[str, Any]], hostname: str) -> str:
    """Which node a machine is, by its host name; empty when none is."""
    short = hostname.lower().split(".")[0]
    names: dict[str, str] = {}
    for node in nodes:
        labels = node["metadata"].get("labels") or {}
        for known in (node["metadata"]["name"], labels.get("kubernetes.io/hostname", "")):
            names.setdefault(str(known).lower(), node["metadata"]["name"])
    return str(names.get(hostname.lower()) or names.get(short) or "")


def down(nodes: Sequence[Mapping[str, Any]], pods: Sequence[Mapping[str, Any]], own: str) -> list[str]:
    """Control planes but C(own) whose machine or API server is not ready, each with the reason.

    :arg pods: those of namespace kube-system.
    """
    found = []
    for name in control_planes(nodes):
        if name == own:
            continue
        (node,) = (node for node in nodes if node["metadata"]["name"] == name)
        server = [pod for pod in pods if pod["metadata"]["name"] == f"kube-apiserver-{name}"]
        if not _ready(node):
            found.append(f"{name} (the node is not Ready)")
        elif server and not _ready(server[0]):
            found.append(f"{name} (its kube-apiserver is not Ready)")
    return found


def serves(pod: Mapping[str, Any] | None, words: Sequence[str]) -> bool:
    """Whether a kubelet says that its API server is ready, with this command line."""
    if pod is None or not _ready(pod):
        return False
    return _words(pod) == list(words)


def without_tokens(pods: Sequence[Mapping[str, Any]], own: str) -> list[str]:
    """Control planes but C(own) whose kube-apiserver has not the flags without which it answers 404 to a TokenRequest.

    :arg pods: as for C(down); what has no pod there is not known, and not named.
    """
    names = {pod["metadata"]["name"].removeprefix("kube-apiserver-"): pod for pod in pods}
    return [
        name
        for name, pod in names.items()
        if name != own and not {ISSUER, SIGNING_KEY_FILE} <= {flag.name for flag in read_flags(_words(pod))}
    ]


def _words(pod: Mapping[str, Any]) -> list[str]:
    (container,) = (container for container in pod["spec"]["containers"] if container["name"] == "kube-apiserver")
    return [*(container.get("command") or ()), *(container.get("args") or ())]


def _ready(item: Mapping[str, Any]) -> bool:
    conditions = (item.get("status") or {}).get("conditions") or ()
    return any(condition.get("type") == "Ready" and condition.get("status") == "True" for condition in conditions)
