# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a probe makes on a cluster: a namespace with all of the rest, pods, claims."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from .script import SCRIPT

Thing = dict[str, Any]

LABEL = "mlplatform.kubeflow/probe"
"""On each namespace that a probe has made, by which one that was left behind is found."""
HOLDER = "mlplatform.kubeflow/holder"
"""Who made it, as a Lease names its holder."""
UNTIL = "mlplatform.kubeflow/until"
"""When its run has ended for certain (RFC 3339)."""
_USER = 65532


def namespace(name: str, holder: str, until: float) -> Thing:
    """:arg until: seconds since the epoch."""
    ends = datetime.datetime.fromtimestamp(until, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    labels = {
        LABEL: "true",
        # Nobody's default level refuses them, and no sidecar waits in them for an Istio that is not there yet.
        "pod-security.kubernetes.io/enforce": "restricted",
        "istio-injection": "disabled",
    }
    metadata = {"name": name, "labels": labels, "annotations": {HOLDER: holder, UNTIL: ends}}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def node_pod(name: str, node: str, image: str, seconds: int, names: Sequence[str]) -> Thing:
    """A pod that tells what a node is like, and what is reached from it.

    :arg seconds: after which its kubelet ends it, whoever is still there to remove it.
    :arg names: that it resolves.
    """
    pod = _pod(name, [_container("look", image, [*_SHELL, SCRIPT, "probe", *names])], seconds)
    # Past the scheduler: the node is what is asked about.
    pod["spec"]["nodeName"] = node
    return pod


def registry_pod(name: str, node: str, images: dict[str, str], seconds: int) -> Thing:
    """A pod whose node has to ask registries. C(images): by container. None of them exists, so nothing is downloaded."""
    pod = _pod(name, [_container(one, image, None) for one, image in images.items()], seconds)
    pod["spec"]["nodeName"] = node
    return pod


def claim(name: str, storage_class: str | None) -> Thing:
    """A small volume; C(storage_class) None for the default one."""
    spec: Thing = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "64Mi"}}}
    if storage_class is not None:
        spec["storageClassName"] = storage_class
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": spec}


def volume_pod(name: str, image: str, seconds: int) -> Thing:
    """A pod that writes to the claim of its name: of a class that waits for the first consumer, the claim binds by it."""
    container = _container("write", image, [*_SHELL, "echo written > /volume/probe 2> /dev/termination-log && cat /volume/probe"])
    container["volumeMounts"] = [{"name": "volume", "mountPath": "/volume"}]
    pod = _pod(name, [container], seconds)
    pod["spec"]["volumes"] = [{"name": "volume", "persistentVolumeClaim": {"claimName": name}}]
    return pod


_SHELL = ("/bin/sh", "-c")


def _container(name: str, image: str, command: Sequence[str] | None) -> Thing:
    # Requests that equal the limits, since quotas and LimitRanges may ask for both.
    resources = {"cpu": "10m", "memory": "32Mi"}
    found: Thing = {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "resources": {"requests": dict(resources), "limits": {"cpu": "100m", "memory": "32Mi"}},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    if command is not None:
        found["command"] = list(command)
    return found


def _pod(name: str, containers: list[Thing], seconds: int) -> Thing:
    spec = {
        "containers": containers,
        "restartPolicy": "Never",
        "activeDeadlineSeconds": seconds,
        "terminationGracePeriodSeconds": 1,
        "automountServiceAccountToken": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "runAsGroup": _USER,
            "fsGroup": _USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }
    annotations = {"sidecar.istio.io/inject": "false", "cluster-autoscaler.kubernetes.io/safe-to-evict": "true"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "annotations": annotations, "labels": {LABEL: name}},
        "spec": spec,
    }
