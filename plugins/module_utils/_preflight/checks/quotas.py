# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ResourceQuotas and LimitRanges in namespaces of the plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, NamedTuple

from ..._common.words import few
from ..._objects.demand import Claims, Pods, claims_of, requested, storage_of
from ..._objects.quantity import parse_quantity
from ..check import Answer, Problem, Question, answer_of, check
from ..look import Item, name_of
from ..planned import namespaces_of, planned_pods, strangers_pods

_NAMES = {
    "pods": "pods",
    "count/pods": "pods",
    "cpu": "cpu",
    "requests.cpu": "cpu",
    "memory": "memory",
    "requests.memory": "memory",
    "persistentvolumeclaims": "claims",
    "count/persistentvolumeclaims": "claims",
    "requests.storage": "storage",
}
_CLAIM = "PersistentVolumeClaim"
# Where a quota counts one of these, each container has to say it, init containers too (validationSet of pkg/quota/v1/evaluator/core/pods.go).
_SAID = {
    "cpu": ("requests", "cpu"),
    "requests.cpu": ("requests", "cpu"),
    "limits.cpu": ("limits", "cpu"),
    "memory": ("requests", "memory"),
    "requests.memory": ("requests", "memory"),
    "limits.memory": ("limits", "memory"),
}


class _Defaults(NamedTuple):
    """What LimitRanges of a namespace give to containers that do not say it themselves."""

    requests: dict[str, Any]
    limits: dict[str, Any]


@check(
    asks="Whether ResourceQuotas and LimitRanges of the plan's namespaces let its pods and claims in.",
    unsaid="Look by hand: kubectl get resourcequotas,limitranges -A",
)
def quotas(question: Question) -> Answer | None:
    ours = namespaces_of(question)
    found = [item for item in question.look.of("resourcequotas") if item["metadata"]["namespace"] in ours]
    ranges = [item for item in question.look.of("limitranges") if item["metadata"]["namespace"] in ours]
    if not found and not ranges:
        return Answer("no quota and no limit range in the plan's namespaces")
    defaults = _defaults(ranges)
    pods = [_admitted(pods, defaults) for pods in planned_pods(question, max(1, len(question.look.of("nodes"))))]
    claims = [claim for claim in claims_of(question.objects(), 1) if claim.count]
    needed = _needed(question, pods, claims)
    there = {(item["metadata"]["namespace"], name_of(item)) for item in question.look.of("persistentvolumeclaims")}
    # A claim that is there has been let in, and is not sent again as it is.
    new = [claim for claim in claims if not _places(claim) <= there]
    problems = [problem for item in found for problem in _quota(item, pods, needed)]
    problems += [problem for item in ranges for problem in _range(item, pods, new)]
    return answer_of(problems, f"{len(found)} quotas and {len(ranges)} limit ranges in the plan's namespaces leave room")


def _defaults(ranges: Iterable[Item]) -> Mapping[str, _Defaults]:
    """By namespace. What is not given is as the API server stores it (SetDefaults_LimitRangeItem, pkg/apis/core/v1/defaults.go)."""
    found: dict[str, _Defaults] = defaultdict(lambda: _Defaults({}, {}))
    for item in ranges:
        requests, limits = found[item["metadata"]["namespace"]]
        for limit in _limits(item, "Container"):
            default = _default_limits(limit)
            for name, value in default.items():
                limits.setdefault(name, value)
            for name, value in {**(limit.get("min") or {}), **default, **(limit.get("defaultRequest") or {})}.items():
                requests.setdefault(name, value)
    return found


def _default_limits(limit: Mapping[str, Any]) -> dict[str, Any]:
    return {**(limit.get("max") or {}), **(limit.get("default") or {})}


def _admitted(pods: Pods, defaults: Mapping[str, _Defaults]) -> Pods:
    """As LimitRanger and the API server make them before they are judged: a limit that is given is the request, too, where there is none."""
    given = defaults.get(pods.owner.namespace, _Defaults({}, {}))

    def filled(container: Mapping[str, Any]) -> dict[str, Any]:
        own = container.get("resources") or {}
        limits, requests = own.get("limits") or {}, own.get("requests") or {}
        resources = {"limits": {**given.limits, **limits}, "requests": {**given.requests, **limits, **requests}}
        return {**container, "resources": resources}

    before = pods.template.get("spec") or {}
    spec = {**before, **{name: [filled(one) for one in before.get(name) or ()] for name in ("initContainers", "containers")}}
    # What sidecars ask for is in the pods' numbers only.
    (cpu, memory), (old_cpu, old_memory) = requested(spec), requested(before)
    return replace(pods, cpu=pods.cpu + cpu - old_cpu, memory=pods.memory + memory - old_memory, template={**pods.template, "spec": spec})


def _needed(question: Question, planned: Iterable[Pods], claims: Iterable[Claims]) -> Mapping[str, Mapping[str, Decimal]]:
    """What each namespace will hold: the plan's, and what is there of others."""
    found: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for pods in planned:
        space = found[pods.owner.namespace]
        space["pods"] += pods.count
        space["cpu"] += pods.cpu * pods.count
        space["memory"] += pods.memory * pods.count
    for pod in strangers_pods(question):
        cpu, memory = requested(pod.get("spec") or {})
        space = found[pod["metadata"]["namespace"]]
        space["pods"], space["cpu"], space["memory"] = space["pods"] + 1, space["cpu"] + cpu, space["memory"] + memory
    ours = set()
    for claim in claims:
        ours |= _places(claim)
        found[claim.owner.namespace]["claims"] += claim.count
        found[claim.owner.namespace]["storage"] += claim.storage * claim.count
    for item in question.look.of("persistentvolumeclaims"):
        namespace = item["metadata"]["namespace"]
        if (namespace, name_of(item)) not in ours:
            found[namespace]["claims"] += 1
            found[namespace]["storage"] += storage_of(item)
    return found


def _places(claim: Claims) -> set[tuple[str, str]]:
    """Namespace and name of each. A StatefulSet's controller names them by its pods."""
    owner = claim.owner
    if owner.kind == _CLAIM:
        return {(owner.namespace, owner.name)}
    return {(owner.namespace, f"{claim.name}-{owner.name}-{number}") for number in range(claim.count)}


def _quota(item: Item, planned: Iterable[Pods], needed: Mapping[str, Mapping[str, Decimal]]) -> Iterator[Problem]:
    spec, space = item.get("spec") or {}, item["metadata"]["namespace"]
    if spec.get("scopes") or spec.get("scopeSelector"):
        return
    hard = spec.get("hard") or {}
    where = f"{space}/{name_of(item)}"
    remedy = f"Raise it: kubectl -n {space} edit resourcequota {name_of(item)}"
    for name, value in sorted(hard.items()):
        known, limit = _NAMES.get(name), parse_quantity(value)
        if known and limit is not None and needed.get(space, {}).get(known, Decimal(0)) > limit:
            yield Problem(f"ResourceQuota {where} allows {name} {value}, and {_shown(known, needed[space][known])} are needed", remedy)
    for name, (kind, resource) in _SAID.items():
        if name in hard and (silent := _silent(planned, space, kind, resource)):
            yield Problem(
                f"ResourceQuota {where} counts {name}, and no {kind} of {resource} are given by {few(silent)}: their pods would be refused",
                f"Give a default{'Request' if kind == 'requests' else ''} of {resource} with a LimitRange in {space}; or give containers "
                f"{kind} with kubeflow_workloads, which init containers do not take.",
            )


def _silent(planned: Iterable[Pods], namespace: str, kind: str, resource: str) -> list[str]:
    """Containers that do not say it."""
    return [
        what
        for pods in planned
        if pods.owner.namespace == namespace
        for what, container in _containers(pods)
        if resource not in container["resources"][kind]
    ]


def _containers(pods: Pods) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What each is called, and what it is."""
    for name, kind in (("initContainers", "init container"), ("containers", "container")):
        for container in pods.template["spec"][name]:
            yield f"{kind} {container.get('name')} of {pods.owner}", container


def _range(item: Item, planned: Iterable[Pods], claims: Iterable[Claims]) -> Iterator[Problem]:
    space, where = item["metadata"]["namespace"], f"{item['metadata']['namespace']}/{name_of(item)}"
    for limit in _limits(item, "Container"):
        for pods in planned:
            if pods.owner.namespace == space:
                for what, container in _containers(pods):
                    yield from _outside(what, container["resources"], limit, where)
    for limit in _limits(item, _CLAIM):
        for claim in claims:
            if claim.owner.namespace == space:
                yield from _claim_outside(claim, limit, where)


def _outside(what: str, resources: Mapping[str, Mapping[str, Any]], limit: Mapping[str, Any], where: str) -> Iterator[Problem]:
    remedy = f"Widen LimitRange {where}, or give the container other resources with kubeflow_workloads."
    requests, limits = resources["requests"], resources["limits"]
    most = limit.get("max") or {}
    for name, value in most.items():
        if given := next((one[name] for one in (limits, requests) if name in one and _number(one[name]) > _number(value)), None):
            yield Problem(f"{what} asks for {name} {given}, and LimitRange {where} allows {value}", remedy)
    for name, value in (limit.get("min") or {}).items():
        if name in requests and _number(requests[name]) < _number(value):
            yield Problem(f"{what} asks for {name} {requests[name]}, and LimitRange {where} wants at least {value}", remedy)
    for name, value in _default_limits(limit).items():
        # More than is allowed at all is told above.
        room = name not in most or _number(requests[name]) <= _number(most[name])
        if limits[name] == value and room and _number(requests[name]) > _number(value):
            yield Problem(
                f"{what} asks for {name} {requests[name]}, and LimitRange {where} gives it a limit of {value}: no pod may ask for more than that",
                f"Raise the default of LimitRange {where}, or give the container a limit of its own with kubeflow_workloads.",
            )


def _claim_outside(claim: Claims, limit: Mapping[str, Any], where: str) -> Iterator[Problem]:
    what = str(claim.owner) if claim.owner.kind == _CLAIM else f"claim {claim.name} of {claim.owner}"
    asks = f"{what} asks for storage {_shown('storage', Decimal(claim.storage))}"
    remedy = f"Widen LimitRange {where}, or give the claim another size: kubeflow_volumes: [{{name: {claim.name}, size: <size>}}]."
    most, least = (limit.get("max") or {}).get("storage"), (limit.get("min") or {}).get("storage")
    if most is not None and claim.storage > _number(most):
        yield Problem(f"{asks}, and LimitRange {where} allows {most}", remedy)
    if least is not None and claim.storage < _number(least):
        yield Problem(f"{asks}, and LimitRange {where} wants at least {least}", remedy)


def _limits(item: Item, of: str) -> list[Mapping[str, Any]]:
    return [limit for limit in (item.get("spec") or {}).get("limits") or () if limit.get("type") == of]


def _number(value: Any) -> Decimal:
    return parse_quantity(value) or Decimal(0)


def _shown(name: str, number: Decimal) -> str:
    return f"{number / 1024**3:.1f}Gi" if name in ("memory", "storage") else f"{number.normalize():f}"
