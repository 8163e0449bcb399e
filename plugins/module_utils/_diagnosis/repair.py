# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Repairs that are safe: nothing is lost by them, and each is what a person would do by hand.

* A workload whose pods were refused while a webhook could not be asked is started anew, since its controller pauses up to 17 minutes.
* A pod that does not come up for what was so when it was made is deleted, once for each state of its workload.
* A Job of the plan that has given up, or is not there any more, is made anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from .._apply.alone import take_lease
from .._client.http import ApiError, Client
from .._client.lease import LeaseHeldError
from .._common.deadline import Deadline
from .._inventory.applysets import marked
from .._objects.objects import Key, key_of, to_send
from .._render.plan import Plan
from .evidence import Evidence, goes_by_itself
from .finding import Diagnosis, Finding
from .signals import short

_RESTARTED = "kubectl.kubernetes.io/restartedAt"
"""What kubectl rollout restart writes."""
_DELETED = "mlplatform.kubeflow/pod-deleted-of-generation"
_PLURALS = {"Deployment": "deployments", "StatefulSet": "statefulsets", "DaemonSet": "daemonsets"}
_MERGE = "application/merge-patch+json"
# Rules whose pods come up when they are made anew.
_STUCK = {"istio_validation", "evicted"}


@dataclass(frozen=True)
class Repair:
    """C(object) is the workload, pod or Job; C(why) the rule that asks for it."""

    what: Literal["restart", "delete", "create"]
    object: Key
    why: str

    @property
    def text(self) -> str:
        return f"{self.object}: {_WORDS[self.what]}"


_WORDS = {"restart": "started anew", "delete": "deleted, so that it is made anew", "create": "made anew"}


def repairs(evidence: Evidence, diagnosis: Diagnosis, plan: Plan | None) -> list[Repair]:
    """What can be done about a diagnosis, in order.

    :arg diagnosis: the whole of it, not what is cut to be shown.
    """
    return list(dict.fromkeys(_repairs(evidence, diagnosis, plan)))


def _repairs(evidence: Evidence, diagnosis: Diagnosis, plan: Plan | None) -> Iterator[Repair]:
    for finding in diagnosis.findings:
        if finding.rule == "create_back_off":
            yield from (Repair("restart", key, finding.rule) for key in _workloads(evidence, finding))
        elif finding.rule in _STUCK:
            for workload in _workloads(evidence, finding):
                if not _deleted_before(evidence, workload):
                    yield from (
                        Repair("delete", key, finding.rule) for key, pod in evidence.pods_of(workload) if not evidence.pod_is_well(pod)
                    )
    for part in plan.parts if plan else ():
        lasting = (item for item in part.objects if item["kind"] == "Job" and not goes_by_itself(item))
        for key in map(key_of, lasting):
            live = evidence.objects.get(key)
            gave_up = evidence.unwell.get(key, "").startswith(("BackoffLimitExceeded", "DeadlineExceeded", "Failed"))
            if (live is None and evidence.is_missing(key)) or gave_up:
                yield Repair("create", key, "job_failed" if gave_up else "job_missing")


def _workloads(evidence: Evidence, finding: Finding) -> list[Key]:
    named = set(finding.objects)
    return sorted(key for key in evidence.unwell if str(key) in named and key.kind in _PLURALS)


def _deleted_before(evidence: Evidence, workload: Key) -> bool:
    metadata = evidence.objects[workload]["metadata"]
    return (metadata.get("annotations") or {}).get(_DELETED) == str(metadata.get("generation"))


@dataclass
class Repaired:
    """A line for each repair: C(done), and C(left) that could not be done, with the reason."""

    done: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def repair(client: Client, wanted: list[Repair], evidence: Evidence, plan: Plan | None, manager: str, deadline: Deadline) -> Repaired:
    """Do it, while holding the run's Lease. What is refused, or another run that is at work, stops none of the others, and no diagnosis."""
    repaired = Repaired()
    try:
        lease, _waited = take_lease(client, manager, deadline)
    except (ApiError, LeaseHeldError) as error:
        repaired.left += [_left(one, error) for one in wanted]
        return repaired
    try:
        for one in wanted:
            try:
                if _do(client, one, evidence, plan, manager, deadline):
                    repaired.done.append(one.text)
            except ApiError as error:
                repaired.left.append(_left(one, error))
    finally:
        lease.release()
    return repaired


def _left(one: Repair, error: Exception) -> str:
    return short(f"{one.object}: not {_WORDS[one.what].partition(',')[0]}: {error}")


def _do(client: Client, one: Repair, evidence: Evidence, plan: Plan | None, manager: str, deadline: Deadline) -> bool:
    """:returns: whether there was something to be done still."""
    key = one.object
    if one.what == "restart":
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        _annotate(client, key, {"spec": {"template": {"metadata": {"annotations": {_RESTARTED: now}}}}}, manager, deadline)
        return True
    if one.what == "delete":
        owner, pod = evidence.owner(key), evidence.objects[key]
        mark = {"metadata": {"annotations": {_DELETED: str(evidence.objects[owner]["metadata"].get("generation"))}}}
        _annotate(client, owner, mark, manager, deadline)
        return _delete(client, f"/api/v1/namespaces/{key.namespace}/pods/{key.name}", pod["metadata"].get("uid"), deadline)
    path = f"/apis/batch/v1/namespaces/{key.namespace}/jobs/{key.name}"
    if live := evidence.objects.get(key):
        _delete(client, path, live["metadata"].get("uid"), deadline)
        while not deadline.expired and _is_there(client, path, deadline):
            deadline.wait(0.5)
    body, part = _planned(plan, key)
    client.apply(path, marked(to_send(body, namespaced=True), part), manager=manager, deadline=deadline)
    return True


def _annotate(client: Client, workload: Key, change: dict[str, Any], manager: str, deadline: Deadline) -> None:
    path = f"/apis/apps/v1/namespaces/{workload.namespace}/{_PLURALS[workload.kind]}/{workload.name}"
    # A manager of its own: what it writes is none of what the plan declares.
    client.request("PATCH", path, query={"fieldManager": f"{manager}.repair"}, body=change, content_type=_MERGE, deadline=deadline)


def _delete(client: Client, path: str, uid: str | None, deadline: Deadline) -> bool:
    body = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background", "preconditions": {"uid": uid}}
    try:
        client.request("DELETE", path, body=body, deadline=deadline)
    except ApiError as error:
        # Gone, or another one by now.
        if error.status not in (404, 409):
            raise
        return False
    return True


def _is_there(client: Client, path: str, deadline: Deadline) -> bool:
    try:
        client.get(path, deadline=deadline)
    except ApiError as error:
        if error.status == 404:
            return False
        raise
    return True


def _planned(plan: Plan | None, key: Key) -> tuple[dict[str, Any], str]:
    found = [(item, part.name) for part in (plan.parts if plan else ()) for item in part.objects if key_of(item) == key]
    return found[0]
