# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether nodes are well."""

from __future__ import annotations

from ..._client.nodes import is_ready
from ..._objects.demand import pods_of
from ..check import Answer, Problem, Question, answer_of, check
from ..look import GROWING, name_of

_PRESSURES = {
    "DiskPressure": "free its disk (crictl rmi --prune)",
    "MemoryPressure": "free its memory",
    "PIDPressure": "end processes on it",
}


@check(
    asks="Whether nodes are ready, and short of nothing.",
    unsaid="Look by hand: kubectl get nodes",
)
def node_conditions(question: Question) -> Answer | None:
    if not any(True for _pods in pods_of(question.objects(), 1)):
        return None
    nodes = question.look.of("nodes")
    if not nodes:
        grows = any(group in question.look.groups for group in GROWING)
        return Answer("the cluster has no nodes", "Add nodes: no pod would start.", blocks=not grows)
    problems, ready = [], 0
    for node in nodes:
        conditions = {one.get("type"): one for one in (node.get("status") or {}).get("conditions") or ()}
        if is_ready(node):
            ready += 1
        else:
            said = (conditions.get("Ready") or {}).get("message") or "its kubelet says nothing"
            remedy = f"kubectl describe node {name_of(node)}; without a network plugin (CNI) no node becomes ready."
            problems.append(Problem(f"node {name_of(node)} is not ready: {said}", remedy))
        for name, how in _PRESSURES.items():
            if (conditions.get(name) or {}).get("status") == "True":
                problems.append(
                    Problem(f"node {name_of(node)} has {name}: it takes no pods and puts some out", f"On {name_of(node)}, {how}.")
                )
    # Pods go to other nodes.
    if len({problem.what.split()[1] for problem in problems}) < len(nodes):
        problems = [Problem(problem.what, problem.remedy, blocks=False) for problem in problems]
    return answer_of(problems, f"{ready} of {len(nodes)} nodes are ready, none short of disk, memory or processes")
