# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ResourceQuotas and LimitRanges in namespaces of the plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from ..._objects.demand import Pods, claims_of, requested
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
_LIMITS = ("limits.cpu", "limits.memory")


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
    pods = planned_pods(question, max(1, len(question.look.of("nodes"))))
    needed = _needed(question, pods)
    defaulted = {item["metadata"]["namespace"] for item in ranges if any(one.get("default") for one in _limits(item))}
    problems = [problem for item in found for problem in _quota(item, pods, needed, defaulted)]
    problems += [problem for item in ranges for problem in _range(item, pods)]
    return answer_of(problems, f"{len(found)} quotas and {len(ranges)} limit ranges in the plan's namespaces leave room")


def _needed(question: Question, planned: Iterable[Pods]) -> Mapping[str, Mapping[str, Decimal]]:
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
    for claim in claims_of(question.objects(), 1):
        found[claim.owner.namespace]["claims"] += claim.count
        found[claim.owner.namespace]["storage"] += claim.storage * claim.count
    return found


def _quota(item: Item, planned: Iterable[Pods], needed: Mapping[str, Mapping[str, Decimal]], defaulted: set[str]) -> Iterator[Problem]:
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
    # Where a quota counts them, pods that do not say them are refused (plugin/pkg/admission/resourcequota).
    for name in _LIMITS:
        if name in hard and space not in defaulted and (pod := _without(planned, space, name.partition(".")[2])):
            yield Problem(
                f"ResourceQuota {where} counts {name}, which containers of {pod} do not give: they would be refused",
                f"Give a default with a LimitRange in {space}, or limits with kubeflow_workloads.",
            )


def _without(planned: Iterable[Pods], namespace: str, resource: str) -> str:
    for pods in planned:
        if pods.owner.namespace != namespace:
            continue
        for container in (pods.template.get("spec") or {}).get("containers") or ():
            if resource not in ((container.get("resources") or {}).get("limits") or {}):
                return str(pods.owner)
    return ""


def _range(item: Item, planned: Iterable[Pods]) -> Iterator[Problem]:
    space = item["metadata"]["namespace"]
    for limit in _limits(item):
        if limit.get("type") != "Container":
            continue
        for pods in planned:
            if pods.owner.namespace == space:
                for container in (pods.template.get("spec") or {}).get("containers") or ():
                    yield from _outside(f"container {container.get('name')} of {pods.owner}", container, limit, f"{space}/{name_of(item)}")


def _outside(what: str, container: Mapping[str, Any], limit: Mapping[str, Any], where: str) -> Iterator[Problem]:
    resources = container.get("resources") or {}
    remedy = f"Widen LimitRange {where}, or give the container other resources with kubeflow_workloads."
    for name, most in (limit.get("max") or {}).items():
        given = (resources.get("limits") or {}).get(name) or (resources.get("requests") or {}).get(name)
        if given is not None and (parse_quantity(given) or Decimal(0)) > (parse_quantity(most) or Decimal(0)):
            yield Problem(f"{what} asks for {name} {given}, and LimitRange {where} allows {most}", remedy)
    for name, least in (limit.get("min") or {}).items():
        given = (resources.get("requests") or {}).get(name)
        if given is not None and (parse_quantity(given) or Decimal(0)) < (parse_quantity(least) or Decimal(0)):
            yield Problem(f"{what} asks for {name} {given}, and LimitRange {where} wants at least {least}", remedy)


def _limits(item: Item) -> list[Mapping[str, Any]]:
    return list((item.get("spec") or {}).get("limits") or ())


def _shown(name: str, number: Decimal) -> str:
    return f"{number / 1024**3:.1f}Gi" if name in ("memory", "storage") else f"{number.normalize():f}"
