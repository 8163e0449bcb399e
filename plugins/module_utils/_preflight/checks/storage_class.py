# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where volumes come from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..._client.http import ApiError
from ..._client.pages import pages
from ..._common.versions import minor
from ..._objects.demand import Claims, claims_of
from ..check import Answer, Problem, Question, answer_of, check
from ..look import Item, name_of

_DEFAULT = ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")
# From 1.26 on the newest default counts; before that the API server refuses claims (plugin/pkg/admission/storage/storageclass/setdefault).
_NEWEST_COUNTS = (1, 26)
_ONE = "kubectl annotate storageclass <name> storageclass.kubernetes.io/is-default-class=true"
_NAME_IT = "kubeflow_volumes: [{storage_class: <name>}]"
# Provisioners that are pods like others, by what is in the names of their images. Of others nothing is known: clouds hide theirs.
_PROGRAMS = {
    "rancher.io/local-path": "local-path-provisioner",
    "k8s.io/minikube-hostpath": "storage-provisioner",
    "microk8s.io/hostpath": "hostpath-provisioner",
    "docker.io/hostpath": "",
    "cluster.local/nfs-subdir-external-provisioner": "nfs-subdir-external-provisioner",
    "openebs.io/local": "provisioner-localpv",
    "driver.longhorn.io": "longhorn",
    "nfs.csi.k8s.io": "nfs",
}
_NOBODY = "kubernetes.io/no-provisioner"


@check(
    asks="Whether volumes can be made for all claims: a default StorageClass, those that settings name, and who makes the volumes.",
    unsaid="Check by hand that one StorageClass is the default one: kubectl get storageclass",
)
def storage_class(question: Question) -> Answer | None:
    claims = [claim for claim in claims_of(question.objects(), 1) if claim.count]
    if not claims:
        return None
    there = {(item["metadata"]["namespace"], name_of(item)) for item in question.look.of("persistentvolumeclaims") if _bound(item)}
    open_ones = [claim for claim in claims if (claim.owner.namespace, claim.name) not in there]
    size = f"{len(claims)} claims of {sum(claim.storage * claim.count for claim in claims) / 1024**3:.0f} GiB together"
    if not open_ones:
        return Answer(f"{size} are bound")
    classes = {name_of(item): item for item in question.look.of("storageclasses.storage.k8s.io")}
    defaults = sorted(name for name, item in classes.items() if _is_default(item))
    problems = [*_default(question, open_ones, classes, defaults), *_named(question, open_ones, classes)]
    used = {claim.storage_class for claim in open_ones if claim.storage_class} & set(classes)
    used |= set(defaults) if any(claim.storage_class is None for claim in open_ones) else set()
    problems += [problem for name in sorted(used) for problem in _provisioner(question, classes[name])]
    return answer_of(problems, f"{size}, from StorageClass {', '.join(sorted(used))}")


def _default(question: Question, claims: Iterable[Claims], classes: dict[str, Item], defaults: list[str]) -> Iterator[Problem]:
    without = [claim.name for claim in claims if claim.storage_class is None]
    if not without:
        return
    if not defaults:
        known = f"those that are there: {', '.join(sorted(classes))}" if classes else "none is there at all"
        first = "" if classes else "Install a provisioner (rancher/local-path-provisioner for a single machine), then: "
        yield Problem(
            f"no StorageClass is the default one ({known}), and {len(without)} claims name none: {', '.join(sorted(without))}",
            f"{first}{_ONE.replace('<name>', min(classes)) if len(classes) == 1 else _ONE}; or name one: {_NAME_IT}.",
        )
    elif len(defaults) > 1:
        old = (minor(question.kubernetes) or (0, 0)) < _NEWEST_COUNTS
        rest = "refuses claims that name none" if old else "takes the newest of them"
        yield Problem(
            f"{len(defaults)} StorageClasses are marked as default ({', '.join(defaults)}): Kubernetes {question.kubernetes} {rest}",
            f"Leave one: kubectl annotate storageclass <name> {_DEFAULT[0]}-",
            blocks=old,
        )


def _named(question: Question, claims: Iterable[Claims], classes: dict[str, Item]) -> Iterator[Problem]:
    missing: dict[str, list[str]] = {}
    for claim in claims:
        if claim.storage_class and claim.storage_class not in classes:
            missing.setdefault(claim.storage_class, []).append(claim.name)
    if not missing:
        return
    # A volume made by hand may have the name of a class that is not there.
    by_hand: set[str] | None
    try:
        volumes = pages(question.client, "/api/v1/persistentvolumes", question.deadline)
        by_hand = {(item.get("spec") or {}).get("storageClassName") or "" for item in volumes}
    except ApiError:
        by_hand = None
    for name, some in sorted(missing.items()):
        if by_hand is not None and name in by_hand:
            continue
        there = f"There are: {', '.join(sorted(classes))}." if classes else "There is none at all."
        yield Problem(
            f"StorageClass {name} is not there, which claims name: {', '.join(sorted(some))}",
            f"{there} Name one of them in kubeflow_volumes, or make it.",
            blocks=by_hand is not None,
        )


def _provisioner(question: Question, item: Item) -> Iterator[Problem]:
    provisioner, name = str(item.get("provisioner") or ""), name_of(item)
    if provisioner == _NOBODY:
        yield Problem(
            f"nobody makes volumes for StorageClass {name} ({_NOBODY}): each claim needs a PersistentVolume made by hand",
            f"Make the PersistentVolumes, or name a class that provisions: {_NAME_IT}.",
            blocks=False,
        )
        return
    program = _PROGRAMS.get(provisioner)
    if not program or question.look.simulated:
        return
    drivers = {name_of(driver) for driver in question.look.of("csidrivers.storage.k8s.io")}
    pods = [pod for pod in question.look.of("pods") if _runs(pod, program)]
    if not pods and provisioner not in drivers:
        yield Problem(
            f"no pod of {provisioner} runs, which makes the volumes of StorageClass {name}",
            f"Install it, or name another class: {_NAME_IT}. kubectl get pods -A | grep {program} finds it.",
            blocks=False,
        )
    elif pods and not any((pod.get("status") or {}).get("phase") == "Running" for pod in pods):
        where = f"{pods[0]['metadata']['namespace']} {name_of(pods[0])}"
        yield Problem(
            f"the provisioner of StorageClass {name} does not run: {where} is {(pods[0].get('status') or {}).get('phase')}",
            f"kubectl describe pod -n {where} says why.",
        )


def _runs(pod: Item, program: str) -> bool:
    return any(program in str(container.get("image")) for container in (pod.get("spec") or {}).get("containers") or ())


def _bound(claim: Item) -> bool:
    return (claim.get("status") or {}).get("phase") == "Bound"


def _is_default(item: Item) -> bool:
    annotations = item["metadata"].get("annotations") or {}
    return any(annotations.get(name) == "true" for name in _DEFAULT)
