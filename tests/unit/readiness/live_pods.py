# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pods and events as kubelets write them, and strategies for any of them."""

from __future__ import annotations

import datetime
from typing import Any

from hypothesis import strategies as st

Thing = dict[str, Any]
IMAGE = "docker.io/istio/pilot:1.9.6"


def at(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def event(reason: str, message: str, seconds: float = 0, kind: str = "Normal", **about: Any) -> Thing:
    involved = {"kind": "Pod", "namespace": "n", "name": "p", "uid": "u", **about}
    metadata = {"uid": f"{reason} {message} {involved}", "namespace": "n", "resourceVersion": str(int(seconds * 10))}
    times = {"firstTimestamp": at(seconds), "lastTimestamp": at(seconds)}
    return {"metadata": metadata, "involvedObject": involved, "reason": reason, "message": message, "type": kind, "count": 1, **times}


def pod(status: Thing | None = None, *, containers: Any = (), inits: Any = (), node: str = "node-1", **metadata: Any) -> Thing:
    spec = {"containers": list(containers) or [{"name": "c", "image": IMAGE}], "initContainers": list(inits)}
    if node:
        spec["nodeName"] = node
    return {"metadata": {"name": "p", "namespace": "n", "uid": "u", **metadata}, "spec": spec, "status": status or {}}


def container(name: str = "c", ready: bool = False, **state: Any) -> Thing:
    return {"name": name, "image": IMAGE, "ready": ready, "restartCount": 0, **state}


def waiting(reason: str, message: str = "", name: str = "c", **more: Any) -> Thing:
    return container(name, state={"waiting": {"reason": reason} | ({"message": message} if message else {})}, **more)


PULL_REASONS = ("ErrImagePull", "ImagePullBackOff")
WORDS = st.sampled_from(
    [
        "",
        "Back-off pulling image",
        "rpc error: code = NotFound desc = not found",
        "toomanyrequests: You have reached your pull rate limit",
        "couldn't find key a in Secret n/s",
        'secret "s" not found',
        "0/3 nodes are available: 3 Insufficient cpu.",
        'Pulling image "a:1"',
    ]
)
_TIMES = st.one_of(st.none(), st.integers(0, 4_000_000_000).map(at), st.just("no time"))
_STATE = st.one_of(
    st.just({}),
    st.fixed_dictionaries(
        {"waiting": st.fixed_dictionaries({}, optional={"reason": WORDS | st.sampled_from(PULL_REASONS), "message": WORDS})}
    ),
    st.fixed_dictionaries({"running": st.fixed_dictionaries({}, optional={"startedAt": _TIMES})}),
    st.fixed_dictionaries({"terminated": st.fixed_dictionaries({"exitCode": st.integers(0, 255)}, optional={"message": WORDS})}),
)
_NAMES = st.sampled_from(["c", "d", "istio-proxy"])
_STATUS = st.fixed_dictionaries(
    {"name": _NAMES},
    optional={"state": _STATE | st.none(), "lastState": _STATE, "ready": st.booleans(), "restartCount": st.integers(0, 9), "image": WORDS},
)
_CONDITION = st.fixed_dictionaries(
    {"type": st.sampled_from(["Ready", "PodScheduled", "Initialized", "other"]), "status": st.sampled_from(["True", "False", "Unknown"])},
    optional={"reason": WORDS | st.just("Unschedulable"), "message": WORDS, "lastTransitionTime": _TIMES},
)
_CONTAINER = st.fixed_dictionaries({"name": _NAMES}, optional={"image": WORDS, "restartPolicy": st.just("Always")})
_VOLUME = st.fixed_dictionaries({"name": _NAMES}, optional={"persistentVolumeClaim": st.just({"claimName": "a"}), "ephemeral": st.just({})})
PODS = st.fixed_dictionaries(
    {
        "metadata": st.fixed_dictionaries(
            {"name": st.just("p"), "namespace": st.just("n"), "uid": st.just("u")},
            optional={"deletionTimestamp": _TIMES, "labels": st.none() | st.just({"app": "a"}), "annotations": st.none()},
        ),
    },
    optional={
        "spec": st.fixed_dictionaries(
            {"containers": st.lists(_CONTAINER, max_size=2)},
            optional={
                "nodeName": st.just("node"),
                "initContainers": st.lists(_CONTAINER, max_size=2),
                "volumes": st.lists(_VOLUME, max_size=2),
            },
        ),
        "status": st.none()
        | st.fixed_dictionaries(
            {},
            optional={
                "phase": st.sampled_from(["Pending", "Running", "Succeeded", "Failed", "Unknown"]),
                "conditions": st.lists(_CONDITION, max_size=3) | st.none(),
                "containerStatuses": st.lists(_STATUS, max_size=3) | st.none(),
                "initContainerStatuses": st.lists(_STATUS, max_size=3) | st.none(),
                "reason": WORDS,
                "message": WORDS,
            },
        ),
    },
)
"""Any pod that an API server could give: what is optional there is missing or null."""
EVENTS = st.lists(
    st.fixed_dictionaries(
        {"metadata": st.fixed_dictionaries({"uid": st.text(max_size=2)}, optional={"resourceVersion": st.text(max_size=3)})},
        optional={
            "reason": st.sampled_from(["Pulling", "Pulled", "Failed", "FailedMount", "Unhealthy", "FailedBinding"]),
            "message": WORDS,
            "firstTimestamp": _TIMES,
            "lastTimestamp": _TIMES,
            "eventTime": _TIMES,
            "series": st.none() | st.fixed_dictionaries({"lastObservedTime": _TIMES}),
            "involvedObject": st.none() | st.fixed_dictionaries({}, optional={"uid": st.just("u"), "fieldPath": WORDS}),
        },
    ),
    max_size=5,
)
