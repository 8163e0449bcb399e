# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An object that somebody else installed becomes ours: what he declared counts as declared by us, so that our next apply removes what the plan
does not hold. Without that the API server would keep each field that has another owner.

The rewriting is that of kubectl's way from client-side to server-side apply (client-go, util/csaupgrade), with these differences:

* what was applied server-side by an installer is taken over as well, and what hands changed afterwards;
* a field set of another version of the kind counts as far as the object has its fields in the version that the plan writes;
* fields that stay whoever declared them are nobody's then, so that nobody removes them;
* what people marked (labels, annotations), and anything on a Namespace, is taken over as far as the plan declares it.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._client.http import ApiError, Client
from .._common.deadline import Deadline
from .._common.words import few
from .._inventory.owners import LAST_APPLIED, Hand, Stranger, hand_of
from .._objects.field_sets import Path, fields_of, paths_of, shown, topmost, value_at
from .._objects.normalised import MISSING
from .._objects.objects import Key, split_version

_LAST_APPLIED_PATH: Path = ("f:metadata", "f:annotations", f"f:{LAST_APPLIED}")
_MARKS: tuple[Path, ...] = (("f:metadata", "f:labels"), ("f:metadata", "f:annotations"))
_REPLICAS: Path = ("f:spec", "f:replicas")
# Filled in when an object is made and fixed from then on, or on whose removal the API server acts.
_STAYS: tuple[Path, ...] = (("f:status",), ("f:metadata", "f:finalizers"), ("f:metadata", "f:ownerReferences"))
_STAYS_BY_KIND: dict[tuple[str, str], tuple[Path, ...]] = {
    # plugin/pkg/admission/storage/storageclass/setdefault gives a claim its class; the binder its volume.
    ("", "PersistentVolumeClaim"): (("f:spec", "f:storageClassName"), ("f:spec", "f:volumeName"), ("f:spec", "f:volumeMode")),
    ("", "Service"): tuple(
        ("f:spec", f"f:{name}") for name in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "healthCheckNodePort")
    ),
    # The token controller's, until Kubernetes 1.24.
    ("", "ServiceAccount"): (("f:secrets",),),
    ("", "Namespace"): (("f:spec",),),
    # pkg/registry/batch/job/strategy.go, generateSelector.
    ("batch", "Job"): (("f:spec", "f:selector"), ("f:spec", "f:template", "f:metadata", "f:labels", "f:controller-uid")),
}

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Adoption:
    """How to take over. C(managers): names of installers besides those that are known; may hold wildcards."""

    field_manager: str
    managers: tuple[str, ...] = ()


@dataclass
class Taken:
    """An object that was, or would be, taken over; C(removed): what its owner had declared and is gone, as paths for people."""

    part: str
    object: str
    owner: str
    managers: list[str]
    removed: list[str] = field(default_factory=list)
    puts_back: bool = False


def rewritten(live: Mapping[str, Any], body: Mapping[str, Any], adoption: Adoption) -> list[dict[str, Any]] | None:
    """The managedFields of a live object once it is ours; None when there is nothing to take over.

    :arg live: read in the version of C(body).
    :arg body: the object as we are going to apply it.
    """
    entries: Sequence[Entry] = live["metadata"].get("managedFields") or ()
    ours = next((entry for entry in entries if _is_ours(entry, adoption)), None)
    version = ours["apiVersion"] if ours else body["apiVersion"]
    taken: set[Path] = set(paths_of(ours.get("fieldsV1") or {})) if ours else set()
    kept: list[dict[str, Any]] = []
    time = ours.get("time") if ours else None
    found = False
    for entry in entries:
        if entry is ours:
            continue
        paths = _stored(paths_of(entry.get("fieldsV1") or {}), body)
        part = _taken_of(entry, paths, body, adoption)
        if part is None:
            kept.append(copy.deepcopy(dict(entry)))
            continue
        found = True
        time = time or entry.get("time")
        taken |= part if entry.get("apiVersion") == version else {path for path in part if value_at(live, path) is not MISSING}
        if rest := paths - part if _leaves_the_rest(entry, body, adoption) else frozenset():
            kept.append({**copy.deepcopy(dict(entry)), "fieldsV1": fields_of(rest)})
    if not found:
        return None
    if LAST_APPLIED in (live["metadata"].get("annotations") or {}):
        # Whoever wrote it last: it tells of a manifest that is no more.
        taken.add(_LAST_APPLIED_PATH)
    stays = (*_STAYS, *_STAYS_BY_KIND.get((split_version(body["apiVersion"])[0], body["kind"]), ()))
    if value_at(body, _REPLICAS) is MISSING:
        # The size that somebody chose stays. Kubernetes 1.21 does not write down who used the scale subresource: whoever made the object still
        # counts as the one that declared it.
        stays += (_REPLICAS,)
    taken = {path for path in taken if not any(path[: len(stay)] == stay for stay in stays)}
    mine: dict[str, Any] = {
        "manager": adoption.field_manager,
        "operation": "Apply",
        "apiVersion": version,
        "fieldsType": "FieldsV1",
        "fieldsV1": fields_of(taken),
    }
    return [{**mine, **({"time": time} if time else {})}, *kept]


def _stored(paths: frozenset[Path], body: Mapping[str, Any]) -> frozenset[Path]:
    """C(stringData) of a Secret is stored as C(data), and who applied it server-side is recorded with what he sent: else its keys were nobody's."""
    if (body["apiVersion"], body["kind"]) != ("v1", "Secret"):
        return paths
    return frozenset(("f:data", *path[1:]) if path[0] == "f:stringData" else path for path in paths)


def _is_ours(entry: Entry, adoption: Adoption) -> bool:
    return entry.get("manager") == adoption.field_manager and entry.get("operation") == "Apply" and not entry.get("subresource")


def _taken_of(entry: Entry, paths: frozenset[Path], body: Mapping[str, Any], adoption: Adoption) -> frozenset[Path] | None:
    """Of an entry, what is taken over; None when nothing of it is."""
    hand = hand_of(entry, adoption.field_manager, adoption.managers)
    if hand in (Hand.OURS, Hand.CONTROLLER):
        return None
    if entry.get("subresource"):
        # Where the plan says nothing of a size, the one that somebody chose stays.
        return paths & {_REPLICAS} or None if value_at(body, _REPLICAS) is not MISSING else None
    if _leaves_the_rest(entry, body, adoption):
        declared = (path for path in paths if path[:2] in _MARKS and value_at(body, path) is not MISSING)
        return frozenset(declared) | paths & {_LAST_APPLIED_PATH} or None
    return paths


def _leaves_the_rest(entry: Entry, body: Mapping[str, Any], adoption: Adoption) -> bool:
    return body["kind"] == "Namespace" or hand_of(entry, adoption.field_manager, adoption.managers) is Hand.MARKER


def drop_scaled(body: dict[str, Any], live: Mapping[str, Any], manager: str) -> None:
    """Take the number of replicas out of C(body) once an autoscaler holds it, which would be undone, or conflict."""
    if value_at(body, _REPLICAS) is MISSING:
        return
    holders = [entry for entry in live["metadata"].get("managedFields") or () if _REPLICAS in paths_of(entry.get("fieldsV1") or {})]
    hands = {hand_of(entry, manager) for entry in holders}
    scaled = any(entry.get("subresource") == "scale" or entry.get("manager") == "kube-controller-manager" for entry in holders)
    if scaled and hands == {Hand.CONTROLLER}:
        del body["spec"]["replicas"]


def take_over(
    client: Client, path: str, live: dict[str, Any], body: Mapping[str, Any], adoption: Adoption, deadline: Deadline
) -> dict[str, Any]:
    """Rewrite the managedFields of a live object, so that C(body) can be applied to it. Gives the object as it was before, with managedFields.

    Only what was read is overwritten: when somebody writes in between, it is read and reckoned with again.

    :raises ApiError: when the API server refuses or does not answer, or somebody else writes all the time until the deadline.
    """
    pause = 0.05
    while True:
        try:
            if not live["metadata"].get("managedFields"):
                # The API server writes down what is there as before-first-apply, with the keys of lists that only it knows.
                live = client.apply(path, body, manager=adoption.field_manager, force=True)
            entries = rewritten(live, body, adoption)
            if entries is None:
                return live
            change = [
                {"op": "replace", "path": "/metadata/managedFields", "value": entries},
                # Not "test", whose failure would be 422: with another version it is a conflict (csaupgrade.UpgradeManagedFieldsPatch).
                {"op": "replace", "path": "/metadata/resourceVersion", "value": live["metadata"]["resourceVersion"]},
            ]
            query = {"fieldManager": adoption.field_manager}
            client.request("PATCH", path, query=query, body=change, content_type="application/json-patch+json")
            return live
        except ApiError as error:
            if error.status != 409 or not deadline.wait(pause):
                raise
        pause = min(pause * 2, 2.0)
        live = client.get(path)


def removed_between(before: Mapping[str, Any], after: Mapping[str, Any], body: Mapping[str, Any], adoption: Adoption) -> list[str]:
    """What the owner of C(before) had declared, and C(after) has no more; as paths for people, what is inside of another left out.

    C(after) is the object as it is live, or would be.
    """
    entries = rewritten(before, body, adoption) or []
    declared = next((paths_of(entry["fieldsV1"]) for entry in entries if _is_ours(entry, adoption)), frozenset())
    gone = [path for path in _with_parents(declared) if value_at(before, path) is not MISSING and value_at(after, path) is MISSING]
    return [shown(path) for path in topmost(gone) if path != _LAST_APPLIED_PATH and path != _LAST_APPLIED_PATH[:-1]]


def taken_of(
    part: str,
    key: Key,
    stranger: Stranger,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    body: Mapping[str, Any],
    adoption: Adoption,
) -> Taken:
    """What became, or would become, of an object. Arguments as those of C(removed_between)."""
    removed = removed_between(before, after, body, adoption)
    return Taken(part, str(key), stranger.owner, list(stranger.managers), removed, stranger.puts_back)


def _with_parents(paths: Iterable[Path]) -> set[Path]:
    return {path[:depth] for path in paths for depth in range(1, len(path) + 1)}


def warnings_of(taken: Iterable[Taken]) -> list[str]:
    """Owners who still count what was taken over as theirs, and what comes of it."""
    by_owner: dict[str, list[Taken]] = {}
    for one in taken:
        by_owner.setdefault(one.owner, []).append(one)
    lines = []
    for owner, some in by_owner.items():
        names = few(sorted(one.object for one in some))
        if some[0].puts_back:
            lines.append(f"{names}: taken over from {owner}, which puts back what is changed. Take them out of its hands.")
        elif owner.startswith("Helm release"):
            lines.append(f"{names}: taken over from {owner}, which still counts them as its own: helm uninstall would remove them.")
    return lines
