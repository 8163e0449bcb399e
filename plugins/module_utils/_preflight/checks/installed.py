# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Programs of the plan that the cluster has already from somebody else: who installed them, in which version."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..._inventory import owners
from ..._inventory.strangers import ADOPT
from ..._objects.objects import Key, key_of
from ..check import Answer, Problem, Question, answer_of, check
from ..look import Item, is_ours, name_of

# What its image is called, the part, and whether two of it on one cluster take each other's objects.
_PROGRAMS: tuple[tuple[str, str, str, bool], ...] = (
    ("Istio", r"(^|/)(pilot|istiod)([:@-]|$)", "istio", True),
    ("cert-manager", r"(^|/)cert-manager-controller([:@-]|$)", "cert_manager", True),
    ("Knative Serving", r"(knative[^:@]*serving|serving)/cmd/controller([:@]|$)", "knative_serving", True),
    ("Knative Eventing", r"(knative[^:@]*eventing|eventing)/cmd/controller([:@]|$)", "knative_eventing", True),
    ("Argo Workflows", r"(^|/)workflow-controller([:@-]|$)", "pipelines", False),
    ("KServe", r"(^|/)kserve-controller([:@-]|$)", "kserve", True),
    ("Kubeflow's dashboard", r"(^|/)(centraldashboard|dashboard/dashboard)([:@-]|$)", "central_dashboard", False),
    ("Kubeflow Pipelines", r"(^|/)(api-server|kfp-api-server)([:@-]|$)", "pipelines", False),
    ("Katib", r"(^|/)katib-controller([:@-]|$)", "katib", True),
    ("Kubeflow's training operator", r"(^|/)training-operator([:@-]|$)", "training_operator", True),
)


@check(
    asks="What of the plan the cluster has already, in which version and by whose hand: Istio, cert-manager, Knative, Argo, KServe, Kubeflow.",
    unsaid="Look by hand for Istio, cert-manager and Knative of somebody else: kubectl get deployments -A",
)
def installed(question: Question) -> Answer | None:
    planned = {key_of(item): item for item in question.objects() if item["kind"] == "Deployment"}
    problems: list[Problem] = []
    there_already = []
    for name, pattern, part, alone in _PROGRAMS:
        mine = {key: image for key, item in planned.items() if (image := _image(item, pattern))}
        if not mine:
            continue
        for item in question.look.of("deployments.apps"):
            image = _image(item, pattern)
            if not image or is_ours(item):
                continue
            key = Key("apps", "Deployment", item["metadata"]["namespace"], name_of(item))
            owner = owner_of(item)
            there = f"{name} {_version(item, image)} is there already, installed by {owner} (Deployment {key.namespace}/{key.name})"
            if key not in mine:
                problems.append(_second(there, part, alone))
            elif owner.startswith(_APPLIED) and _tag(image) == _tag(mine[key]):
                there_already.append(f"{name} {_tag(image)}")
            elif question.foreign == ADOPT:
                there_already.append(f"{name} {_version(item, image)} of {owner}")
            else:
                problems.append(_other(there, part, owner, mine[key]))
    good = "the cluster has nothing of the plan from somebody else"
    if there_already:
        # Where nothing is adopted, only what has the plan's version gets here, and whether a run may go over it is what owners says.
        how = "and taken over" if question.foreign == ADOPT else "in the same version (see owners)"
        good = f"there already, {how}: {', '.join(sorted(set(there_already)))}"
    return answer_of(problems, good)


def _second(there: str, part: str, alone: bool) -> Problem:
    if alone:
        return Problem(
            f"{there}, and the plan brings another one: both would work on the same objects",
            f"Use the one that is there: kubeflow_provided_parts: [{part}]; or uninstall it first.",
        )
    return Problem(
        f"{there}: with objects of all namespaces, both would work on the same ones",
        "Limit it to its own namespaces, or uninstall it first.",
        blocks=False,
    )


def _other(there: str, part: str, owner: str, image: str) -> Problem:
    remedy = f"Keep it: kubeflow_provided_parts: [{part}]; or uninstall it first"
    if owner.startswith(_APPLIED):
        return Problem(
            f"{there}, and would become {_tag(image)}",
            f"{remedy}. Where it is to be replaced in place, make a backup of its objects.",
            blocks=False,
        )
    return Problem(f"{there}, which would undo what a run changes, or lose it", f"{remedy} with the tool that installed it ({owner}).")


_APPLIED = "kubectl"


def owner_of(item: Item) -> str:
    """Who installed an object, as far as it tells."""
    metadata = item["metadata"]
    labels: Mapping[str, str] = metadata.get("labels") or {}
    annotations: Mapping[str, str] = metadata.get("annotations") or {}
    if marked := owners.owner_of(metadata):
        return marked
    if labels.get("app.kubernetes.io/managed-by", "Helm") != "Helm":
        return labels["app.kubernetes.io/managed-by"]
    if "app.kubernetes.io/managed-by" in labels:
        return "Helm"
    if "install.operator.istio.io/owning-resource" in labels and annotations.get(owners.LAST_APPLIED) is None:
        return (
            "istioctl or Istio's operator" if _managers(item) & {"istio-operator", "istioctl", "istio-operator-controller"} else "kubectl"
        )
    return "kubectl, or a tool that leaves no mark"


def _managers(item: Item) -> set[str]:
    entries: Iterable[Mapping[str, Any]] = item["metadata"].get("managedFields") or ()
    return {str(entry.get("manager")) for entry in entries}


def _images(item: Mapping[str, Any]) -> Iterator[str]:
    spec = ((item.get("spec") or {}).get("template") or {}).get("spec") or {}
    for container in spec.get("containers") or ():
        yield str(container.get("image") or "")


def _image(item: Mapping[str, Any], pattern: str) -> str:
    return next((image for image in _images(item) if re.search(pattern, image)), "")


def _tag(image: str) -> str:
    name, _at, digest = image.partition("@")
    _path, colon, tag = name.rpartition(":")
    if colon and "/" not in tag:
        return tag
    return digest[:19] if digest else "latest"


def _version(item: Item, image: str) -> str:
    labels = item["metadata"].get("labels") or {}
    told = (
        labels.get("app.kubernetes.io/version") or labels.get("serving.knative.dev/release") or labels.get("eventing.knative.dev/release")
    )
    return str(told) if told and _tag(image).startswith(("sha256", "latest")) else _tag(image)
