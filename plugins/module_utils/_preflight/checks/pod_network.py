# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Traits of the pod network that Istio's redirection of traffic does not go with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..._client.http import ApiError
from ..check import Answer, Problem, Question, answer_of, check
from ..look import name_of

_CILIUM = "/api/v1/namespaces/kube-system/configmaps/cilium-config"
# Where these keep CNI plugins and their configuration, by what their kubelets' versions have in them.
_ELSEWHERE = {
    "+k3s": ("k3s", "/var/lib/rancher/k3s/data/cni (or /var/lib/rancher/k3s/data/current/bin)", "/var/lib/rancher/k3s/agent/etc/cni/net.d"),
}
_USUAL = "/etc/cni/net.d"


@check(
    asks="Whether the pod network leaves to Istio what it needs: Cilium's socket load balancer, exclusive CNI, paths of CNI plugins.",
    unsaid="Where Cilium is the pod network, look by hand: kubectl -n kube-system get configmap cilium-config -o yaml",
)
def pod_network(question: Question) -> Answer | None:
    istio = any(item["kind"] == "Deployment" and item["metadata"]["name"] == "istiod" for item in question.objects())
    if not istio:
        return None
    agent = next(
        (item for item in question.objects() if item["kind"] == "DaemonSet" and item["metadata"]["name"] == "istio-cni-node"), None
    )
    names = sorted({name_of(item) for item in question.look.of("daemonsets.apps") if item["metadata"]["namespace"] == "kube-system"})
    problems: list[Problem] = []
    if "cilium" in names:
        problems += _cilium(question, agent is not None)
    if agent is not None:
        problems += _paths(question, agent)
    known = [
        name for name in names if any(part in name for part in ("cilium", "calico", "flannel", "weave", "kindnet", "aws-node", "canal"))
    ]
    return answer_of(problems, f"pod network: {', '.join(known) or 'none that is known to need settings'}")


def _cilium(question: Question, with_agent: bool) -> Iterator[Problem]:
    try:
        data: Mapping[str, Any] = question.client.get(_CILIUM, deadline=question.deadline).get("data") or {}
    except ApiError as error:
        if error.status != 404:
            raise
        return
    # cilium/pkg/option: where kube-proxy is replaced, connections to services are translated in the pod's socket, before its sidecar.
    replaced = str(data.get("kube-proxy-replacement", "false")) in ("true", "strict") or data.get("bpf-lb-sock") == "true"
    if replaced and data.get("bpf-lb-sock-hostns-only") != "true":
        yield Problem(
            "Cilium translates addresses of services in pods' sockets (kube-proxy-replacement without bpf-lb-sock-hostns-only), past Istio's "
            "sidecars: requests would end with 'RBAC: access denied'",
            "helm upgrade cilium … --reuse-values --set socketLB.hostNamespaceOnly=true",
            blocks=False,
        )
    if with_agent and data.get("cni-exclusive", "true") == "true":
        yield Problem(
            "Cilium removes other CNI plugins' configuration (cni-exclusive), Istio's too: pods would get no redirection",
            "helm upgrade cilium … --reuse-values --set cni.exclusive=false",
            blocks=False,
        )


def _paths(question: Question, agent: dict[str, Any]) -> Iterator[Problem]:
    volumes = ((agent.get("spec") or {}).get("template") or {}).get("spec", {}).get("volumes") or ()
    paths = {str((volume.get("hostPath") or {}).get("path")) for volume in volumes}
    versions = {str(((node.get("status") or {}).get("nodeInfo") or {}).get("kubeletVersion") or "") for node in question.look.of("nodes")}
    for mark, (name, binaries, configuration) in _ELSEWHERE.items():
        if _USUAL in paths and any(mark in version for version in versions):
            yield Problem(
                f"{name} keeps CNI plugins in {binaries} and {configuration}, and DaemonSet istio-cni-node looks in {_USUAL}",
                "Change the hostPaths of DaemonSet kube-system/istio-cni-node to these, or start k3s with --flannel-backend=none and a network "
                "plugin that uses the usual folders.",
                blocks=False,
            )
