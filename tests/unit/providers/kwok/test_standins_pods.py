# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the stand-in for the kubelets waits for and writes, without a cluster."""

from __future__ import annotations

import datetime
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[4] / "roles/cluster_kwok/files"))

from standins import kubelet, pods
from standins.ends import ends_in
from standins.pace import Pace, PaceFile, read
from standins.pods import Progress, Reference
from standins.pulls import Pulls

Thing = dict[str, Any]
HOLD = ("ContainerCreating", "")
PROXY = {"name": "istio-proxy", "image": "proxy:1"}


def pod(*containers: Thing, inits: list[Thing] | None = None, **more: Any) -> Thing:
    spec = {"nodeName": "node", "containers": [{"image": "image:1", **item} for item in containers], **more}
    if inits:
        spec["initContainers"] = [{"image": "image:1", **item} for item in inits]
    return {"metadata": {"name": "pod", "namespace": "space", "uid": "1"}, "spec": spec}


@pytest.mark.parametrize(
    ("sleeps", "phase", "grace", "left"),
    [
        ([5, 3], "Running", 30, 4),
        ([50], "Running", 30, 29),
        ([None], "Running", 30, -1),
        # Its containers have not begun, or it is to go by force.
        ([5], "Pending", 30, 0),
        ([5], "Running", 0, -1),
    ],
)
def test_a_pod_ends_when_its_hooks_have_slept(sleeps: list[int | None], phase: str, grace: int, left: float) -> None:
    hooks = [
        {"lifecycle": {"preStop": {"sleep": {"seconds": seconds}}}} if seconds else {"lifecycle": {"preStop": {"exec": {}}}}
        for seconds in sleeps
    ]
    ending = pod(*({"name": f"c{number}", **hook} for number, hook in enumerate(hooks)))
    asked = 1_800_000_000
    until = datetime.datetime.fromtimestamp(asked + grace, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    ending["metadata"] |= {"deletionTimestamp": until, "deletionGracePeriodSeconds": grace}
    ending["status"] = {"phase": phase}
    assert ends_in(ending, asked + 1) == left


def mounting(volume: Thing, **more: Any) -> Thing:
    return pod({"name": "main", "volumeMounts": [{"name": volume["name"], "mountPath": "/x"}]}, volumes=[volume], **more)


def missing(*names: str) -> pods.Look:
    return lambda reference: pods.MISSING if reference.name in names else ""


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({"configMap": {"name": "a"}}, [Reference("configmap", "a")]),
        ({"configMap": {"name": "a", "optional": True}}, []),
        ({"configMap": {"name": "a", "items": [{"key": "k", "path": "p"}]}}, [Reference("configmap", "a", ("k",))]),
        ({"secret": {"secretName": "a"}}, [Reference("secret", "a")]),
        ({"secret": {"secretName": "a", "optional": True}}, []),
        ({"persistentVolumeClaim": {"claimName": "a"}}, [Reference("persistentvolumeclaim", "a")]),
        ({"ephemeral": {"volumeClaimTemplate": {}}}, [Reference("persistentvolumeclaim", "pod-v")]),
        ({"emptyDir": {}}, []),
        (
            {
                "projected": {
                    "sources": [
                        {"configMap": {"name": "a"}},
                        {"secret": {"name": "b"}},
                        {"secret": {"name": "c", "optional": True}},
                        {"serviceAccountToken": {"audience": "istio-ca", "path": "istio-token"}},
                        {"downwardAPI": {}},
                    ]
                }
            },
            [Reference("configmap", "a"), Reference("secret", "b"), Reference("token", "")],
        ),
    ],
)
def test_what_a_volume_is_made_from(source: Thing, expected: list[Reference]) -> None:
    assert pods.volume_references({"name": "v", **source}, "pod") == expected


@pytest.mark.parametrize(
    ("source", "wrong", "message"),
    [
        ({"configMap": {"name": "istio-ca-root-cert"}}, "missing", 'volume "v" : configmap "istio-ca-root-cert" not found'),
        ({"secret": {"secretName": "webhook-server-tls"}}, "missing", 'volume "v" : secret "webhook-server-tls" not found'),
        ({"configMap": {"name": "a"}}, "k", 'volume "v" : configmap references non-existent config key: k'),
        ({"secret": {"secretName": "a"}}, "k", 'volume "v" : references non-existent secret key: k'),
        ({"projected": {"sources": [{"serviceAccountToken": {}}]}}, "missing", "does not have TokenRequest endpoints enabled"),
        ({"persistentVolumeClaim": {"claimName": "a"}}, "unbound", "error processing PVC space/a: PVC is not bound"),
        ({"persistentVolumeClaim": {"claimName": "a"}}, "missing", 'persistentvolumeclaims "a" not found'),
    ],
)
def test_the_kubelets_own_words(source: Thing, wrong: str, message: str) -> None:
    (found,) = pods.mount_problems(mounting({"name": "v", **source}), lambda _reference: wrong).values()
    assert message in found
    assert pods.mount_problems(mounting({"name": "v", **source}), lambda _reference: "") == {}


def test_a_volume_that_nobody_mounts_is_not_waited_for() -> None:
    found = mounting({"name": "v", "secret": {"secretName": "a"}})
    found["spec"]["volumes"].append({"name": "unused", "secret": {"secretName": "b"}})
    assert [reference.name for reference in pods.mount_problems(found, missing("a", "b"))] == ["a"]
    inits = [{"name": "i", "volumeMounts": [{"name": "unused", "mountPath": "/y"}]}]
    found["spec"]["initContainers"] = inits
    assert len(pods.mount_problems(found, missing("a", "b"))) == 2


@pytest.mark.parametrize(
    ("container", "wrong", "message"),
    [
        ({"envFrom": [{"configMapRef": {"name": "a"}}]}, "missing", 'configmap "a" not found'),
        ({"envFrom": [{"secretRef": {"name": "a", "optional": True}}]}, "missing", None),
        ({"env": [{"name": "E", "valueFrom": {"secretKeyRef": {"name": "a", "key": "k"}}}]}, "missing", 'secret "a" not found'),
        ({"env": [{"name": "E", "valueFrom": {"secretKeyRef": {"name": "a", "key": "k"}}}]}, "k", "couldn't find key k in Secret space/a"),
        (
            {"env": [{"name": "E", "valueFrom": {"configMapKeyRef": {"name": "a", "key": "k"}}}]},
            "k",
            "couldn't find key k in ConfigMap space/a",
        ),
        ({"env": [{"name": "E", "valueFrom": {"configMapKeyRef": {"name": "a", "key": "k", "optional": True}}}]}, "k", None),
        ({"env": [{"name": "E", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}, {"name": "F", "value": "v"}]}, "k", None),
    ],
)
def test_what_an_environment_is_made_from(container: Thing, wrong: str, message: str | None) -> None:
    found = pods.environment_problem(container, "space", lambda _reference: wrong)
    assert (found[1] if found else None) == message


def summary(status: Thing) -> tuple[str, list[str], dict[str, str]]:
    """Phase; what each container is in; conditions."""
    items = [*status.get("initContainerStatuses", []), *status["containerStatuses"]]
    states = [next(iter(item["state"])) for item in items]
    return status["phase"], states, {found["type"]: found["status"] for found in status["conditions"]}


def test_a_pod_runs() -> None:
    found = pod({"name": "a"}, {"name": "b"}, inits=[{"name": "i"}, {"name": "s", "restartPolicy": "Always"}])
    status = pods.status_of(found, Progress(mounted=True), ("10.0.0.1", "10.0.0.2"), "now")
    conditions = {"Initialized": "True", "Ready": "True", "ContainersReady": "True"}
    assert summary(status) == ("Running", ["terminated", "running", "running", "running"], conditions)
    assert status["podIPs"] == [{"ip": "10.0.0.2"}]
    # Written once: the next look finds nothing new.
    assert pods.differs({}, status)
    later = pods.status_of({**found, "status": status}, Progress(mounted=True), ("10.0.0.1", "10.0.0.2"), "later")
    assert not pods.differs(status, later)
    assert later["containerStatuses"][0]["state"]["running"]["startedAt"] == "now"


def test_a_pod_is_held() -> None:
    found = pod({"name": "a"}, {"name": "b"})
    held = pods.status_of(found, Progress(waiting={"a": HOLD, "b": HOLD}), ("10.0.0.1", ""), "now")
    conditions = {"Initialized": "True", "Ready": "False", "ContainersReady": "False"}
    assert summary(held) == ("Pending", ["waiting", "waiting"], conditions)
    assert "podIP" not in held
    assert held["containerStatuses"][0]["state"]["waiting"] == {"reason": "ContainerCreating"}
    wrong = Progress(mounted=True, waiting={"b": ("CreateContainerConfigError", 'secret "x" not found')})
    status = pods.status_of(found, wrong, ("10.0.0.1", "10.0.0.2"), "now")
    assert summary(status) == ("Pending", ["running", "waiting"], conditions)
    assert pods.differs(held, status)


def test_an_init_container_that_waits_holds_the_others() -> None:
    progress = Progress(mounted=True, waiting={"i": ("PodInitializing", ""), "a": ("PodInitializing", "")})
    status = pods.status_of(pod({"name": "a"}, inits=[{"name": "i"}]), progress, ("", ""), "now")
    assert summary(status)[2]["Initialized"] == "False"
    assert status["phase"] == "Pending"


def test_a_program_that_runs_may_not_be_ready() -> None:
    found = pod({"name": "a"}, {"name": "b"})
    status = pods.status_of(found, Progress(mounted=True, unready={"a"}), ("", ""), "now")
    assert summary(status) == ("Running", ["running", "running"], {"Initialized": "True", "Ready": "False", "ContainersReady": "False"})
    ready = pods.status_of({**found, "status": status}, Progress(mounted=True), ("", ""), "later")
    assert pods.differs(status, ready) and summary(ready)[2]["Ready"] == "True"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({"secret": {"secretName": "a"}}, [pods.SecretVolume("v", "a")]),
        ({"secret": {"secretName": "a", "optional": True}}, [pods.SecretVolume("v", "a")]),
        (
            {"projected": {"sources": [{"secret": {"name": "a", "items": [{"key": "k", "path": "p"}]}}, {"configMap": {"name": "b"}}]}},
            [pods.SecretVolume("v", "a", (("p", "k"),))],
        ),
        ({"configMap": {"name": "a"}}, []),
    ],
)
def test_what_a_pod_sees_of_secrets(source: Thing, expected: list[pods.SecretVolume]) -> None:
    found = mounting({"name": "v", **source})
    found["spec"]["volumes"].append({"name": "unused", "secret": {"secretName": "b"}})
    assert pods.secret_volumes(found) == expected
    for volume in expected:
        assert volume.files({"k": b"1", "l": b"2"}) == ({"p": b"1"} if volume.items else {"k": b"1", "l": b"2"})


def test_only_who_mounts_it_and_has_a_probe_is_asked() -> None:
    mount = {"volumeMounts": [{"name": "v", "mountPath": "/x"}]}
    probe = {"readinessProbe": {"httpGet": {"path": "/readyz", "port": 8081}}}
    found = pod({"name": "a", **probe, **mount}, {"name": "b", **mount}, {"name": "c", **probe})
    assert pods.probed_with(found, "v") == {"a"}


def test_a_readiness_gate_is_for_others_to_open() -> None:
    found = pod({"name": "a"}, readinessGates=[{"conditionType": "example.org/gate"}])
    status = pods.status_of(found, Progress(mounted=True), ("", ""), "now")
    assert summary(status)[2] == {"Initialized": "True", "Ready": "False", "ContainersReady": "True"}
    found["status"] = {"conditions": [{"type": "example.org/gate", "status": "True"}]}
    assert summary(pods.status_of(found, Progress(mounted=True), ("", ""), "now"))[2]["Ready"] == "True"


@pytest.mark.parametrize(
    ("containers", "inits", "phase"),
    [
        ([{"name": "main"}], [], "Succeeded"),
        # On a real cluster too a Job with such a sidecar never ends.
        ([{"name": "main"}, PROXY], [], "Running"),
        ([{"name": "main"}], [{**PROXY, "restartPolicy": "Always"}], "Succeeded"),
    ],
)
def test_the_end_of_a_jobs_pod(containers: list[Thing], inits: list[Thing], phase: str) -> None:
    found = pod(*containers, inits=inits)
    status = pods.status_of(found, Progress(mounted=True, ended=pods.that_end(found)), ("", ""), "now")
    assert status["phase"] == phase
    assert all("terminated" in item["state"] for item in status.get("initContainerStatuses", []))


def test_addresses_of_pods() -> None:
    assert kubelet.address(1) == "10.128.0.1"
    assert kubelet.number_of(kubelet.address(70000)) == 70000
    for other in ("10.127.255.1", "192.168.1.1", "::1", ""):
        assert kubelet.number_of(other) == 0


def test_the_longest_pattern_counts() -> None:
    pace = Pace(1, (("*", 2.0), ("mysql:8.0", 3.0), ("*/notebooks/*", 4.0)))
    assert [pace.pull(image) for image in ("mysql:8.0", "mysql:8.4", "ghcr.io/notebooks/a:1")] == [3, 2, 4]
    assert Pace(1).pull("mysql:8.0") == 1


def test_one_pull_for_all_pods_of_a_node(tmp_path: Path) -> None:
    path = tmp_path / "pace.json"
    path.write_text(json.dumps({"pull_seconds": 5, "pull_seconds_by_image": {}, "secret_refresh_seconds": 1}))
    pace = PaceFile(path)
    assert pace().secret_refresh_seconds == 1
    pulls = Pulls(lambda image: pace().pull(image))
    assert pulls.pull("one", "a", 100).end == 105
    assert pulls.pull("one", "a", 103).end == 105
    assert pulls.pull("two", "a", 103).end == 108
    pulls.has("one", "b")
    assert pulls.pull("one", "b", 103).seconds == 0
    # A change counts from the next pull on.
    path.write_text(json.dumps({"pull_seconds": 0, "pull_seconds_by_image": {"c*": 7}, "secret_refresh_seconds": 60}))
    os.utime(path, ns=(1, 1))
    assert pulls.pull("one", "a", 104).end == 105
    assert pulls.pull("one", "c1", 104).end == 111
    assert pulls.pull("one", "d", 104).end == 104
    assert pace().secret_refresh_seconds == 60


@pytest.mark.parametrize("content", ["", "[]", '{"pull_seconds": "x", "pull_seconds_by_image": {}, "secret_refresh_seconds": 0}', None])
def test_no_settings_no_time(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "f").write_text(content)
    assert read(tmp_path / "f") == Pace()
