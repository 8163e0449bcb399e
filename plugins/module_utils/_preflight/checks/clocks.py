# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether clocks agree: the API server's with the controller's, and each node's with the API server's, by its Lease."""

from __future__ import annotations

from ..._client.nodes import is_ready
from ..._common.times import seconds_of
from ..check import Answer, Problem, Question, answer_of, check
from ..look import name_of

_NTP = "NTP (chrony) on {where}: chronyc tracking tells how far it is off."
# The answer's Date has whole seconds, and the request takes its time.
_CONTROLLER = 5.0
# From there on a token or certificate that a node's pods get counts as not valid yet.
_NODE_AHEAD = 10.0
# Kubelets renew each ten seconds, and the node counts as not ready after 40 to 50.
_NODE_BEHIND = 60.0


@check(
    asks="Whether the clocks of the API server, the nodes and this machine agree.",
    unsaid="Compare by hand: date on each machine.",
)
def clocks(question: Question) -> Answer | None:
    ahead = question.look.ahead
    if ahead is None:
        return None
    problems = []
    if abs(ahead) > _CONTROLLER:
        way = "before" if ahead > 0 else "behind"
        problems.append(
            Problem(
                f"the API server's clock is {abs(ahead):.0f} s {way} this machine's",
                _NTP.format(where="both machines") + " Tokens and certificates count as not valid yet, or not any more.",
                blocks=False,
            )
        )
    ready = {name_of(node) for node in question.look.of("nodes") if is_ready(node)}
    leases = [item for item in question.look.of("leases.coordination.k8s.io") if name_of(item) in ready]
    for item in leases:
        renewed = seconds_of((item.get("spec") or {}).get("renewTime"))
        if renewed is None:
            continue
        off = renewed - question.look.now
        if off > _NODE_AHEAD:
            problems.append(
                Problem(
                    f"node {name_of(item)} has a clock that is {off:.0f} s before the API server's",
                    _NTP.format(where=name_of(item)) + " Tokens and certificates of its pods are refused otherwise.",
                )
            )
        elif -off > _NODE_BEHIND:
            # Where kube-controller-manager does not run, a node that has gone stays ready, too.
            problems.append(
                Problem(
                    f"node {name_of(item)} is ready and has renewed its Lease {-off:.0f} s ago: its clock is behind the API server's, or "
                    "nobody looks after nodes",
                    _NTP.format(where=name_of(item)) + " kubectl -n kube-system get pods tells whether kube-controller-manager runs.",
                    blocks=False,
                )
            )
    return answer_of(problems, f"the clocks of the API server and of {len(leases)} nodes agree with this machine's")
