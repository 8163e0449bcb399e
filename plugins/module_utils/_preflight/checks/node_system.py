# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What nodes say of themselves: versions of kubelets, operating system, container runtime."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..._common.versions import minor
from ..check import Answer, Problem, Question, answer_of, check
from ..look import Item, name_of

# https://kubernetes.io/releases/version-skew-policy: three minor versions behind, two before 1.28.
_BEHIND, _BEHIND_BEFORE, _SINCE = 3, 2, 28
# Istio's redirect rules need modules that these do not load by themselves (istio issues 23009, 28897).
_ENTERPRISE = re.compile(r"(Red Hat Enterprise Linux|AlmaLinux|Rocky Linux|Oracle Linux|CentOS\D*) ?(\w+ )?[89]\b|CoreOS .*4\.")


@check(
    asks="Whether versions of kubelets, the operating system and the container runtime of nodes suit the plan.",
    unsaid="Look by hand: kubectl get nodes -o wide",
)
def node_system(question: Question) -> Answer | None:
    nodes = question.look.of("nodes")
    if not nodes:
        return None
    problems = [*_skew(question, nodes), *_executor(question, nodes), *_modules(question, nodes)]
    systems = sorted(
        {f"{_info(node, 'osImage') or 'unknown system'}, kernel {_info(node, 'kernelVersion') or 'unknown'}" for node in nodes}
    )
    return answer_of(problems, f"nodes: {'; '.join(systems[:3])}{f' and {len(systems) - 3} more' if len(systems) > 3 else ''}")


def _skew(question: Question, nodes: tuple[Item, ...]) -> Iterator[Problem]:
    major, server = minor(question.kubernetes) or (0, 0)
    for version in sorted({_info(node, "kubeletVersion") for node in nodes}):
        own_major, own = minor(version) or (0, 0)
        # KWOK's nodes name its own version there.
        if not server or own_major != major:
            continue
        most = _BEHIND if server >= _SINCE else _BEHIND_BEFORE
        if own > server or server - own > most:
            names = [name_of(node) for node in nodes if _info(node, "kubeletVersion") == version]
            yield Problem(
                f"the kubelet of {', '.join(names[:3])} is {version}, and Kubernetes {question.kubernetes} goes with "
                f"1.{server - most} to 1.{server}",
                "Bring the kubelets to the version of the control plane.",
                blocks=False,
            )


def _executor(question: Question, nodes: tuple[Item, ...]) -> Iterator[Problem]:
    """Pipelines' steps by Docker's socket, which other runtimes do not have. The install itself goes well."""
    if question.look.simulated:
        return
    for item in question.objects():
        if item["kind"] == "ConfigMap" and item["metadata"]["name"] == "workflow-controller-configmap":
            data: dict[str, Any] = item.get("data") or {}
            if data.get("containerRuntimeExecutor") != "docker":
                continue
            others = sorted({runtime for node in nodes if not (runtime := _info(node, "containerRuntimeVersion")).startswith("docker")})
            if others:
                yield Problem(
                    f"pipelines' steps want Docker's socket, and nodes run {', '.join(others)}",
                    "pipelines_argo_executor: emissary",
                    blocks=False,
                )


def _modules(question: Question, nodes: tuple[Item, ...]) -> Iterator[Problem]:
    cni = any(item["kind"] == "DaemonSet" and item["metadata"]["name"] == "istio-cni-node" for item in question.objects())
    istio = any(item["kind"] == "Deployment" and item["metadata"]["name"] == "istiod" for item in question.objects())
    found = sorted({system for node in nodes if _ENTERPRISE.search(system := _info(node, "osImage"))})
    if istio and found:
        yield Problem(
            f"{', '.join(found)} may not have loaded the kernel modules that Istio's {'CNI plugin' if cni else 'sidecars'} need, which the "
            "API does not tell",
            "ansible-playbook -i <inventory with the machines> mlplatform.kubeflow.nodes --tags prerequisites loads br_netfilter nf_nat "
            "xt_REDIRECT xt_owner iptable_nat iptable_mangle iptable_filter.",
            blocks=False,
        )


def _info(node: Item, name: str) -> str:
    return str(((node.get("status") or {}).get("nodeInfo") or {}).get(name) or "")
