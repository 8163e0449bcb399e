# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Workloads and their pods: whose is which, what they make of the status, and when what became of them."""

from __future__ import annotations

from typing import Any

from readiness.live_pods import IMAGE, Thing, at, event, pod, waiting

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.objects import Key
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.events import Events
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.rule import Seen
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.status import CURRENT, in_progress
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.timeline import timeline
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.watched import Expected, Resource, View, declared_keys
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.workloads import Workloads

REVISION = "deployment.kubernetes.io/revision"
KEY = Key("apps", "Deployment", "n", "web")
RESOURCE = Resource("apps", "v1", "Deployment", "deployments", True)
WAITS = in_progress("0 of 1 replicas available", 1, 1)


def owned(uid: str, by: str, **metadata: Any) -> Thing:
    return {"metadata": {"name": uid, "namespace": "n", "uid": uid, "ownerReferences": [{"uid": by, "controller": True}], **metadata}}


def owned_pod(uid: str, by: str, status: Thing | None = None, **how: Any) -> Thing:
    found = pod(status, uid=uid, **how)
    found["metadata"] |= {"name": uid, "ownerReferences": [{"uid": by, "controller": True}]}
    return found


WEB: Thing = {
    "metadata": {
        "name": "web",
        "namespace": "n",
        "uid": "web",
        "generation": 1,
        "annotations": {REVISION: "2"},
        "creationTimestamp": at(5),
    },
    "spec": {"replicas": 1},
    "status": {"observedGeneration": 1},
}
OLD, NEW = owned("old", "web", annotations={REVISION: "1"}), owned("new", "web", annotations={REVISION: "2"})


def view(*pods: Thing, namespaces: Any = None) -> View:
    live = {RESOURCE: {("n", "web"): WEB}}
    return View(live, {}, Seen(namespaces=namespaces or {}), list(pods), {"old": OLD, "new": NEW, "other": owned("other", "api")}, [])


def names(pods: list[Any]) -> list[str]:
    return [one["metadata"]["uid"] for one in pods]


def test_pods_are_those_that_the_workload_has_made_whatever_their_labels() -> None:
    going = owned_pod("d", "new", deletionTimestamp="now")
    stranger = pod(uid="e")
    seen = view(owned_pod("a", "new"), owned_pod("b", "old"), owned_pod("c", "other"), going, stranger)
    assert sorted(names(seen.pods_of(WEB))) == ["a", "b"]
    assert names(seen.newest_pods_of(WEB)) == ["a"]


def test_a_statefulset_owns_its_pods_itself() -> None:
    assert names(view(owned_pod("a", "web")).newest_pods_of(WEB)) == ["a"]


GONE = {"phase": "Pending", "containerStatuses": [waiting("ErrImagePull", f"{IMAGE}: not found")]}


def test_a_pod_of_a_former_template_is_no_failure() -> None:
    workloads = Workloads(Events(), {}, [])
    seen = view(owned_pod("b", "old", GONE), owned_pod("a", "new", {"containerStatuses": [waiting("ContainerCreating")]}))
    judged = workloads.judge(KEY, WEB, WAITS, seen, 0, 0)
    assert judged.failure is None
    assert judged.status.message == "0 of 1 replicas available: its volumes are mounted and its containers are made"
    assert judged.status.progress == WAITS.progress


def test_a_failure_is_told_with_its_reason_and_not_final_by_itself() -> None:
    judged = Workloads(Events(), {}, []).judge(KEY, WEB, WAITS, view(owned_pod("a", "new", GONE)), 0, 0)
    assert judged.failure and judged.failure.reason == judged.status.reason == "ImageGone"
    assert judged.status.state == "InProgress"
    assert judged.status.message == f"0 of 1 replicas available: cannot pull {IMAGE}: {IMAGE}: not found"


def test_a_status_about_an_older_spec_is_not_held_against_the_new_one() -> None:
    changed = {**WEB, "metadata": {**WEB["metadata"], "generation": 2}}
    assert Workloads(Events(), {}, []).judge(KEY, changed, WAITS, view(owned_pod("a", "new", GONE)), 0, 0).failure is None


def test_a_pod_that_waits_for_a_claim_of_the_plan_is_no_failure_of_its_own() -> None:
    events = Events()
    said = event("FailedBinding", "no persistent volumes available for this claim and no storage class is set", 1)
    said["involvedObject"] = {"kind": "PersistentVolumeClaim", "namespace": "n", "name": "data", "uid": "claim"}
    events.take(said)
    waits = owned_pod("a", "new", {"phase": "Pending"}, node="")
    waits["spec"]["volumes"] = [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]
    of_plan = Workloads(events, {}, [Key("", "PersistentVolumeClaim", "n", "data")]).judge(KEY, WEB, WAITS, view(waits), 0, 0)
    assert of_plan.failure is None
    assert "it waits for claim data: no persistent volumes available" in of_plan.status.message
    of_others = Workloads(events, {}, []).judge(KEY, WEB, WAITS, view(waits), 0, 0)
    assert of_others.failure and of_others.failure.reason == "NoStorageClass"


def test_many_pods_do_not_make_a_long_message() -> None:
    pods = [owned_pod(f"p{n}", "new", {"phase": "Failed", "reason": "Evicted", "message": f"{n} {'x' * 300}"}) for n in range(9)]
    message = Workloads(Events(), {}, []).judge(KEY, WEB, WAITS, view(*pods), 0, 0).status.message
    assert len(message) < 520


def test_the_keys_that_a_plan_fills() -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s", "namespace": "n"},
        "data": {"a": "x"},
        "stringData": {"b": "y"},
    }
    assert declared_keys([secret, {**secret, "apiVersion": "example.com/v1"}]) == {Key("", "Secret", "n", "s"): frozenset("ab")}


def test_timeline() -> None:
    events = Events()
    events.take(event("Pulling", f'Pulling image "{IMAGE}"', 10, uid="a"))
    events.take(event("Pulled", f'Successfully pulled image "{IMAGE}" in 42s', 52, uid="a"))
    conditions = [
        {"type": "PodScheduled", "status": "True", "lastTransitionTime": at(7)},
        {"type": "Ready", "status": "True", "lastTransitionTime": at(60)},
    ]
    seen = view(owned_pod("a", "new", {"conditions": conditions}), owned_pod("b", "old"))
    expected = Expected("app", KEY, RESOURCE)
    (line,) = timeline([(expected, CURRENT)], seen, events)
    assert (line.part, line.object, line.made, line.scheduled, line.pulled, line.ready) == ("app", "Deployment n/web", 5, 7, 52, 60)
    assert [(pull.image, pull.began, pull.ended) for pull in line.pulling] == [(IMAGE, 10, 52)]
    (line,) = timeline([(expected, WAITS)], seen, events)
    assert line.ready is None
    assert timeline([(Expected("app", Key("apps", "Deployment", "n", "api"), RESOURCE), WAITS)], seen, events) == []


def test_a_timeline_without_what_nobody_has_told() -> None:
    (line,) = timeline([(Expected("app", KEY, RESOURCE), WAITS)], view(), Events())
    assert (line.made, line.scheduled, line.pulled, line.ready, line.pulling) == (5, None, None, None, [])
