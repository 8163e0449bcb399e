# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How distributions start kube-apiserver: where its manifest and keys are, or where else its flags are set."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

MANIFEST = "/etc/kubernetes/manifests/kube-apiserver.yaml"


@dataclass(frozen=True)
class Distribution:
    """A way in which kube-apiserver is started.

    C(marks) are paths, one of which is on its machines only; C(version_mark) is a word in the API server's version instead.
    C(keys) is the folder of its keys, where it has a static pod that may be changed; else C(instead) says what to do.
    C(signing_key) is the key to sign with there, where it is known. C(note) is what to know after the manifest was changed.
    """

    name: str
    marks: tuple[str, ...] = ()
    version_mark: str = ""
    keys: str = ""
    instead: str = ""
    signing_key: str = "<folder of its keys>/sa.key"
    note: str = ""

    @property
    def static_pod(self) -> bool:
        return bool(self.keys)


# The first that fits counts: kind and minikube are kubeadm's with more to them, RKE2 is k3s with more to it.
DISTRIBUTIONS = (
    Distribution(
        "RKE2",
        marks=("/var/lib/rancher/rke2/server", "/etc/rancher/rke2"),
        version_mark="+rke2",
        instead="RKE2 writes the manifest anew at each start and sets the flags of TokenRequest itself. To set others, put"
        " kube-apiserver-arg: [{arguments}] into /etc/rancher/rke2/config.yaml on each server, and systemctl restart rke2-server on one at a time",
    ),
    Distribution(
        "k3s",
        marks=("/var/lib/rancher/k3s/server", "/etc/rancher/k3s"),
        version_mark="+k3s",
        instead="k3s runs kube-apiserver inside of its own process and sets the flags of TokenRequest itself. To set others, put"
        " kube-apiserver-arg: [{arguments}] into /etc/rancher/k3s/config.yaml on each server, and systemctl restart k3s on one at a time",
    ),
    Distribution(
        "MicroK8s",
        marks=("/var/snap/microk8s/current/args/kube-apiserver",),
        instead="MicroK8s reads the flags from a file: put {lines} into /var/snap/microk8s/current/args/kube-apiserver, then microk8s stop and"
        " microk8s start",
        signing_key="${SNAP_DATA}/certs/serviceaccount.key",
    ),
    Distribution(
        "minikube",
        marks=("/var/lib/minikube/certs",),
        instead="minikube writes the manifest anew at each start, from its own options: minikube start {extra} (its keys are in"
        " /var/lib/minikube/certs, not in /etc/kubernetes/pki)",
        signing_key="/var/lib/minikube/certs/sa.key",
    ),
    Distribution(
        "GKE",
        version_mark="-gke",
        instead="GKE runs the API server itself and sets its flags: TokenRequest is on, and they cannot be changed",
    ),
    Distribution(
        "EKS",
        version_mark="-eks",
        instead="EKS runs the API server itself and sets its flags: TokenRequest is on, and they cannot be changed",
    ),
    Distribution(
        "AKS",
        marks=("/etc/kubernetes/azure.json",),
        instead="AKS runs the API server itself and sets its flags: TokenRequest is on, and they cannot be changed"
        " (az aks update --enable-oidc-issuer gives it a public issuer)",
    ),
    Distribution(
        "kind",
        marks=("/kind/version",),
        keys="/etc/kubernetes/pki",
        note="kind makes a new cluster without what is set here: put it into kubeadmConfigPatches of kind's configuration too",
    ),
    Distribution("kubespray", marks=("/etc/kubernetes/ssl/sa.key", "/etc/kubernetes/ssl/ca.key"), keys="/etc/kubernetes/ssl"),
    Distribution("kubeadm", marks=(MANIFEST,), keys="/etc/kubernetes/pki"),
)
UNKNOWN = Distribution(
    "unknown",
    instead="No static pod of kube-apiserver is there. Where the manifest has another path, set apiserver_patch_manifest (option manifest); where"
    " a provider runs the API server, ask it for TokenRequest (service account token volume projection)",
)
MARKS = tuple(dict.fromkeys(mark for distribution in DISTRIBUTIONS for mark in distribution.marks))
"""All paths that tell distributions apart."""


def distribution_of(there: Collection[str], version: str, manifest: str) -> Distribution:
    """Which distribution a machine belongs to.

    :arg there: which of C(MARKS) and of the manifest's path are on the machine.
    :arg version: of the API server, as it says it (C(v1.33.5+k3s1)); empty when it is not known.
    :arg manifest: path of the manifest.
    """
    for distribution in DISTRIBUTIONS:
        marked = any(mark in there for mark in distribution.marks) or (distribution.version_mark and distribution.version_mark in version)
        # Keys in kubespray's folder, or kind's mark, without a manifest are a worker's.
        if marked and (not distribution.static_pod or manifest in there):
            return distribution
    return next(one for one in DISTRIBUTIONS if one.name == "kubeadm") if manifest in there else UNKNOWN


def instead(distribution: Distribution, flags: dict[str, tuple[str, ...]]) -> str:
    """What a person has to do where the flags are not changed here.

    :arg flags: those that are wanted, with their values.
    """
    pairs = [f"{name}={value}" for name, values in flags.items() for value in values]
    return distribution.instead.format(
        arguments=", ".join(pairs) or "<flag>=<value>",
        lines=" ".join(f"--{pair}" for pair in pairs) or "--<flag>=<value>",
        extra=" ".join(f"--extra-config=apiserver.{pair}" for pair in pairs) or "--extra-config=apiserver.<flag>=<value>",
    )
