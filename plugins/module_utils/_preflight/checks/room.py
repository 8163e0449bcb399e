# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""CPU, memory and pod slots: what the plan asks for, against what nodes have left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from ..._client.http import ApiError
from ..._common.words import few
from ..._objects.demand import Pods, requested
from ..._objects.objects import Key
from ..._objects.quantity import parse_quantity
from ..check import Answer, Problem, Question, answer_of, check
from ..look import GROWING, Item, name_of
from ..planned import planned_pods, strangers_pods, takes

_LESS = "Larger or more nodes; or less: kubeflow_resources: 0.5 (or none) for what pods ask for, fewer parts with kubeflow_parts."
# Cluster Autoscaler tells its state there (cluster-autoscaler FAQ, "How can I see all the events").
_AUTOSCALER = "/api/v1/namespaces/kube-system/configmaps/cluster-autoscaler-status"
_FLOOR = Decimal("0.001")


@dataclass
class _Free:
    cpu: Decimal
    memory: Decimal
    pods: int


@check(
    asks="Whether nodes have CPU, memory and pod slots left for all pods, with their sidecars, and one of them for the largest.",
    unsaid="Compare by hand what kubectl describe nodes shows as allocated with what the report says that the plan requests.",
)
def room(question: Question) -> Answer | None:
    nodes = question.look.of("nodes")
    wanted = planned_pods(question, 1)
    if not wanted or not nodes:
        return None
    free = _free(nodes, strangers_pods(question))
    open_to = {pods.owner: [name_of(node) for node in nodes if takes(node, pods.template.get("spec") or {})] for pods in wanted}
    used = {name for names in open_to.values() for name in names}
    daemons = [pods for pods in wanted if pods.owner.kind == "DaemonSet"]
    counts = {pods.owner: len(open_to[pods.owner]) if pods in daemons else pods.count for pods in wanted}
    cpu = sum((pods.cpu * counts[pods.owner] for pods in wanted), Decimal(0))
    memory = sum((pods.memory * counts[pods.owner] for pods in wanted), Decimal(0))
    slots = sum(counts.values())
    have = _Free(
        sum((free[name].cpu for name in used), Decimal(0)),
        sum((free[name].memory for name in used), Decimal(0)),
        sum(free[name].pods for name in used),
    )
    shown = f"{cpu:.1f} cores, {_gib(memory)} and {slots} pods, with sidecars; {_nodes(len(used))} free for them: "
    shown += f"{have.cpu:.1f} cores, {_gib(have.memory)} and {have.pods} pods"
    short = []
    if cpu > have.cpu:
        short.append(f"{cpu - have.cpu:.1f} cores")
    if memory > have.memory:
        short.append(_gib(memory - have.memory))
    if slots > have.pods:
        short.append(f"{slots - have.pods} pods")
    grows = None if not short else _grows(question)
    problems = [Problem(f"nodes lack {' and '.join(short)}: the plan asks for {shown}", _LESS, blocks=not grows)] if short else []
    problems += _homeless(question, wanted, open_to, free, short)
    answer = answer_of(problems, f"the plan asks for {shown}")
    if grows:
        return Answer(f"{answer.message} ({grows} may add nodes)", answer.remedy, answer.evidence, blocks=False)
    return answer


def _free(nodes: Iterable[Item], pods: Iterable[Item]) -> dict[str, _Free]:
    found = {}
    for node in nodes:
        given = (node.get("status") or {}).get("allocatable") or {}
        cpu, memory, slots = (parse_quantity(given.get(name, 0)) or Decimal(0) for name in ("cpu", "memory", "pods"))
        found[name_of(node)] = _Free(cpu, memory, int(slots))
    for pod in pods:
        spec = pod.get("spec") or {}
        if (there := found.get(str(spec.get("nodeName") or ""))) is not None:
            cpu, memory = requested(spec)
            there.cpu, there.memory, there.pods = there.cpu - cpu, there.memory - memory, there.pods - 1
    return found


def _homeless(
    question: Question, wanted: Iterable[Pods], open_to: Mapping[Key, list[str]], free: dict[str, _Free], short: list[str]
) -> Iterator[Problem]:
    """Pods that no single node has room for, the largest first. When there is no room at all, that is said already."""
    nowhere, large = [], []
    for pods in sorted(wanted, key=lambda pods: (-pods.memory, -pods.cpu)):
        names = open_to[pods.owner]
        if not names and pods.owner.kind != "DaemonSet":
            nowhere.append(str(pods.owner))
        elif names and not any(free[name].cpu >= pods.cpu and free[name].memory >= pods.memory for name in names):
            large.append(pods)
    if nowhere:
        yield Problem(
            f"no node takes {few(nowhere)}: not ready, cordoned, tainted, or without the labels of nodeSelector",
            "kubectl describe nodes shows taints and labels; kubeflow_workloads sets tolerations and node_selector.",
            blocks=not _grows(question),
        )
    if large and not short:
        first = large[0]
        best = max((free[name] for name in open_to[first.owner]), key=lambda node: (node.memory, node.cpu))
        yield Problem(
            f"no node has room for a pod of {first.owner} ({first.cpu:.2f} cores, {_gib(first.memory)}): "
            f"the emptiest has {max(best.cpu, _FLOOR):.2f} cores and {_gib(best.memory)} left",
            _LESS,
            blocks=not _grows(question),
        )


def _grows(question: Question) -> str:
    """What adds nodes to the cluster by itself; empty when nothing is known to."""
    if group := next((group for group in GROWING if group in question.look.groups), ""):
        return f"Karpenter ({group})"
    try:
        question.client.get(_AUTOSCALER, deadline=question.deadline)
    except ApiError as error:
        return "" if error.status == 404 else "an autoscaler that these credentials may not see"
    return "Cluster Autoscaler"


def _gib(number: Decimal) -> str:
    return f"{number / 1024**3:.1f} GiB"


def _nodes(count: int) -> str:
    return "1 node has" if count == 1 else f"{count} nodes have"
