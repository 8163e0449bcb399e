# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads the evidence from a cluster: many questions at a time, in bounded time and size. What is not to be had is told, and no failure."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from .._apply.made import Made
from .._client.clock import clock_of
from .._client.http import METADATA_LIST, ApiError, Client
from .._client.parallel import in_parallel
from .._common.deadline import Deadline
from .._objects.objects import Key, key_of
from .._readiness.pods import container_statuses
from .._render.plan import Plan
from .events import event_of, merged
from .evidence import Event, Evidence, Item, Log, Refusal, goes_by_itself
from .kinds import OF_NAMESPACES, OF_THE_CLUSTER, Read

_PAGE = 500
# Of a namespace with more of a kind than this the first ones are enough to tell a cause by.
_MOST = 5000
_LOGS, _LOG_LINES, _LOG_BYTES, _LOG_SECONDS = 40, 80, 32 * 1024, 20.0
_SYSTEM = "kube-system"
_OTHERS = 20
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
# The sidecar asks istiod for its certificate, and only istiod says why it gets none.
_ISTIOD = ("app", "istiod")


@dataclass(frozen=True)
class Wanted:
    """What to read: of a plan, or of C(namespaces) when there is none.

    :arg made: what controllers make. C(refusals): what could not be applied, as texts of C(object), C(part), C(message), C(because_of).
    :arg events: that were kept from before.
    """

    plan: Plan | None = None
    namespaces: frozenset[str] = frozenset()
    made: tuple[Made, ...] = ()
    refusals: tuple[Mapping[str, str], ...] = ()
    events: tuple[Event, ...] = ()


@dataclass
class _Found:
    objects: dict[Key, Item] = field(default_factory=dict)
    read: set[tuple[str, str, str]] = field(default_factory=set)
    events: list[Event] = field(default_factory=list)
    logs: list[Log] = field(default_factory=list)
    gaps: dict[str, None] = field(default_factory=dict)


def gather(client: Client, wanted: Wanted, deadline: Deadline) -> Evidence:
    """Everything that rules look at.

    :raises ApiError: when the API server does not answer at all, or accepts no credentials.
    """
    headers, _content = client.read("/version", deadline=deadline)
    version = client.get("/version", deadline=deadline)["gitVersion"]
    now, ahead = clock_of(headers)
    found = _Found()
    groups = {group["name"]: group["preferredVersion"]["version"] for group in client.get("/apis", deadline=deadline)["groups"]}
    core = client.get("/api/v1", deadline=deadline)["resources"]
    planned = wanted.plan.owners() if wanted.plan else None
    spaces = namespaces_of(wanted)
    _all([functools.partial(_list, client, groups, kind, "", found, deadline) for kind in OF_THE_CLUSTER], found, deadline)
    calls: list[Callable[[], None]] = []
    for space in sorted({*spaces, _SYSTEM, *_others(Evidence(now, objects=found.objects), wanted)}):
        calls += [functools.partial(_list, client, groups, kind, space, found, deadline) for kind in OF_NAMESPACES]
        calls.append(functools.partial(_events, client, space, found, deadline))
    # A node's events are in the namespace default.
    calls.append(functools.partial(_events, client, "default", found, deadline))
    _all(calls, found, deadline)
    _crds(client, groups, found, deadline)
    evidence = Evidence(
        now=now,
        version=str(version),
        ahead=ahead,
        api_resources=frozenset(entry["name"] for entry in core),
        objects=found.objects,
        read=frozenset(found.read),
        events=merged([*wanted.events, *found.events]),
        refusals=tuple(_refusal(entry, planned or {}) for entry in wanted.refusals),
        made=wanted.made,
        planned=planned,
        passing=frozenset(
            key_of(item) for part in (wanted.plan.parts if wanted.plan else ()) for item in part.objects if goes_by_itself(item)
        ),
        homes=spaces,
        issuer=_issuer(client, deadline),
    )
    _logs(client, evidence, found, deadline)
    return replace(evidence, logs=tuple(found.logs), gaps=tuple(found.gaps))


def _others(evidence: Evidence, wanted: Wanted) -> list[str]:
    """Where else a cause may be: behind webhooks without which nothing is accepted, and where makers of what pods mount are."""
    behind = {webhook.service[0] for webhook in evidence.webhooks if webhook.fail_closed} | {made.maker.namespace for made in wanted.made}
    there = {key.name for key, _item in evidence.of("", "Namespace")}
    return sorted(behind & there)[:_OTHERS]


def namespaces_of(wanted: Wanted) -> frozenset[str]:
    """The namespaces that an install is about: those of its objects, those that it makes, and those of its Profiles."""
    if wanted.plan is None:
        return wanted.namespaces
    keys = [key_of(item) for part in (*wanted.plan.parts, *wanted.plan.provided) for item in part.objects]
    made = {key.name for key in keys if key.kind in ("Namespace", "Profile")}
    return frozenset({key.namespace for key in keys if key.namespace} | made)


def _all(calls: Sequence[Callable[[], None]], found: _Found, deadline: Deadline) -> None:
    try:
        in_parallel(calls, deadline)
    except ApiError as error:
        found.gaps[f"not everything could be read: {error.message}"] = None


def _list(client: Client, groups: Mapping[str, str], kind: Read, namespace: str, found: _Found, deadline: Deadline) -> None:
    if kind.group and kind.group not in groups:
        return
    version = kind.version or groups.get(kind.group, "v1")
    root = f"/apis/{kind.group}/{version}" if kind.group else f"/api/{version}"
    path = f"{root}/namespaces/{namespace}/{kind.plural}" if namespace else f"{root}/{kind.plural}"
    where = f" in {namespace}" if namespace else ""
    items: list[dict[str, Any]] = []
    whole = False
    query: dict[str, Any] = {"limit": _PAGE}
    try:
        while len(items) < _MOST:
            answer = client.get(path, query=query, accept=METADATA_LIST if kind.names else "application/json", deadline=deadline)
            items += answer.get("items") or ()
            query["continue"] = (answer.get("metadata") or {}).get("continue")
            if not query["continue"]:
                whole = True
                break
    except ApiError as error:
        # A kind that its group does not have, in this version of Kubernetes or of its part.
        if error.status != 404:
            found.gaps[f"{kind.plural}{where} could not be read: {error.message}"] = None
        return
    for item in items:
        key = Key(kind.group, kind.kind, item["metadata"].get("namespace") or "", item["metadata"]["name"])
        found.objects[key] = _only_names(item) if kind.names else _without_ballast(item)
    if whole:
        found.read.add((kind.group, kind.kind, namespace))
    else:
        found.gaps[f"only the first {len(items)} {kind.plural}{where} were read"] = None


def _only_names(item: dict[str, Any]) -> Item:
    """Annotations may hold the content of a Secret, too: kubectl apply writes it there."""
    kept = ("name", "namespace", "uid", "creationTimestamp", "deletionTimestamp")
    return {"metadata": {name: item["metadata"][name] for name in kept if name in item["metadata"]}}


def _without_ballast(item: dict[str, Any]) -> Item:
    metadata = {name: value for name, value in item["metadata"].items() if name not in ("managedFields", "selfLink")}
    if annotations := metadata.get("annotations"):
        metadata["annotations"] = {name: value for name, value in annotations.items() if name != _APPLIED}
    return {**item, "metadata": metadata}


def _events(client: Client, namespace: str, found: _Found, deadline: Deadline) -> None:
    try:
        items = client.get(f"/api/v1/namespaces/{namespace}/events", query={"limit": _MOST}, deadline=deadline)["items"]
    except ApiError as error:
        found.gaps[f"events in {namespace} could not be read: {error.message}"] = None
        return
    found.events += [event_of(item) for item in items]


def _crds(client: Client, groups: Mapping[str, str], found: _Found, deadline: Deadline) -> None:
    """Contents of those CRDs only that discovery does not know: a CRD that is served is as it should be."""
    names = [key.name for key in found.objects if key.kind == "CustomResourceDefinition"]
    of_groups = sorted({name.partition(".")[2] for name in names} & set(groups))
    served: set[str] = set()

    def ask(group: str) -> None:
        try:
            versions = client.get(f"/apis/{group}", deadline=deadline)["versions"]
            for version in versions:
                resources = client.get(f"/apis/{version['groupVersion']}", deadline=deadline)["resources"]
                served.update(f"{entry['name']}.{group}" for entry in resources)
        except ApiError as error:
            # While kinds of a group are being made or removed, discovery names versions that are not served.
            if error.status == 404:
                return
            found.gaps[f"what is served of {group} could not be read: {error.message}"] = None
            served.update(name for name in names if name.partition(".")[2] == group)

    def read(name: str) -> None:
        try:
            item = client.get(f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}", deadline=deadline)
        except ApiError as error:
            found.gaps[f"CustomResourceDefinition {name} could not be read: {error.message}"] = None
            return
        spec = {"group": item["spec"]["group"], "names": item["spec"]["names"], "conversion": item["spec"].get("conversion")}
        slim = {**item, "spec": spec}
        found.objects[Key("apiextensions.k8s.io", "CustomResourceDefinition", "", name)] = _without_ballast(slim)

    _all([functools.partial(ask, group) for group in of_groups], found, deadline)
    _all([functools.partial(read, name) for name in names if name not in served], found, deadline)


def _issuer(client: Client, deadline: Deadline) -> str:
    """Of the cluster's own tokens; empty where the API server does not say it (KEP-1393)."""
    try:
        return str(client.get("/.well-known/openid-configuration", deadline=deadline).get("issuer") or "")
    except (ApiError, AttributeError):
        return ""


def _refusal(entry: Mapping[str, str], planned: Mapping[Key, str]) -> Refusal:
    named = {str(key): key for key in planned}
    about = named.get(entry["object"]) or _key_of_text(entry["object"])
    return Refusal(entry.get("part") or "", about, entry.get("message") or "", entry.get("because_of") or "")


def _key_of_text(text: str) -> Key:
    kind, _space, name = text.partition(" ")
    kind, _dot, group = kind.partition(".")
    namespace, _slash, name = name.rpartition("/")
    return Key(group, kind, namespace, name)


def _logs(client: Client, evidence: Evidence, found: _Found, deadline: Deadline) -> None:
    """The logs of containers that are not as they should be, those of what most wait for first."""
    limit = Deadline(min(_LOG_SECONDS, deadline.remaining))
    refused: dict[str, int] = {}

    def read(pod: Key, container: str, previous: bool) -> None:
        query: dict[str, Any] = {"container": container, "tailLines": _LOG_LINES, "limitBytes": _LOG_BYTES}
        if previous:
            query["previous"] = "true"
        path = f"/api/v1/namespaces/{pod.namespace}/pods/{quote(pod.name)}/log"
        try:
            _headers, content = client.read(path, query=query, deadline=limit)
        except ApiError as error:
            refused[error.message] = refused.get(error.message, 0) + 1
            return
        if content.strip():
            found.logs.append(Log(pod, container, content.decode(errors="replace"), previous))

    wanted = list(dict.fromkeys(_containers_with_logs(evidence)))
    _all([functools.partial(read, *entry) for entry in wanted[:_LOGS]], found, limit)
    found.logs.sort(key=lambda log: (log.pod, log.container, log.previous))
    if refused:
        reason, count = next(iter(refused.items()))[0], sum(refused.values())
        found.gaps[f"{count} logs could not be read: {reason}"] = None
    if len(wanted) > _LOGS:
        found.gaps[f"{len(wanted) - _LOGS} logs of {len(wanted)} were not read"] = None


def _containers_with_logs(evidence: Evidence) -> Iterable[tuple[Key, str, bool]]:
    proxies_wait = False
    for key, pod in evidence.unwell_pods:
        for status in container_statuses(pod):
            state, restarts = status.get("state") or {}, status.get("restartCount", 0)
            ended = state.get("terminated") or {}
            if status.get("ready") or (ended and not ended.get("exitCode")):
                continue
            if state.get("running") or ended or restarts:
                yield key, status["name"], False
                proxies_wait = proxies_wait or status["name"] == "istio-proxy"
            if state.get("running") and restarts:
                yield key, status["name"], True
    if proxies_wait:
        for key, pod in evidence.of("", "Pod"):
            if (pod["metadata"].get("labels") or {}).get(_ISTIOD[0]) == _ISTIOD[1]:
                yield key, "discovery", False
