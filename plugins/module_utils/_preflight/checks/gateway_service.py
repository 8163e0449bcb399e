# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How users reach the gateway: whether the cluster gives addresses to Services of type LoadBalancer, and whether node ports are free."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..check import Answer, Problem, Question, answer_of, check
from ..look import Item, is_ours, name_of

# By what is in the names of workloads or groups. Clouds are told by the providerID of their nodes.
_CONTROLLERS = (
    "metallb",
    "kube-vip",
    "openelb",
    "purelb",
    "svclb",
    "cloud-controller-manager",
    "aws-load-balancer",
    "cilium-operator",
    "porter",
)
_NO_CLOUD = ("kind", "k3s", "minikube", "")


@check(
    asks="Whether the cluster gives the gateway's Service an address: a controller for LoadBalancer, free node ports.",
    unsaid="Look by hand whether Services of type LoadBalancer get an address: kubectl get services -A",
)
def gateway_service(question: Question) -> Answer | None:
    wanted = [item for item in question.objects() if item["kind"] == "Service" and _type(item) in ("LoadBalancer", "NodePort")]
    if not wanted:
        return None
    problems = list(_ports(question, wanted))
    balanced = [item for item in wanted if _type(item) == "LoadBalancer"]
    if balanced and not question.look.simulated and not _gives(question):
        names = ", ".join(f"{item['metadata'].get('namespace')}/{item['metadata']['name']}" for item in balanced)
        problems.append(
            Problem(
                f"nothing is known on this cluster that gives addresses to Services of type LoadBalancer, as {names} wants",
                "Install MetalLB or the like, or: istio_gateway_service_type: NodePort (or ClusterIP, and kubectl port-forward).",
                blocks=False,
            )
        )
    kinds = ", ".join(sorted({_type(item) for item in wanted}))
    return answer_of(problems, f"Services of type {kinds} get what they need")


def _gives(question: Question) -> str:
    for item in question.look.of("services"):
        if _type(item) == "LoadBalancer" and ((item.get("status") or {}).get("loadBalancer") or {}).get("ingress"):
            return f"Service {item['metadata']['namespace']}/{name_of(item)} has an address"
    for resource in ("daemonsets.apps", "deployments.apps"):
        for item in question.look.of(resource):
            name = f"{item['metadata']['namespace']}/{name_of(item)}"
            if any(part in name for part in _CONTROLLERS):
                return name
    for node in question.look.of("nodes"):
        if "+k3s" in str(((node.get("status") or {}).get("nodeInfo") or {}).get("kubeletVersion")):
            return "k3s's ServiceLB"
        provider = str((node.get("spec") or {}).get("providerID") or "").partition(":")[0]
        if provider not in _NO_CLOUD:
            return provider
    return ""


def _ports(question: Question, wanted: list[dict[str, Any]]) -> Iterator[Problem]:
    taken: dict[int, Item] = {}
    for item in question.look.of("services"):
        for port in (item.get("spec") or {}).get("ports") or ():
            if port.get("nodePort"):
                taken[int(port["nodePort"])] = item
    for item in wanted:
        for port in (item.get("spec") or {}).get("ports") or ():
            other = taken.get(int(port.get("nodePort") or 0))
            if other is None or is_ours(other):
                continue
            if (other["metadata"]["namespace"], name_of(other)) == (item["metadata"].get("namespace"), item["metadata"]["name"]):
                continue
            yield Problem(
                f"node port {port['nodePort']} of Service {item['metadata'].get('namespace')}/{item['metadata']['name']} is taken by "
                f"{other['metadata']['namespace']}/{name_of(other)}",
                "Choose another one: istio_gateway_node_ports for the gateway; or remove the other Service.",
            )


def _type(item: Item) -> str:
    return str((item.get("spec") or {}).get("type") or "ClusterIP")
