# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whose an object is that is on the cluster already: who wrote it, as C(metadata.managedFields) and the marks of tools tell.

Three kinds of managers write objects beside us. Installers wrote the object as a manifest says; what they wrote and a plan does not
hold is left from it. Hands changed it afterwards. All others are controllers, as far as anybody knows: what they wrote stays theirs.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from .applysets import PART_OF, applied_by

Metadata = Mapping[str, Any]

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
"""Annotation of C(kubectl apply): the manifest as it was applied."""

# pkg/cmd of kubectl names its managers; for a program that gives no name the API server takes its User-Agent up to the first slash.
_INSTALLERS: tuple[tuple[str, str], ...] = (
    ("kubectl-client-side-apply", "kubectl apply"),
    ("kubectl-last-applied", "kubectl apply --server-side"),
    ("kubectl-create", "kubectl create"),
    ("kubectl-replace", "kubectl replace"),
    ("kubectl-run", "kubectl create"),
    ("kubectl-expose", "kubectl create"),
    ("kubectl-autoscale", "kubectl create"),
    ("kubectl", "kubectl"),
    # apiserver: fieldmanager/skipnonapplied.go. Whoever wrote before the first server-side apply.
    ("before-first-apply", "somebody before the first server-side apply"),
    ("helm", "Helm"),
    ("Helm", "Helm"),
    ("helm-controller", "Flux"),
    ("kustomize-controller", "Flux"),
    ("flux*", "Flux"),
    ("argocd*", "Argo CD"),
    ("kustomize", "kustomize"),
    ("kapp*", "kapp"),
    ("kpt*", "kpt"),
    ("kapply", "kapply"),
    ("kfctl", "kfctl"),
    ("istioctl", "istioctl"),
    ("istio-operator*", "Istio's operator"),
    ("juju*", "Juju"),
    ("HashiCorp", "Terraform"),
    ("Terraform*", "Terraform"),
    ("terraform*", "Terraform"),
    ("pulumi*", "Pulumi"),
    # The Python client, which Ansible's kubernetes.core uses.
    ("OpenAPI-Generator", "a program that uses the Python client"),
    ("ansible*", "Ansible"),
    ("velero*", "Velero"),
)
# What somebody marked, and is not about what the object does: left to him where the plan says nothing of it.
_MARKS = ("kubectl-label", "kubectl-annotate", "kubectl-rollout", "kubectl-taint")
_HANDS = "kubectl-*"
# It applies rules by a role's name (kubernetes pkg/controller/clusterroleaggregation, applyClusterRoles), also when the role was deleted a
# moment ago. What it makes so is nobody's.
_AGGREGATOR = "clusterrole-aggregation-controller"
# Those that put back what was changed.
_KEEPERS = ("Argo CD", "Flux", "the Operator Lifecycle Manager", "Juju", "Istio's operator")


class Hand(enum.Enum):
    """What a manager is to an object."""

    OURS = "ours"
    INSTALLER = "installer"
    CHANGER = "changer"
    MARKER = "marker"
    CONTROLLER = "controller"


def hand_of(entry: Mapping[str, Any], manager: str, also: Iterable[str] = ()) -> Hand:
    """What the manager of an entry of managedFields is.

    :arg manager: our field manager.
    :arg also: names of further installers; may hold wildcards.
    """
    name = str(entry.get("manager") or "")
    if name == manager:
        return Hand.OURS
    if entry.get("subresource"):
        # kubectl scale calls itself kubectl.
        return Hand.CHANGER if entry["subresource"] == "scale" and fnmatchcase(name, "kubectl*") else Hand.CONTROLLER
    if _title(name) or any(fnmatchcase(name, pattern) for pattern in also) or _holds_last_applied(entry):
        return Hand.INSTALLER
    if name in _MARKS:
        return Hand.MARKER
    return Hand.CHANGER if fnmatchcase(name, _HANDS) else Hand.CONTROLLER


def _holds_last_applied(entry: Mapping[str, Any]) -> bool:
    """As kubectl finds who applied client-side under whatever name (csaupgrade.FindFieldsOwners)."""
    annotations = ((entry.get("fieldsV1") or {}).get("f:metadata") or {}).get("f:annotations") or {}
    return f"f:{LAST_APPLIED}" in annotations


def _title(name: str) -> str:
    return next((title for pattern, title in _INSTALLERS if fnmatchcase(name, pattern)), "")


@dataclass(frozen=True)
class Stranger:
    """Whose an object is that is not ours alone.

    * C(owner): for people. C(managers): names of field managers.
    * C(beside): we have applied it too.
    * C(known): whether what its owner wrote can be taken over.
    * C(applyset): the id of the ApplySet of somebody else that it belongs to.
    """

    owner: str
    managers: tuple[str, ...] = ()
    beside: bool = False
    known: bool = True
    applyset: str = ""

    @property
    def puts_back(self) -> bool:
        """Whether its owner looks after it, and will undo what is changed."""
        return self.owner.startswith(_KEEPERS)


def stranger_of(
    live: Mapping[str, Any], kind: str, manager: str, *, applysets: Iterable[str] = (), also: Iterable[str] = ()
) -> Stranger | None:
    """Whose a live object of the plan is besides ours; None when it is ours, or a controller's that the plan only joins.

    :arg live: its metadata, at least.
    :arg manager: our field manager.
    :arg applysets: ids of our own ApplySets.
    :arg also: names of further installers; may hold wildcards.
    """
    metadata = live["metadata"]
    entries = metadata.get("managedFields") or ()
    ours = applied_by(live, manager)
    member_of = (metadata.get("labels") or {}).get(PART_OF)
    if member_of and member_of not in applysets and not ours:
        return Stranger(owner_of(metadata) or "somebody else", known=False, applyset=member_of)
    hands = {str(entry.get("manager") or ""): hand_of(entry, manager, also) for entry in entries if not entry.get("subresource")}
    installers = sorted(name for name, hand in hands.items() if hand is Hand.INSTALLER)
    if ours:
        # What people put on a namespace is theirs, whoever applies it.
        return (
            Stranger(_owner(metadata, entries, installers), tuple(installers), beside=True) if installers and kind != "Namespace" else None
        )
    if Hand.OURS in hands.values():
        # Made by ourselves, like a Job that was made anew.
        return None
    if installers or not entries:
        return Stranger(_owner(metadata, entries, installers), tuple(installers))
    if any(hand in (Hand.CHANGER, Hand.MARKER) for hand in hands.values()):
        return Stranger("kubectl", tuple(sorted(hands)))
    if metadata.get("ownerReferences") or hands.keys() <= {_AGGREGATOR}:
        return None
    return Stranger(owner_of(metadata) or " and ".join(sorted(hands)), tuple(sorted(hands)), known=False)


def _owner(metadata: Metadata, entries: Iterable[Mapping[str, Any]], installers: list[str]) -> str:
    if told := owner_of(metadata):
        return told
    if not installers:
        return "somebody who left no name"
    server_side = any(entry.get("manager") == "kubectl" and entry.get("operation") == "Apply" for entry in entries)
    titles = {"kubectl apply --server-side" if name == "kubectl" and server_side else _title(name) or name for name in installers}
    return " and ".join(sorted(titles))


def owner_of(metadata: Metadata) -> str:
    """The tool whose marks an object carries; empty when it carries none."""
    labels: Mapping[str, str] = metadata.get("labels") or {}
    annotations: Mapping[str, str] = metadata.get("annotations") or {}
    if release := annotations.get("meta.helm.sh/release-name"):
        return f"Helm release {annotations.get('meta.helm.sh/release-namespace', '')}/{release}"
    if "argocd.argoproj.io/tracking-id" in annotations or "argocd.argoproj.io/instance" in labels:
        return "Argo CD"
    if "kustomize.toolkit.fluxcd.io/name" in labels or "helm.toolkit.fluxcd.io/name" in labels:
        return "Flux"
    if "olm.owner" in labels:
        return f"the Operator Lifecycle Manager ({labels['olm.owner']})"
    if any("juju.is" in name for name in (*labels, *annotations)):
        return "Juju"
    return ""
